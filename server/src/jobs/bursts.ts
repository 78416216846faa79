import { FILTER_BURST_ROWS, SEARCH_BURST_ROWS } from '../store/partitions/open-indexes.ts'

/**
 * Rows within an interval that are a burst, so that the open partition loses its search index, and then those of
 * filters, within a fraction of a second: a row that comes before costs three times what it does later.
 */
const BURST_ROWS = [SEARCH_BURST_ROWS, FILTER_BURST_ROWS]

/** Counts what one server stores in each interval. */
export class Bursts {
  readonly #intervalMs: number
  #began = Number.NEGATIVE_INFINITY
  #rows = 0
  /** How many of `BURST_ROWS` are known: they were reached in the interval before or in this one. */
  #known = 0

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  /** Whether these rows make a burst that nobody has looked at. */
  isNew(rows: number): boolean {
    const now = performance.now()
    if (now - this.#began >= this.#intervalMs) {
      const isNext = now - this.#began < 2 * this.#intervalMs
      this.#known = isNext ? BURST_ROWS.filter((burst) => this.#rows >= burst).length : 0
      this.#began = now
      this.#rows = 0
    }
    this.#rows += rows
    if (this.#rows < (BURST_ROWS[this.#known] ?? Number.POSITIVE_INFINITY)) return false
    this.#known++
    return true
  }
}
