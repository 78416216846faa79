import { countRows } from '../counts/counts.ts'
import { withMaintenance } from '../database/exclusive-access.ts'
import { isCountable, type LogFilter, rangeConditions, variantConditions } from '../filter/log-filter.ts'
import { readBeyond, readPage } from '../reading/log-pages.ts'
import { countMatches } from '../reading/log-rows.ts'
import type { Store } from '../reading/store.ts'
import { deleteRows } from './delete-rows.ts'

export type MatchingRows = { rows: number; first_log_at: string | null; last_log_at: string | null }

const BEFORE_EVERYTHING = { timestamp: '0001-01-01T00:00:00Z', id: 0 }

/** More rows match than the caller agreed to; nothing was deleted. */
export class MoreRowsMatch extends Error {
  override name = 'MoreRowsMatch'
  readonly rows: number

  constructor(rows: number) {
    super(`${rows} rows match`)
    this.rows = rows
  }
}

export type DeletionLimits = {
  /** With more rows than this nothing is deleted. */
  mostRows?: number | undefined
  /** Ends it after the batch under way. */
  signal?: AbortSignal | undefined
}

/**
 * How many rows the filter matches and their first and last time. Rows beyond the kept counts are counted one partition
 * a statement.
 */
export async function previewMatching(store: Store, filter: LogFilter): Promise<MatchingRows> {
  const rows = await countAll(store, filter)
  if (rows === 0) return { rows, first_log_at: null, last_log_at: null }
  const [last] = await readPage(store, filter, 0, 1)
  const [first] = await readBeyond(store, filter, BEFORE_EVERYTHING, 'oldest', 1)
  return { rows, first_log_at: first?.timestamp ?? null, last_log_at: last?.timestamp ?? null }
}

/**
 * Deletes the rows the filter matches, newest partition first, in short transactions.
 *
 * @returns how many were deleted
 * @throws {MoreRowsMatch}
 */
export function deleteMatching(
  store: Store,
  filter: LogFilter,
  { mostRows, signal }: DeletionLimits = {},
): Promise<number> {
  return withMaintenance(
    store.pool,
    async (lost) => {
      const ending = signal ? AbortSignal.any([signal, lost]) : lost
      let deleted = 0
      store.partitions.reload()
      // Not before it is our turn: until then others may have stored more, an hour later even.
      const rows = mostRows === undefined ? 0 : await countAll(store, filter)
      if (mostRows !== undefined && rows > mostRows) throw new MoreRowsMatch(rows)
      for (const { lower, upper } of await store.partitions.overlapping(filter.start, filter.end)) {
        deleted += await deleteRows(store.pool, {
          lower,
          upper,
          conditions: (parameters) => [
            ...rangeConditions(filter, parameters),
            ...variantConditions(filter, parameters),
          ],
          signal: ending,
        })
      }
      return deleted
    },
    signal,
  )
}

async function countAll(store: Store, filter: LogFilter): Promise<number> {
  if (isCountable(filter)) return countRows(store.pool, filter)
  let rows = 0
  for (const { lower, upper } of await store.partitions.overlapping(filter.start, filter.end)) {
    rows += await countMatches(store.pool, { filter, lower, upper, limit: Number.MAX_SAFE_INTEGER })
  }
  return rows
}
