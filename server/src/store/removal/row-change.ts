import type { SqlParameters } from '../database/sql-parameters.ts'

export type RowBatches = {
  /** Half-open [lower, upper), within the bounds of one partition. */
  lower: string
  upper: string
  /** Conditions on a row of `logs`, joined by `and`. */
  conditions: (parameters: SqlParameters) => string[]
  /** Ends it after the batch under way. */
  signal?: AbortSignal | undefined
}

/** A change of the chosen rows `c`, rows `l` of `logs`, and its effect on the kept counts. */
export type RowChange = {
  /** The statement up to its `where`, such as `delete from logs l using chosen c`. */
  statement: string
  /** The rows of a block that stay, and how, of its rows `unpacked`, those chosen with `is_chosen`. */
  packed: string
  /** Camera and sign for each count to append: a deleted row is one less with the camera it had. */
  counts: (parameters: SqlParameters) => string
  /** Whether rows are gone afterwards. */
  isRemoval: boolean
}
