import type pg from 'pg'
import { expect } from 'vitest'

const GRAINS = ['minute', 'hour', 'day', 'month'] as const

/** Expects the kept counts of each grain, with what is not folded yet, to be what counting every row gives. */
export async function expectExactCounts(pool: pg.Pool): Promise<void> {
  for (const grain of GRAINS) {
    const { rows } = await pool.query(`
      with kept as (
        select date_trunc('${grain}', bucket) as bucket, level, source, camera_id, sum(rows)::bigint as rows
        from (
          select bucket, level, source, camera_id, rows from log_counts_${grain}
          union all
          select bucket, level, source, camera_id, rows from log_counts_pending
        ) counts
        group by 1, 2, 3, 4
        having sum(rows) <> 0
      ), real as (
        select date_trunc('${grain}', timestamp) as bucket, level, source, camera_id, count(*) as rows
        from logs
        group by 1, 2, 3, 4
      )
      (select 'too much' as is, * from (table kept except table real) k limit 5)
      union all
      (select 'missing' as is, * from (table real except table kept) r limit 5)`)
    expect({ grain, differences: rows }).toEqual({ grain, differences: [] })
  }
}
