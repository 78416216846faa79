// The figures kept for the lines of a minute: enough for every window over whole minutes, and no more.
import { middleOf, stepOf } from '../../insights/number-summary.ts'
import type { Measure } from '../alert-condition.ts'

/** The numbers of some lines; `steps` counts them by size, for quantiles that are within 1 % of the true ones. */
export type Numbers = {
  count: number
  sum: number
  min: number
  max: number
  steps?: Readonly<Record<string, number>>
}

export type Tally = {
  /** Lines that match. */
  rows: number
  /** Lines that the share is taken of. */
  whole: number
  numbers: Numbers | null
}

export const NO_TALLY: Tally = { rows: 0, whole: 0, numbers: null }

/** @param hasSteps whether a quantile is asked for */
export function numbersOf(values: readonly number[], hasSteps: boolean): Numbers | null {
  const [first] = values
  if (first === undefined) return null
  let [sum, min, max] = [0, first, first]
  const steps: Record<string, number> = {}
  for (const value of values) {
    sum += value
    min = Math.min(min, value)
    max = Math.max(max, value)
    if (!hasSteps) continue
    const step = stepOf(value)
    steps[step] = (steps[step] ?? 0) + 1
  }
  return { count: values.length, sum, min, max, ...(hasSteps && { steps }) }
}

export function addTallies(a: Tally, b: Tally): Tally {
  return { rows: a.rows + b.rows, whole: a.whole + b.whole, numbers: addNumbers(a.numbers, b.numbers) }
}

function addNumbers(a: Numbers | null, b: Numbers | null): Numbers | null {
  if (!a || !b) return a ?? b
  const { count, sum, min, max, steps } = a
  const joined = steps && { ...steps }
  if (joined) {
    for (const [step, more] of Object.entries(b.steps ?? {})) joined[step] = (joined[step] ?? 0) + more
  }
  return {
    ...{ count: count + b.count, sum: sum + b.sum, min: Math.min(min, b.min), max: Math.max(max, b.max) },
    ...(joined && { steps: joined }),
  }
}

export function measureOf(numbers: Numbers, measure: Measure): number {
  const { count, sum, min, max, steps = {} } = numbers
  if (measure === 'min') return min
  if (measure === 'max') return max
  if (measure === 'mean') return sum / count
  const sorted = Object.entries(steps)
    .map(([step, rows]) => ({ step: Number(step), rows }))
    .toSorted((a, b) => a.step - b.step)
  let rest = Math.ceil(0.95 * count)
  for (const { step, rows } of sorted) {
    rest -= rows
    if (rest <= 0) return Math.min(max, Math.max(min, middleOf(step)))
  }
  return max
}
