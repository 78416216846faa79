import { middleOf, stepOf } from '../../store/reading/number-steps.ts'

export { middleOf, stepOf }

/** Figures of numbers. Above 5,000 distinct numbers, quantiles are within 1 % of the true ones. */
export type NumberFigures = {
  count: number
  min: number
  max: number
  mean: number
  p50: number
  p90: number
  p99: number
}

/** Different numbers that are kept as they are. */
const MAX_EXACT = 5000

/**
 * As many numbers as one likes in bounded room: when there are many different ones they are counted in steps of their
 * size, and the largest a double can hold is some 42,000 steps from the smallest.
 */
export class NumberSummary {
  /** How often each number, or each step, came. */
  #counts = new Map<number, number>()
  #isExact = true
  #count = 0
  #mean = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY

  add(value: number): void {
    this.#count++
    // Not by the sum: for large numbers it is infinite.
    this.#mean = this.#mean * ((this.#count - 1) / this.#count) + value / this.#count
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    const key = this.#isExact ? value : stepOf(value)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    if (this.#isExact && this.#counts.size > MAX_EXACT) this.#toSteps()
  }

  /** Undefined while nothing was added. */
  figures(): NumberFigures | undefined {
    if (this.#count === 0) return undefined
    const counts = [...this.#counts].sort(([a], [b]) => a - b)
    const quantile = (share: number) => {
      let rest = Math.ceil(share * this.#count)
      for (const [key, count] of counts) {
        rest -= count
        if (rest > 0) continue
        return this.#isExact ? key : Math.min(this.#max, Math.max(this.#min, middleOf(key)))
      }
      return this.#max
    }
    return {
      count: this.#count,
      min: this.#min,
      max: this.#max,
      mean: this.#mean,
      p50: quantile(0.5),
      p90: quantile(0.9),
      p99: quantile(0.99),
    }
  }

  #toSteps(): void {
    const exact = this.#counts
    this.#isExact = false
    this.#counts = new Map()
    for (const [value, count] of exact) {
      const step = stepOf(value)
      this.#counts.set(step, (this.#counts.get(step) ?? 0) + count)
    }
  }
}
