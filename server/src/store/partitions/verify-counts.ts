import type pg from 'pg'
import { everyRow } from '../blocks/every-row.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import type { Partition } from './partition.ts'

type CountDifference = { level: string; counted: number; found: number }
export type CountCheck = { partition: Partition; rows: number; differences: CountDifference[] }

/**
 * Counts the rows of a partition by level and compares with the kept counts; both are read by one
 * statement, so from one snapshot. Reads the whole partition: a
 * second or two for a million rows.
 *
 * @param relation that holds all rows, when the schema may be one without blocks
 */
export async function verifyCounts(
  pool: pg.Pool,
  partition: Partition,
  relation?: string,
): Promise<CountCheck> {
  const { lower, upper } = partition
  const parameters = new SqlParameters()
  const [from, to] = [parameters.add(lower), parameters.add(upper)]
  const where = `timestamp >= ${from}::timestamptz and timestamp < ${to}::timestamptz`
  const choice = { select: 'level', where, within: { from: lower, to: upper } }
  const source = relation
    ? `(select level from ${relation} where ${where}) every`
    : `${everyRow(choice, parameters)} every`
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
        from ${source}
        group by level
      ) f using (level)
      order by level`,
    values: parameters.values,
  })
  return {
    partition,
    rows: rows.reduce((sum, { found }) => sum + found, 0),
    differences: rows.filter(({ counted, found }) => counted !== found),
  }
}
