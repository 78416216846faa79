// Folds the numbers of one step and group in memory, into the cells that PostgreSQL folds rows into.
import type { FoldKind } from './fold-statement.ts'
import type { FoldedCell, FoldedSpread } from './folded-parts.ts'
import { STEP_LOG, stepOf } from './number-steps.ts'
import { StepCounts } from './step-counts.ts'

/** Numbers as whole ones of some decimals, see `NumberColumn`; doubles are those of a power of 1. */
export type Scale = { least: number; power: number; isWhole: boolean }

/** The figures of one step and group. */
export abstract class NumberCells {
  readonly step: number
  readonly keys: unknown[]
  #absent = 0
  readonly #others = new Map<string, number>()

  constructor(step: number, keys: unknown[]) {
    this.step = step
    this.keys = keys
  }

  /** Numbers of the next calls are of this scale. */
  abstract begin(scale: Scale): void

  abstract add(unit: number): void

  abstract end(): void

  /** The cells of the numbers. */
  protected abstract numbers(): Pick<FoldedCell, 'rows' | 'figure' | 'most'>[]

  /** Cells of different numbers so far, where each has its own. */
  get exactCells(): number {
    return 0
  }

  /** Adds a row without a number, with the beginning of its other value. */
  leaveOut(other: string | undefined): void {
    if (other === undefined) this.#absent++
    else this.#others.set(other, (this.#others.get(other) ?? 0) + 1)
  }

  /** The numbers of all cells but those, by their size. */
  spread(): FoldedSpread | undefined {
    return undefined
  }

