import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeJsonRecords } from './json-records.ts'
import { isUtcText } from './utc-text.ts'

const now = '2025-06-01T12:00:00.5Z'

function decode(body: string | Uint8Array) {
  return decodeJsonRecords(typeof body === 'string' ? Buffer.from(body) : body, { now })
}

function one(value: unknown) {
  const { records, rejections } = decode(JSON.stringify(value))
  expect(rejections).toEqual([])
  expect(records).toHaveLength(1)
  return records[0]
}

describe('the body', () => {
  const messages = (body: string) => decode(body).records.map(({ message }) => message)

  it.each<[string, string, string[]]>([
    ['one object', '{"message":"a"}', ['a']],
    ['one object over several lines', '{\n  "message": "a"\n}\n', ['a']],
    ['an array', '[{"message":"a"},{"message":"b"}]', ['a', 'b']],
    ['an array over several lines', ' \r\n[\n{"message":"a"},\n{"message":"b"}\n]\n', ['a', 'b']],
    ['an empty array', '[]', []],
    ['NDJSON', '{"message":"a"}\n{"message":"b"}\n', ['a', 'b']],
    ['NDJSON without its last newline', '{"message":"a"}\n{"message":"b"}', ['a', 'b']],
    [
      'NDJSON with CRLF and blank lines',
      '\r\n{"message":"a"}\r\n\r\n  \r\n{"message":"b"}\r\n\r\n',
      ['a', 'b'],
    ],
    ['a byte order mark', '\uFEFF{"message":"a"}\n{"message":"b"}', ['a', 'b']],
    ['nothing', '', []],
    ['blanks alone', ' \n\r\n\t\n', []],
  ])('may be %s', (_name, body, expected) => {
    expect(messages(body)).toEqual(expected)
    expect(decode(body).rejectedCount).toBe(0)
  })

  it('keeps good lines beside bad ones, and says where the bad ones stood', () => {
    const decoded = decode('{"message":"a"}\n{broken\n\n{"message":"b"}\n42\n{"message":"c"}')
    expect(decoded.records.map(({ message }) => message)).toEqual(['a', 'b', 'c'])
    expect(decoded.rejections.map(({ index }) => index)).toEqual([1, 3])
    expect(decoded.positions).toEqual([0, 2, 4])
    expect(decoded.rejections[0]?.reason).toMatch(/^not JSON: "\{broken" \(/)
    expect(decoded.rejections[1]?.reason).toBe('a record must be a JSON object; this is 42')
  })

  it('may be long, whatever its lines are made of', () => {
    const line = fc.oneof(
      fc.record({ length: fc.nat(200), character: fc.constantFrom('a', 'ü', '日', '🙂') }),
      // Longer than what is turned into text at a time.
      fc.record({ length: fc.integer({ min: 10_000, max: 40_000 }), character: fc.constantFrom('a', '日') }),
    )
    const body = fc.array(fc.option(line, { freq: 8 }), { minLength: 1, maxLength: 400 })
    fc.assert(
      fc.property(body, fc.boolean(), (lines, isMarked) => {
        const texts = lines.map((made) => (made === null ? null : made.character.repeat(made.length)))
        const ndjson = texts
          .map((message) => (message === null ? '' : JSON.stringify({ message })))
          .join('\n')
        const sent = texts.filter((message) => message !== null)
        expect(messages(`${isMarked ? '\uFEFF' : ''}${ndjson}`)).toEqual(sent)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps good elements of an array beside bad ones', () => {
    const decoded = decode('[1,{"message":"a"},null,{},{"message":"c"}]')
    expect(decoded.records.map(({ message }) => message)).toEqual(['a', 'c'])
    expect(decoded.rejections.map(({ index }) => index)).toEqual([0, 2, 3])
  })

  it('rejects a broken array as a whole, with the way out', () => {
    const { records, rejections } = decode('[{"message":"a"},{"message":')
    expect(records).toEqual([])
    expect(rejections[0]?.reason).toMatch(/not a JSON array.*one record per line/)
  })

  it('rejects lines one by one when the first is cut off', () => {
    const { records, rejections } = decode('{"message":"a\n{"message":"b"}')
    expect(records.map(({ message }) => message)).toEqual(['b'])
    expect(rejections.map(({ index }) => index)).toEqual([0])
  })

  it('names a thousand rejections and counts them all', () => {
    const decoded = decode('{}\n'.repeat(5000))
    expect(decoded.rejections).toHaveLength(1000)
    expect(decoded.rejectedCount).toBe(5000)
  })

  it('reads a body that is a window into a larger buffer', () => {
    const buffer = Buffer.from('xx{"message":"a"}yy')
    expect(decode(buffer.subarray(2, -2)).records[0]?.message).toBe('a')
  })
})

describe('numbers written out', () => {
  it('stay numbers when JavaScript keeps them, as PostgreSQL gives them back', () => {
    const digits = `1${'0'.repeat(23)}`
    const { records } = decode(
      `{"message":"m","a":${digits},"b":-12500000000000000000000,"c":${digits.slice(0, -1)}1}`,
    )
    expect(records[0]?.extra_data).toEqual({ a: 1e23, b: -1.25e22, c: `${digits.slice(0, -1)}1` })
  })
})

describe('a field that cannot be what it should', () => {
  const at = '2025-01-01T00:00:00Z'
  it.each<[string, object, object]>([
    ['an unknown level', { level: 'loud' }, { level: 'INFO', extra_data: { original_level: 'loud' } }],
    [
      'a level that is an object',
      { level: { name: 'ERROR' } },
      { level: 'ERROR', extra_data: { original_level: { name: 'ERROR' } } },
    ],
    [
      'a level of slog between two',
      { level: 'WARN+1' },
      { level: 'WARNING', extra_data: { original_level: 'WARN+1' } },
    ],
    ['a misspelt level', { level: 'eror' }, { level: 'ERROR', extra_data: { original_level: 'eror' } }],
    ['a coloured level', { level: '\u001b[31merror\u001b[39m' }, { level: 'ERROR' }],
    ['a level of two', { level: 'error,critical' }, { level: 'ERROR' }],
    ["a level of syslog's", { level: '<3>' }, { level: 'ERROR', extra_data: { original_level: '<3>' } }],
    ["a level of Monolog's", { level: 400 }, { level: 'ERROR', extra_data: { original_level: 400 } }],
    ['a level that is true', { level: true }, { level: 'INFO', extra_data: { original_level: true } }],
    [
      'a time that is none',
      { timestamp: '2025-02-30' },
      { timestamp: expect.any(String), extra_data: { original_timestamp: '2025-02-30' } },
    ],
    [
      'a time of seconds and nanoseconds',
      { timestamp: { seconds: 1735689600, nanos: 0 } },
      { timestamp: at, extra_data: null },
    ],
    [
      'the same under another name',
      { time: { seconds: 1735689600, nanos: 0 } },
      { timestamp: at, extra_data: null },
    ],
    ['a time that is another object', { time: { zone: 'x' } }, { extra_data: { time: { zone: 'x' } } }],
    ['camera 0', { camera_id: 0 }, { camera_id: null, extra_data: { camera_id: 0 } }],
    [
      'a camera too many',
      { camera_id: 2147483648 },
      { camera_id: null, extra_data: { camera_id: 2147483648 } },
    ],
    [
      'a camera by name',
      { camera_id: 'camera_7' },
      { camera_id: null, extra_data: { camera_id: 'camera_7' } },
    ],
    ['an empty source', { source: '' }, { source: 'system' }],
    [
      'a long source',
      { source: 's'.repeat(101) },
      { source: 's'.repeat(100), extra_data: { source: 's'.repeat(101) } },
    ],
    [
      "a source that is slog's",
      { source: { file: '/x.go', line: 3 } },
      { source: 'system', extra_data: { source: { file: '/x.go', line: 3 } } },
    ],
    ['a long logger name', { logger_name: 'l'.repeat(201) }, { logger_name: 'l'.repeat(200) }],
    [
      'a logger name that is a list',
      { logger_name: ['a'] },
      { logger_name: null, extra_data: { logger_name: ['a'] } },
    ],
    ['extra data that is text', { extra_data: 'x', a: 1 }, { extra_data: { extra_data: 'x', a: 1 } }],
    ['extra data that is a list', { extra_data: [1] }, { extra_data: { extra_data: [1] } }],
    [
      'too much extra data',
      { extra_data: { a: 'x'.repeat(65_536) } },
      { extra_data: { a: '[left out: too large]' } },
    ],
  ])('costs neither the line nor the field: %s', (_name, fields, expected) => {
    expect(one({ message: 'm', ...fields })).toMatchObject({ message: 'm', ...expected })
  })

  it('is cut where it nests deeper than 16 levels', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })
    expect(one({ message: 'm', extra_data: nested(16) })?.extra_data).toEqual(nested(16))
    expect(JSON.stringify(one({ message: 'm', extra_data: nested(17) })?.extra_data)).toContain('too deep')
  })

  it.each([
    ['extra data', (deep: string) => `{"message":"m","extra_data":{"a":${deep}}}`],
    ['an unknown field', (deep: string) => `{"message":"m","a":${deep}}`],
    ['a message', (deep: string) => `{"message":${deep}}`],
    ['a level', (deep: string) => `{"message":"m","level":${deep}}`],
    ['a source', (deep: string) => `{"message":"m","source":${deep}}`],
    ['a time', (deep: string) => `{"message":"m","time":${deep}}`],
    ['a record', (deep: string) => `{"a":${deep}}`],
  ])('harms no neighbours where %s nests 10,000 levels deep', (_name, around) => {
    for (const deep of [
      '['.repeat(10_000) + ']'.repeat(10_000),
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    ]) {
      const good = '{"message":"good","id":12345678901234567890}'
      for (const body of [`${good}\n${around(deep)}\n${good}`, `[${good},${around(deep)},${good}]`]) {
        const { records, rejections } = decode(body)
        expect(records.map(({ message }) => message)).toEqual(['good', 'good'])
        expect(rejections).toMatchObject([
          { index: 1, reason: 'the record is nested deeper than 100 levels' },
        ])
      }
    }
  })
})

describe('what is refused', () => {
  it.each<[string, string, RegExp]>([
    ['text', '"x"', /^a record must be a JSON object; this is "x"/],
    ['a number', '42', /^a record must be a JSON object/],
    ['an object of nothing', '{}', /^the record is empty/],
  ])('%s', (_name, body, reason) => {
    expect(decode(`${body}\n{"message":"m"}`).rejections[0]?.reason).toMatch(reason)
  })
})

describe('repair', () => {
  it('replaces what PostgreSQL cannot hold, in keys too', () => {
    const { records } = decode(
      String.raw`{"message":"a\u0000b\ud800c","source":"s\u0000","logger_name":"\udc00","extra_data":{"k\u0000":["\ud83d\ude00","\ud83d"],"o":{"\u0000":1}}}`,
    )
    expect(records[0]).toMatchObject({
      message: 'a\uFFFDb\uFFFDc',
      source: 's\uFFFD',
      logger_name: '\uFFFD',
      extra_data: { 'k\uFFFD': ['😀', '\uFFFD'], o: { '\uFFFD': 1 } },
    })
  })

  it('keeps a key named __proto__ a key', () => {
    const { records } = decode(
      String.raw`{"message":"m\u0041","__proto__":{"x":1},"constructor":"c","extra_data":{"__proto__":2}}`,
    )
    const extra = records[0]?.extra_data ?? {}
    expect(Object.entries(extra)).toContainEqual(['__proto__', 2])
    expect(JSON.stringify(extra)).toContain('"x":1')
    expect(Object.getPrototypeOf(extra)).toBe(Object.prototype)
  })

  it('cuts a message over 256 kB at a whole character and says by how much', () => {
    const message = `${'a'.repeat(256 * 1024 - 2)}€€`
    const record = one({ message })
    expect(record?.message).toBe('a'.repeat(256 * 1024 - 2))
    expect(record?.extra_data).toEqual({ truncated_bytes: 6 })
    expect(one({ message: 'a'.repeat(256 * 1024) })?.extra_data).toBeNull()
  })

  it('turns bytes that are no UTF-8 into replacement characters', () => {
    const body = Buffer.concat([Buffer.from('{"message":"a'), Buffer.from([0xff, 0xfe]), Buffer.from('b"}')])
    expect(decode(body).records[0]?.message).toBe('a\uFFFD\uFFFDb')
  })
})

describe('anything at all', () => {
  const field = fc.constantFrom(
    'message',
    'msg',
    'level',
    'time',
    'timestamp',
    'source',
    'name',
    'camera_id',
    'extra_data',
    'extra',
    '__proto__',
    'x',
  )
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.dictionary(field, fc.jsonValue()).map((value) => JSON.stringify(value)),
  )

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          hostile.map((text) => Buffer.from(text)),
        ),
        (body) => {
          const { records } = decode(body)
          for (const record of records) expect(isUtcText(record.timestamp)).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('keeps every good record, however its neighbours look', () => {
    const lines = fc.array(
      fc.oneof(
        fc.constant('good'),
        hostile.filter((text) => !/[\n\r]/.test(text)),
      ),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(lines, (sent) => {
        const marker = 'a record nobody can harm'
        const body = sent
          .map((line) => (line === 'good' ? JSON.stringify({ message: marker }) : line))
          .join('\n')
        // A body that begins with a bracket is a single array by design.
        fc.pre(!body.trimStart().startsWith('['))
        const kept = decode(body).records.filter(({ message }) => message === marker)
        expect(kept).toHaveLength(sent.filter((line) => line === 'good').length)
      }),
      { numRuns: 1000 },
    )
  })
})
