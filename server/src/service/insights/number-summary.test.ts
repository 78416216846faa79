import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NumberSummary } from './number-summary.ts'

function summarised(values: readonly number[]) {
  const summary = new NumberSummary()
  for (const value of values) summary.add(value)
  return summary.figures()
}

const amount = fc
  .oneof(
    fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
  )
  // Turns -0 into 0.
  .map((value) => value + 0)

/** The quantile computed from the numbers themselves. */
const quantileOf = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] as number

it('keeps count and ends, and quantiles as they are', () => {
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1, maxLength: 300 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b)
      expect(summarised(values)).toMatchObject({
        count: values.length,
        min: sorted[0],
        max: sorted.at(-1),
        p50: quantileOf(values, 0.5),
        p90: quantileOf(values, 0.9),
        p99: quantileOf(values, 0.99),
      })
    }),
  )
})

it('keeps quantiles of many different numbers within one per cent', () => {
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1, maxLength: 300 }), (some) => {
      // Ten thousand different ones around them, of many sizes and both signs.
      const many = Array.from({ length: 10_000 }, (_, index) => (-1) ** index * 1.003 ** index)
      const values = [...some, ...many]
      const figures = summarised(values)
      for (const [name, share] of [
        ['p50', 0.5],
        ['p90', 0.9],
        ['p99', 0.99],
      ] as const) {
        const exact = quantileOf(values, share)
        expect(Math.abs((figures?.[name] ?? 0) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.01 + 1e-12)
      }
      expect(figures?.count).toBe(values.length)
    }),
    { numRuns: 20 },
  )
})

it('has the mean', () => {
  expect(summarised([1, 2, 3, 10])?.mean).toBeCloseTo(4, 9)
  expect(summarised([1.7e308, 1.7e308])?.mean).toBeCloseTo(1.7e308, -300)
})

it('gives equal numbers as they are', () => {
  const figures = summarised(Array(1000).fill(173))
  expect(figures).toMatchObject({ min: 173, max: 173, p50: 173, p99: 173 })
})

it('is nothing of nothing', () => {
  expect(summarised([])).toBeUndefined()
})
