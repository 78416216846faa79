import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Hold } from '../../byte-budget.ts'
import { comparable } from '../../store/database/timestamp.ts'
import type { LogFilter } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { ScannedRow } from '../../store/reading/row-scan.ts'
import { AppError } from '../app-error.ts'

/** Rows looked at before others have their turn: some milliseconds. */
const SLICE = 500

/** The time of a query was over before all was read. */
export class ScanStopped extends Error {
  override name = 'ScanStopped'
}

/** What a query may use, and what it used. */
export type Limits = {
  /** Of `performance.now()`. */
  deadline: number
  signal: AbortSignal | undefined
  hold: Hold
}

/** Rows of a filter in order, taken one by one as far as the caller needs. */
export class RowReader {
  readonly #pieces: AsyncGenerator<{ rows: ScannedRow[]; searched_to: string }>
  readonly #limits: Limits
  readonly #order: 'newest' | 'oldest'

  constructor(logs: LogOperations, filter: LogFilter, order: 'newest' | 'oldest', limits: Limits) {
    this.#pieces = logs.scanRows(filter, order, limits.signal)
    this.#limits = limits
    this.#order = order
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
      for (const [index, row] of rows.entries()) {
        if (!take(row)) return row.timestamp
        if (index % SLICE !== SLICE - 1) continue
        await nextTurn()
        this.#limits.signal?.throwIfAborted()
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

/** Grows what a query holds. @throws {AppError} UNAVAILABLE when there is no room */
export function holdMore({ hold }: Limits, bytes: number): void {
  if (hold.grow(bytes)) return
  throw new AppError(
    'UNAVAILABLE',
    'More is being read than there is room for. Select fewer lines or aggregate by fewer labels, or ask again shortly.',
    { retryAfter: 2 },
  )
}
