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

/**
 * The common table expressions that keep the counts for the rows `changed`, with `timestamp`, `level`, `source` and
 * `old_camera_id`.
 *
 * @param from SQL of a time in the partition of the rows
 */
export function countChanged(
  { counts, isRemoval }: RowChange,
  parameters: SqlParameters,
  from: string,
): string {
  const counted = `counted as (
      insert into log_counts_pending (bucket, level, source, camera_id, rows)
      select date_trunc('minute', timestamp), level, source, n.camera_id, sum(n.sign)
      from changed
      cross join lateral (${counts(parameters)}) as n (camera_id, sign)
      group by 1, 2, 3, 4
    )`
  if (!isRemoval) return counted
  return `${counted}, removed as (
      update log_partitions
      set removed_rows = removed_rows + (select count(*) from changed)
      where lower <= ${from} and upper > ${from} and detached_at is null
    )`
}
