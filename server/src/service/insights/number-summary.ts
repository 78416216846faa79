/** What numbers come to. Quantiles are within 1 % of the true ones. */
export type NumberFigures = {
  count: number
  min: number
  max: number
  mean: number
  p50: number
  p90: number
  p99: number
}

/** Neighbouring steps differ by two per cent, so that the middle of one is within one of every number in it. */
const STEP = 1.02
const STEP_LOG = Math.log(STEP)

/** Smaller amounts count as zero. */
const LEAST = 1e-12

/**
 * Numbers in steps of their size: as many as one likes in bounded room, since the largest a double can hold is some
 * 37,000 steps from the smallest.
 */
export class NumberSummary {
  readonly #steps = new Map<number, number>()
  #count = 0
  #mean = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY

  add(value: number): void {
    this.#count++
    // Not by the sum: of large numbers it is infinite.
    this.#mean = this.#mean * ((this.#count - 1) / this.#count) + value / this.#count
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    const step = stepOf(value)
    this.#steps.set(step, (this.#steps.get(step) ?? 0) + 1)
  }

  /** Undefined while nothing was added. */
  figures(): NumberFigures | undefined {
    if (this.#count === 0) return undefined
    const steps = [...this.#steps].sort(([a], [b]) => a - b)
    const quantile = (share: number) => {
      let rest = Math.ceil(share * this.#count)
      for (const [step, count] of steps) {
        rest -= count
        if (rest <= 0) return Math.min(this.#max, Math.max(this.#min, middleOf(step)))
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
}

/** Zero is step 0; larger amounts are further from it, on the side of their sign. */
function stepOf(value: number): number {
  const size = Math.abs(value)
  if (size < LEAST) return 0
  return Math.sign(value) * (1 + Math.floor(Math.log(size / LEAST) / STEP_LOG))
}

function middleOf(step: number): number {
  if (step === 0) return 0
  const middle = LEAST * STEP ** (Math.abs(step) - 1) * Math.sqrt(STEP)
  // What is written with few digits is shown with few.
  return Math.sign(step) * Number(middle.toPrecision(3))
}
