import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { figureOf } from './figures.ts'
import { LineGroups } from './line-groups.ts'

/** 52 bits, as the database has them of a value. */
const hashOf = (value: number) => (mixed(value) % 2 ** 20) * 2 ** 32 + mixed(value ^ 0x2545f491)

function mixed(bits: number): number {
  const once = Math.imul(bits ^ (bits >>> 16), 0x7feb352d)
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b)
  return (twice ^ (twice >>> 16)) >>> 0
}

const seeded = (count: number) => {
  let state = 7
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  })
}

describe('a figure', () => {
  it.each(['count', 'sum', 'avg', 'min', 'max', 'p50', 'p95', 'p99'] as const)(
    'of parts that are put together is that of the whole: %s',
    (measure) => {
      const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 200 })
      fc.assert(
        fc.property(fc.array(numbers, { minLength: 1, maxLength: 5 }), (parts) => {
          const whole = figureOf(measure)
          const together = figureOf(measure)
          for (const part of parts) {
            const own = figureOf(measure)
            for (const value of part) {
              own.add(value)
              whole.add(value)
            }
            together.merge(own)
          }
          const expected = whole.value()
          expect(together.value()).toEqual(expected === null ? null : expect.closeTo(expected, 6))
        }),
      )
    },
  )

  it.each(['p50', 'p95', 'p99'] as const)('of many different numbers is within 1 %%: %s', (measure) => {
    const numbers = seeded(20_000).map((value) => 1 + value ** 3 * 30_000)
    const halves = [figureOf(measure), figureOf(measure)]
    for (const [index, value] of numbers.entries()) halves[index % 2]?.add(value)
    const [one, other] = halves
    if (one && other) one.merge(other)
    const share = Number(measure.slice(1)) / 100
    const exact = numbers.toSorted((a, b) => a - b)[Math.ceil(share * numbers.length) - 1] ?? 0
    expect(Math.abs((one?.value() ?? 0) / exact - 1)).toBeLessThan(0.01)
  })

  it.each([0, 1, 999, 1000])('of %i different values is exact, also when they come again', (count) => {
    const figure = figureOf('distinct')
    for (let index = 0; index < count * 3; index++) figure.add(hashOf(index % count))
    expect(figure.value()).toBe(count)
  })

  it.each([1500, 20_000, 300_000])('of %i different values is within 5 %% in little room', (count) => {
    const parts = [figureOf('distinct'), figureOf('distinct')]
    for (let index = 0; index < count; index++) {
      for (const part of parts.slice(index % 3 === 0 ? 1 : 0)) part.add(hashOf(index))
    }
    const [one, other] = parts
    if (one && other) other.merge(one)
    expect(Math.abs((other?.value() ?? 0) / count - 1)).toBeLessThan(0.05)
    expect(other?.bytes).toBeLessThan(45_000)
  })
})

it.each([5, 1000, 40_000])(
  'different values that are folded by register and added one by one are counted once: %i',
  (count) => {
    const hashes = Array.from({ length: count }, (_, index) => hashOf(index))
    const byRegister = Map.groupBy(hashes, (hash) => Math.floor(hash / 2 ** 40))
    const [folded, added] = [figureOf('distinct'), figureOf('distinct')]
    for (const some of byRegister.values()) {
      folded.addFolded({ rows: some.length, figure: Math.min(...some), most: Math.max(...some) })
    }
    for (const hash of hashes) added.add(hash)
    expect(Math.abs((folded.value() ?? 0) / count - 1)).toBeLessThan(0.05)
    const alone = folded.value()
    folded.merge(added)
    if (added.isEstimate) expect([folded.value(), added.value()]).toEqual([alone, alone])
  },
)

describe('lines by group', () => {
  const byUser = [{ name: 'extra_data.user', place: ['user'] }]

  it('beyond a thousand groups are counted with the others, and that is said', () => {
    const groups = new LineGroups({ measure: 'count', field: undefined, by: byUser, limit: 20 }, [0])
    groups.add(Array.from({ length: 3000 }, (_, index) => [index, `user ${index % 1500}`]))
    expect([groups.list().length, groups.rest.lines, groups.lines, groups.isCut]).toEqual([
      1000,
      1000,
      3000,
      true,
    ])
  })

  it('with no room left say so, long before the memory of a server is used up', () => {
    const starts = Array.from({ length: 2000 }, (_, index) => index)
    const groups = new LineGroups({ measure: 'count', field: undefined, by: byUser, limit: 20 }, starts)
    let step = 0
    for (; !groups.isFull && step < 2000; step++) {
      groups.add(Array.from({ length: 1000 }, (_, index) => [step, `user ${index}`]))
    }
    expect(groups.isFull).toBe(true)
    expect(step).toBeLessThan(500)
  })

  it('keep a value apart from none, and none from an empty text', () => {
    const by = [...byUser, { name: 'extra_data.role', place: ['role'] }]
    const groups = new LineGroups({ measure: 'count', field: undefined, by, limit: 20 }, [0])
    groups.add([
      [1, null, ''],
      [1, '', null],
      [1, null, null],
      [1, '', ''],
      [1, 'none', null],
    ])
    expect(groups.list().map(({ key }) => key)).toHaveLength(5)
  })
})
