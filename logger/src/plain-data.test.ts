import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonBytes, toExtraData } from './plain-data.ts'
import { RECORD_LIMITS } from './record.ts'

class Point {
  x = 1
  #hidden = 2
  get y() {
    return this.#hidden
  }
}

describe('toExtraData', () => {
  it.each<[string, unknown, unknown]>([
    ['NaN', Number.NaN, 'NaN'],
    ['infinity', -Infinity, '-Infinity'],
    ['a small bigint', 12n, 12],
    ['a large bigint', 2n ** 70n, '1180591620717411303424'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid date', new Date(Number.NaN), 'Invalid Date'],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, new Date(0)],
      ]),
      { a: 1, 2: '1970-01-01T00:00:00.000Z' },
    ],
    ['a map with object keys', new Map([[{ k: 1 }, 2]]), [[{ k: 1 }, 2]]],
    ['a set', new Set([1, 'a']), [1, 'a']],
    ['a function', function retry() {}, '[function retry]'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a pattern', /a+/g, '/a+/g'],
    ['a URL', new URL('http://h/p'), 'http://h/p'],
    ['bytes', Buffer.from('abc'), '[3 bytes]'],
    ['a promise', Promise.resolve(1), '[Promise]'],
    ['an instance', new Point(), { x: 1 }],
    ['toJSON', { toJSON: () => ({ a: 1 }) }, { a: 1 }],
    ['undefined in an array', [undefined, () => 1], [null, '[function anonymous]']],
    ['undefined in an object', { a: undefined, b: null }, { b: null }],
    ['NUL and lone surrogates', 'a\0b\ud800c', 'a\ufffdb\ufffdc'],
    ['NUL in a key', { 'a\0b': 1 }, { 'a\ufffdb': 1 }],
    ['a boxed number', Object(1), 1],
  ])('turns %s into JSON', (_, value, plain) => {
    expect(toExtraData({ value })).toEqual({ value: plain })
  })

  it('names what is circular, too deep or thrown', () => {
    const loop: Record<string, unknown> = { a: 1 }
    loop.self = loop
    loop.list = [loop]
    let deep: unknown = 'bottom'
    for (let index = 0; index < 40; index++) deep = { deep }
    const data = toExtraData({
      loop,
      deep,
      get broken() {
        throw new Error('no')
      },
      later: 1,
    })
    expect(data).toMatchObject({
      loop: { a: 1, self: '[circular]', list: ['[circular]'] },
      broken: '[threw: no]',
      later: 1,
    })
    expect(JSON.stringify(data)).toContain('[too deep]')
    expect(JSON.stringify(data).match(/"deep"/g)).toHaveLength(RECORD_LIMITS.extraDataDepth)
  })

  it('writes the same object twice when it is no circle', () => {
    const shared = { a: 1 }
    expect(toExtraData({ x: shared, y: shared })).toEqual({ x: shared, y: shared })
  })

  it('leaves out the value that does not fit and keeps the others', () => {
    const data = toExtraData({ before: 1, huge: 'é'.repeat(40_000), after: [2] })
    expect(data).toEqual({ before: 1, huge: '[left out: too large]', after: [2] })
  })

  it('does not walk what is too large to the end', () => {
    let reads = 0
    const huge = new Proxy(
      {},
      {
        ownKeys: () => Array.from({ length: 100_000 }, (_, index) => `key${index}`),
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        get: (_, key) => (key === 'toJSON' ? undefined : ++reads),
      },
    )
    expect(toExtraData({ huge })).toEqual({ huge: '[left out: too large]' })
    expect(reads).toBeLessThan(20_000)
  })

  it('counts the keys there was no room for', () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key_${index}`, 'value']))
    const data = toExtraData(many)
    expect(Object.keys(data ?? {}).length - 1 + Number(data?.left_out_keys)).toBe(20_000)
    expect(jsonBytes(data)).toBeLessThanOrEqual(RECORD_LIMITS.extraDataBytes)
  })

  it('keeps a field called __proto__ a field', () => {
    const data = toExtraData(JSON.parse('{"__proto__":{"polluted":true},"a":1}'))
    expect(JSON.stringify(data)).toBe('{"__proto__":{"polluted":true},"a":1}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('holds the limits and never throws, whatever it is given', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
    })
    fc.assert(
      fc.property(fc.dictionary(fc.string(), anything), (value) => {
        const data = toExtraData(value)
        expect(jsonBytes(data)).toBeLessThanOrEqual(RECORD_LIMITS.extraDataBytes)
        expect(JSON.parse(JSON.stringify(data))).toEqual(data)
        expect(JSON.stringify(data)).not.toContain('\\u0000')
      }),
    )
  })
})
