import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Hold } from '../../byte-budget.ts'
import { comparable } from '../../store/database/timestamp.ts'
import type { LogFilter } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { type ScannedRow, scanRows } from '../../store/reading/row-scan.ts'
import { AppError } from '../app-error.ts'

/** Milliseconds of work before others have their turn. */
const TURN_MS = 10

/** The time of a query was over before all was read. */
export class ScanStopped extends Error {
  override name = 'ScanStopped'
}

/** The time and memory that a query may use. */
export type Limits = {
  /** When the query has to end, by `performance.now()`. */
  deadline: number
  signal: AbortSignal | undefined
  hold: Hold
}

/** Rows of a filter in order, taken one by one as far as the caller needs. */
export class RowReader {
  readonly #pieces: AsyncGenerator<{ rows: ScannedRow[]; searched_to: string }>
  readonly #limits: Limits
  readonly #order: 'newest' | 'oldest'
  readonly #turns: Turns

  constructor(logs: LogOperations, filter: LogFilter, order: 'newest' | 'oldest', limits: Limits) {
    this.#pieces = logs.scan(scanRows, filter, limits.signal, order)
    this.#limits = limits
    this.#order = order
    this.#turns = new Turns(limits)
  }

  /**
   * Hands rows over until all up to a time were, or `take` returns false.
   *
   * @returns the time up to which all was looked at; undefined once everything was
   * @throws {ScanStopped} when the time of the query is over
   */
  async readTo(edge: string | undefined, take: (row: ScannedRow) => boolean): Promise<string | undefined> {
    for (;;) {
      const piece = await this.#pieces.next()
      if (piece.done) return undefined
      const { rows, searched_to } = piece.value
      for (const row of rows) {
        if (!take(row)) return row.timestamp
        await this.#turns.pass(row.timestamp)
      }
      if (edge !== undefined && this.#isBeyond(searched_to, edge)) return searched_to
      if (performance.now() > this.#limits.deadline) throw new ScanStopped(searched_to)
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return(undefined)
  }

  #isBeyond(reached: string, edge: string): boolean {
    const [a, b] = [comparable(reached), comparable(edge)]
    return this.#order === 'newest' ? a < b : a > b
  }
}

/** Lets others have their turn in work that may take long. */
export class Turns {
  readonly #limits: Limits
  #since = performance.now()

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /**
   * Waits for a turn when one's own is over.
   *
   * @param place what a query that is stopped says of how far it got
   * @throws {ScanStopped} when the time of the query is over
   */
  async pass(place: string): Promise<void> {
    const now = performance.now()
    if (now - this.#since < TURN_MS) return
    await nextTurn()
    this.#since = performance.now()
    const { signal, deadline } = this.#limits
    signal?.throwIfAborted()
    if (this.#since > deadline) throw new ScanStopped(place)
  }
}

/** Grows what a query holds. @throws {AppError} UNAVAILABLE when there is no room */
export function holdMore({ hold }: Limits, bytes: number): void {
  if (hold.grow(bytes)) return
  throw new AppError(
    'UNAVAILABLE',
    'The memory limit for reads is reached. Select fewer lines or aggregate by fewer labels, or try again shortly.',
    { retryAfter: 2 },
  )
}
