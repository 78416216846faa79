import { middleOf, stepOf } from '../../../store/reading/number-steps.ts'
import { StepCounts } from '../../../store/reading/step-counts.ts'
import type { Measure } from './chart-request.ts'
import { DistinctValues } from './distinct-values.ts'

/** A figure of values that are added one by one, in bounded room. */
export type Figure = {
  /** @param value a number; for the measure distinct a hash of the value */
  add: (value: unknown) => void
  /** Adds numbers or hashes that were folded before. */
  addFolded: (numbers: FoldedNumbers) => void
  /** Adds numbers that were counted by their size, for quantiles. */
  addSpread?: (numbers: SpreadNumbers) => void
  /** Adds everything that was added to another figure of the same measure. */
  merge: (other: Figure) => void
  /** Null where nothing was added and nothing is not zero. */
  value: () => number | null
  /** The room that it takes, about. */
  readonly bytes: number
  /** Whether its value may be off, within what its measure allows. */
  readonly isEstimate: boolean
}

/**
 * Some numbers by their own figure of the measure: their sum, mean and so on; for quantiles, and for hashes of different
 * values, the least and the greatest.
 */
type FoldedNumbers = { rows: number; figure: number; most: number }

type SpreadNumbers = { rows: number; least: number; most: number; steps: StepCounts }

/** @param measure rate is a count, which its reader divides */
export function figureOf(measure: Measure): Figure {
  switch (measure) {
    case 'count':
    case 'rate':
      return new Folded(increment, add, 0)
    case 'sum':
      return new Folded(add, add, 0)
    case 'min':
      return new Folded(Math.min, Math.min, null)
    case 'max':
      return new Folded(Math.max, Math.max, null)
    case 'avg':
      return new Average()
    case 'p50':
      return new Quantile(0.5)
    case 'p95':
      return new Quantile(0.95)
    case 'p99':
      return new Quantile(0.99)
    case 'distinct':
      return new DistinctValues()
  }
}

const increment = (total: number): number => total + 1
const add = (one: number, other: number): number => one + other

class Folded implements Figure {
  readonly bytes = 100
  readonly isEstimate = false
  readonly #add: (total: number, value: number) => number
  readonly #merge: (one: number, other: number) => number
  #value: number | null

  constructor(
    add: (total: number, value: number) => number,
    merge: (one: number, other: number) => number,
    none: 0 | null,
  ) {
    this.#add = add
    this.#merge = merge
    this.#value = none
  }

  add(value: unknown): void {
    this.#value = this.#value === null ? (value as number) : this.#add(this.#value, value as number)
  }

  addFolded({ figure }: FoldedNumbers): void {
    this.#value = this.#value === null ? figure : this.#merge(this.#value, figure)
  }

  merge(other: Figure): void {
    const more = other.value()
    if (more === null) return
    this.#value = this.#value === null ? more : this.#merge(this.#value, more)
  }

  value(): number | null {
    return this.#value
  }
}

class Average implements Figure {
  readonly bytes = 100
  readonly isEstimate = false
  #count = 0
  #mean = 0

  add(value: unknown): void {
    this.#count++
    // Not by the sum: for large numbers it is infinite.
    this.#mean += (value as number) / this.#count - this.#mean / this.#count
  }

  addFolded({ rows, figure }: FoldedNumbers): void {
    const share = rows / (this.#count + rows)
    this.#mean = this.#mean * (1 - share) + figure * share
    this.#count += rows
  }

  merge(other: Figure): void {
    if (!(other instanceof Average) || other.#count === 0) return
    this.addFolded({ rows: other.#count, figure: other.#mean, most: other.#mean })
  }

  value(): number | null {
    return this.#count === 0 ? null : this.#mean
  }
}

/** Different numbers that are kept as they are; more are counted in steps, within 1 % of the true ones. */
const MAX_EXACT = 500

/** A number and its count in a map. */
const ENTRY_BYTES = 40

class Quantile implements Figure {
  readonly #share: number
  #exact: Map<number, number> | undefined = new Map()
  readonly #steps = new StepCounts()
  #count = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY

  constructor(share: number) {
    this.#share = share
  }

  get bytes(): number {
    return 300 + (this.#exact?.size ?? 0) * ENTRY_BYTES + this.#steps.bytes
  }

  get isEstimate(): boolean {
    return !this.#exact
  }

  add(value: unknown): void {
    this.addFolded({ rows: 1, figure: value as number, most: value as number })
  }

  addFolded({ rows, figure: least, most }: FoldedNumbers): void {
    this.#take(rows, least, most)
    if (least !== most) this.#toSteps()
    // The halves first: the sum of large numbers is infinite.
    if (this.#exact) this.#put(this.#exact, least, rows)
    else this.#steps.add(stepOf(least / 2 + most / 2), rows)
  }

  addSpread({ rows, least, most, steps }: SpreadNumbers): void {
    this.#take(rows, least, most)
    this.#toSteps()
    this.#steps.addAll(steps)
  }

  merge(other: Figure): void {
    if (!(other instanceof Quantile) || other.#count === 0) return
    this.#take(other.#count, other.#min, other.#max)
    if (!other.#exact) {
      this.#toSteps()
      this.#steps.addAll(other.#steps)
      return
    }
    for (const [value, count] of other.#exact) {
      if (this.#exact) this.#put(this.#exact, value, count)
      else this.#steps.add(stepOf(value), count)
    }
  }

  value(): number | null {
    if (this.#count === 0) return null
    let rest = Math.ceil(this.#share * this.#count)
    const counts = this.#exact ? [...this.#exact].sort(([a], [b]) => a - b) : this.#steps.ascending()
    for (const [key, count] of counts) {
      rest -= count
      if (rest > 0) continue
      return this.#exact ? key : Math.min(this.#max, Math.max(this.#min, middleOf(key)))
    }
    return this.#max
  }

  #take(rows: number, least: number, most: number): void {
    this.#count += rows
    this.#min = Math.min(this.#min, least)
    this.#max = Math.max(this.#max, most)
  }

  #put(exact: Map<number, number>, value: number, rows: number): void {
    exact.set(value, (exact.get(value) ?? 0) + rows)
    if (exact.size > MAX_EXACT) this.#toSteps()
  }

  #toSteps(): void {
    if (!this.#exact) return
    for (const [value, count] of this.#exact) this.#steps.add(stepOf(value), count)
    this.#exact = undefined
  }
}
