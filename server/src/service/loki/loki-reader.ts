import { ByteBudget } from '../../byte-budget.ts'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'
import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { Selection } from './language/syntax.ts'
import { type LokiRange, toUtc } from './loki-time.ts'
import type { Limits } from './row-reader.ts'
import { namesIn, type SelectionFilter, toSelectionFilter } from './selection-filter.ts'

/** Queries that look through rows at once, on a server; each keeps half a core busy. */
const MAX_AT_ONCE = 6
/** Bytes of rows, labels and values that queries hold, in all and by caller. */
const HELD_BYTES = 96 * 1024 * 1024
const HELD_BY_ONE = 48 * 1024 * 1024

/** The store, the places and the memory that the questions of Loki's API share. */
export class LokiReader {
  readonly logs: LogOperations
  readonly budget = new ByteBudget('loki', HELD_BYTES, HELD_BY_ONE)
  readonly #places = new FairPlaces(MAX_AT_ONCE)

  constructor(logs: LogOperations) {
    this.logs = logs
  }

  /** Runs a query that may look through rows, with the time of a search. */
  within<T>(
    signal: AbortSignal | undefined,
    work: (limits: Limits) => Promise<T>,
    budgetMs = this.logs.searchBudgetMs,
  ): Promise<T> {
    const caller = currentCaller()
    return this.#places.use(caller, signal, async () => {
      const hold = this.budget.open(caller?.id ?? 'system')
      try {
        return await work({ deadline: performance.now() + budgetMs, signal, hold })
      } finally {
        hold.release()
      }
    })
  }

  /** The filter by which PostgreSQL finds a selection's rows in a range. */
  async filterFor(
    selection: Selection,
    range: LokiRange,
    visibility: Visibility,
  ): Promise<SelectionFilter & { filter: LogFilter & { start: string; end: string } }> {
    const span = within({ visibility }, range)
    const { filter, isExact } = await toSelectionFilter(selection, visibility, namesIn(this.logs, span))
    return { filter: within(filter, range), isExact }
  }
}

/** From start on, and before end, as Loki has it. */
export function within(
  filter: LogFilter,
  { start, end }: LokiRange,
): LogFilter & { start: string; end: string } {
  return { ...filter, start: toUtc(start), end: toUtc(end - 1000n) }
}
