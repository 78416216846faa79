import type pg from 'pg'
import type { PageRoom } from '../database/reader.ts'
import type { Partitions } from '../partitions/partitions.ts'

/** The dependencies of functions that read and write log rows. */
export type Store = {
  pool: pg.Pool
  partitions: Partitions
  /** Ends the statements of a read whose caller has gone. */
  signal?: AbortSignal | undefined
  /** How long a search may scan; `SEARCH_BUDGET_MS` otherwise. */
  searchBudgetMs?: number | undefined
  /** How long a page of a search waits for its total; `PAGE_TOTAL_BUDGET_MS` otherwise. */
  pageTotalBudgetMs?: number | undefined
  /** Bounds the text of pages that are being read; none where nobody waits for pages. */
  pageRoom?: PageRoom | undefined
}
