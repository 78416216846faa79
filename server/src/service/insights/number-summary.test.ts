import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NumberSummary } from './number-summary.ts'

function summarised(values: readonly number[]) {
  const summary = new NumberSummary()
  for (const value of values) summary.add(value)
  return summary.figures()
}

const amount = fc.oneof(
  fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
)

it('keeps count, ends and mean, and quantiles within one per cent', () => {
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1, maxLength: 300 }), (values) => {
      const figures = summarised(values)
      const sorted = values.toSorted((a, b) => a - b)
      expect(figures?.count).toBe(values.length)
      expect([figures?.min, figures?.max]).toEqual([sorted[0], sorted.at(-1)])
      for (const [name, share] of [
        ['p50', 0.5],
        ['p90', 0.9],
        ['p99', 0.99],
      ] as const) {
        const exact = sorted[Math.ceil(share * sorted.length) - 1] as number
        // Three digits of the middle of a step.
        expect(Math.abs((figures?.[name] ?? 0) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.0151 + 1e-12)
      }
    }),
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