  list(): (FoldedCell | FoldedSpread)[] {
    const { step, keys } = this
    const none = { step, keys, figure: null, most: null }
    const spread = this.spread()
    return [
      ...(spread ? [spread] : []),
      ...this.numbers().map((numbers) => ({ step, keys, ...numbers, other: null })),
      ...(this.#absent > 0 ? [{ ...none, rows: this.#absent, other: null }] : []),
      ...[...this.#others].map(([other, rows]) => ({ ...none, rows, other })),
    ]
  }
}

export function numberCells(kind: FoldKind, isExact: boolean, step: number, keys: unknown[]): NumberCells {
  if (kind !== 'spread') return new Figures(kind, step, keys)
  return isExact ? new DifferentNumbers(step, keys) : new Spread(step, keys)
}

const NO_SCALE: Scale = { least: 0, power: 1, isWhole: false }

/** Sum, mean, minimum and maximum. */
class Figures extends NumberCells {
  readonly #kind: FoldKind
  #scale = NO_SCALE
  #rows = 0
  #sum = 0
  #least = Number.POSITIVE_INFINITY
  #most = Number.NEGATIVE_INFINITY
  // The numbers since `begin`.
  #count = 0
  #units = 0
  #lowest = Number.POSITIVE_INFINITY
  #highest = Number.NEGATIVE_INFINITY

  constructor(kind: FoldKind, step: number, keys: unknown[]) {
    super(step, keys)
    this.#kind = kind
  }

  begin(scale: Scale): void {
    this.#scale = scale
    this.#count = 0
    this.#units = 0
    this.#lowest = Number.POSITIVE_INFINITY
    this.#highest = Number.NEGATIVE_INFINITY
  }

  add(unit: number): void {
    this.#count++
    this.#units += unit
    if (unit < this.#lowest) this.#lowest = unit
    if (unit > this.#highest) this.#highest = unit
  }

  end(): void {
    if (this.#count === 0) return
    const { least, power } = this.#scale
    this.#rows += this.#count
    // Whole numbers are added exactly.
    this.#sum += (this.#units + this.#count * least) / power
    this.#least = Math.min(this.#least, (least + this.#lowest) / power)
    this.#most = Math.max(this.#most, (least + this.#highest) / power)
  }

  protected numbers() {
    if (this.#rows === 0) return []
    const figures = { sum: this.#sum, avg: this.#sum / this.#rows, min: this.#least, max: this.#most }
    return [{ rows: this.#rows, figure: figures[this.#kind as keyof typeof figures], most: null }]
  }
}

/** Each number and how many rows have it. */
class DifferentNumbers extends NumberCells {
  readonly #counts = new Map<number, number>()
  #scale = NO_SCALE

  begin(scale: Scale): void {
    this.#scale = scale
  }

  add(unit: number): void {
    const number = (this.#scale.least + unit) / this.#scale.power
    this.#counts.set(number, (this.#counts.get(number) ?? 0) + 1)
  }

  end(): void {}

  override get exactCells(): number {
    return this.#counts.size
  }

  protected numbers() {
    return [...this.#counts].map(([number, rows]) => ({ rows, figure: number, most: number }))
  }
}

/** Whole numbers below have their steps looked up; 2 MB for each number of decimals up to three. */
const LOOKED_UP = 2 ** 20
const LOOKED_UP_POWERS = [1, 10, 100, 1000]

/** Places in a table: 0 is for numbers that were not met yet, 1 for zero. */
const FIRST_PLACE = 2
const PLACES = FIRST_PLACE + Math.ceil(Math.log(LOOKED_UP) / STEP_LOG) + 2

/** The place of each whole number, found as it is met, and the step of the first place. */
type Table = { places: Uint16Array; firstStep: number }
const tables: (Table | undefined)[] = []

function tableOf({ power, isWhole }: Scale): Table | undefined {
  const decimals = isWhole ? LOOKED_UP_POWERS.indexOf(power) : -1
  if (decimals === -1) return undefined
  tables[decimals] ??= { places: new Uint16Array(LOOKED_UP), firstStep: stepOf(1 / power) }
  return tables[decimals]
}

/** Numbers that are kept as they are at first: most groups of many have few. */
const MOST_PENDING = 256

/** How numbers are distributed. */
class Spread extends NumberCells {
  #scale = NO_SCALE
  #rows = 0
  #least = Number.POSITIVE_INFINITY
  #most = Number.NEGATIVE_INFINITY
  readonly #steps = new StepCounts()
  #pending: number[] | undefined = []
  #table: Table | undefined
  #counts: Uint32Array | undefined
  #lowest = Number.POSITIVE_INFINITY
  #highest = Number.NEGATIVE_INFINITY

  begin(scale: Scale): void {
    this.#scale = scale
    const table = this.#pending ? undefined : tableOf(scale)
    if (table === this.#table) return
    this.#count()
    this.#table = table
    if (table) this.#counts ??= new Uint32Array(PLACES)
  }

  add(unit: number): void {
    const whole = this.#scale.least + unit
    if (whole < this.#lowest) this.#lowest = whole
    if (whole > this.#highest) this.#highest = whole
    this.#rows++
    const table = this.#table
    if (table && whole >= 0 && whole < LOOKED_UP) {
      let place = table.places[whole] as number
      if (place === 0) {
        place = whole === 0 ? 1 : FIRST_PLACE + stepOf(whole / this.#scale.power) - table.firstStep
        table.places[whole] = place
      }
      const counts = this.#counts as Uint32Array
      counts[place] = (counts[place] as number) + 1
    } else if (this.#pending) this.#keep(whole / this.#scale.power)
    else this.#steps.add(stepOf(whole / this.#scale.power), 1)
  }

  #keep(number: number): void {
    const pending = this.#pending as number[]
    pending.push(number)
    if (pending.length < MOST_PENDING) return
    this.#drain()
    this.#pending = undefined
    this.begin(this.#scale)
  }

  #drain(): void {
    for (const number of this.#pending ?? []) this.#steps.add(stepOf(number), 1)
    this.#pending &&= []
  }

  end(): void {
    const { power } = this.#scale
    if (this.#lowest <= this.#highest) {
      this.#least = Math.min(this.#least, this.#lowest / power)
      this.#most = Math.max(this.#most, this.#highest / power)
    }
    this.#lowest = Number.POSITIVE_INFINITY
    this.#highest = Number.NEGATIVE_INFINITY
  }

  /** Counts the numbers of the table by their steps. */
  #count(): void {
    const [table, counts] = [this.#table, this.#counts]
    if (!table || !counts) return
    for (const [place, count] of counts.entries()) {
      if (count === 0) continue
      this.#steps.add(place === 1 ? 0 : table.firstStep + place - FIRST_PLACE, count)
    }
    counts.fill(0)
  }

  override spread(): FoldedSpread | undefined {
    this.#drain()
    this.#count()
    if (this.#rows === 0) return undefined
    const { step, keys } = this
    return { step, keys, rows: this.#rows, least: this.#least, most: this.#most, steps: this.#steps }
  }

  protected numbers() {
    return []
  }
}
