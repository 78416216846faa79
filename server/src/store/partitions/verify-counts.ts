import type pg from 'pg'
import type { Partition } from './partition.ts'

type CountDifference = { level: string; counted: number; found: number }
export type CountCheck = { partition: Partition; rows: number; differences: CountDifference[] }

/**
 * Counts the rows of a partition by level and compares with the kept counts; both are read by one
 * statement, so from one snapshot. Reads the whole partition: a
 * second or two for a million rows.
 */
export async function verifyCounts(pool: pg.Pool, partition: Partition): Promise<CountCheck> {
  const { rows } = await pool.query<CountDifference>({
    // Not prepared: a plan for any range locks every partition, and this plan needs a single one.
    text: `
      /* verify_counts */
      select level, coalesce(c.rows, 0)::bigint as counted, coalesce(f.rows, 0)::bigint as found
      from (
        select level, sum(rows) as rows
        from (
          select level, rows from log_counts_minute
          where bucket >= $1::timestamptz and bucket < $2::timestamptz
          union all
          select level, rows from log_counts_pending
          where bucket >= $1::timestamptz and bucket < $2::timestamptz
        ) counts
        group by level
      ) c
      full join (
        select level, count(*) as rows
        from logs
        where timestamp >= $1::timestamptz and timestamp < $2::timestamptz
        group by level
      ) f using (level)
      order by level`,
    values: [partition.lower, partition.upper],
  })
  return {
    partition,
    rows: rows.reduce((sum, { found }) => sum + found, 0),
    differences: rows.filter(({ counted, found }) => counted !== found),
  }
}
