import { withMaintenance } from '../database/exclusive-access.ts'
import { type LogFilter, rangeConditions, variantConditions } from '../filter/log-filter.ts'
import { readBeyond, readPage } from '../reading/log-pages.ts'
import { countMatches } from '../reading/log-rows.ts'
import type { Store } from '../reading/store.ts'
import { deleteRows } from './delete-rows.ts'

export type MatchingRows = { rows: number; first_log_at: string | null; last_log_at: string | null }

const BEFORE_EVERYTHING = { timestamp: '0001-01-01T00:00:00Z', id: 0 }

/** How many rows the filter matches and their first and last time. Counts all of them, one partition a statement. */
export async function previewMatching(store: Store, filter: LogFilter): Promise<MatchingRows> {
  let rows = 0
  for (const { lower, upper } of await store.partitions.overlapping(filter.start, filter.end)) {
    rows += await countMatches(store.pool, { filter, lower, upper, limit: Number.MAX_SAFE_INTEGER })
  }
  if (rows === 0) return { rows, first_log_at: null, last_log_at: null }
  const [last] = await readPage(store, filter, 0, 1)
  const [first] = await readBeyond(store, filter, BEFORE_EVERYTHING, 'oldest', 1)
  return { rows, first_log_at: first?.timestamp ?? null, last_log_at: last?.timestamp ?? null }
}

/**
 * Deletes the rows the filter matches, newest partition first, in short transactions.
 *
 * @param signal ends it after the batch under way
 * @returns how many were deleted
 */
export function deleteMatching(store: Store, filter: LogFilter, signal?: AbortSignal): Promise<number> {
  return withMaintenance(
    store.pool,
    async () => {
      let deleted = 0
      store.partitions.reload()
      for (const { lower, upper } of await store.partitions.overlapping(filter.start, filter.end)) {
        deleted += await deleteRows(store.pool, {
          lower,
          upper,
          conditions: (parameters) => [
            ...rangeConditions(filter, parameters),
            ...variantConditions(filter, parameters),
          ],
          signal,
        })
      }
      return deleted
    },
    signal,
  )
}
