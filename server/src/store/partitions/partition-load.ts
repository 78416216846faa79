import type pg from 'pg'
import { countRows } from '../counts/counts.ts'
import { fromMillis, MINUTE } from '../database/timestamp.ts'
import type { Partition } from './partition.ts'

/** Minutes the lower of the two rates is taken over. */
const LONG_MINUTES = 10

/** Rows a second by event time. */
export type Load = {
  /**
   * Over the last one to two minutes. Widths follow it: after a burst the next partition is wide again, and a further
   * burst ends it early; by the average each burst would leave a row of narrow, empty ones.
   * then comes too fast ends it early; by the average each burst would leave a row of narrow, empty ones.
   */
  recent: number
  /** Over the last ten minutes. */
  average: number
}

/** Rises with each batch that any server stores. */
export async function batchesSoFar(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ last_value: number }>({
    name: 'batches_so_far',
    text: 'select last_value from log_feed_ids',
  })
  return rows[0]?.last_value ?? 0
}

/** Rows that arrived within the last seconds. */
export type Burst = { within2s: number; within5s: number }

/** The rows that arrived in the last seconds for times after `since`. One statement, a millisecond. */
export async function readBurst(pool: pg.Pool, since: string): Promise<Burst> {
  const { rows } = await pool.query<Burst>({
    name: 'recent_burst',
    text: `
      select coalesce(sum(rows) filter (where created_at > now() - interval '2 seconds'), 0)::bigint as within2s,
        coalesce(sum(rows), 0)::bigint as within5s
      from (select * from log_feed order by id desc limit 2000) f
      where created_at > now() - interval '5 seconds' and last_timestamp >= $1::timestamptz`,
    values: [since],
  })
  return rows[0] ?? { within2s: 0, within5s: 0 }
}

/** How much is being written, from the kept counts. One statement, a millisecond. */
export async function readLoad(client: pg.Pool | pg.PoolClient, now: number): Promise<Load> {
  const minute = Math.floor(now / MINUTE) * MINUTE
  const recent = minute - MINUTE
  const { rows } = await client.query<{ recent: number; total: number }>({
    name: 'recent_load',
    text: `
      select coalesce(sum(rows) filter (where bucket >= $2), 0)::bigint as recent,
        coalesce(sum(rows), 0)::bigint as total
      from (
        select bucket, rows from log_counts_minute where bucket >= $1 and bucket <= $3
        union all
        select bucket, rows from log_counts_pending where bucket >= $1 and bucket <= $3
      ) c`,
    values: [fromMillis(minute - LONG_MINUTES * MINUTE), fromMillis(recent), fromMillis(minute)],
  })
  const counted = rows[0] ?? { recent: 0, total: 0 }
  return {
    recent: counted.recent / ((now - recent) / 1000),
    average: counted.total / (LONG_MINUTES * 60 + (now - minute) / 1000),
  }
}

/** Rows in a partition, from the kept counts; exact but for rows of the very first instant of the next. */
export function rowsIn(pool: pg.Pool, { lower, upper }: Partition): Promise<number> {
  return countRows(pool, { visibility: { cameras: null }, start: lower, end: upper })
}
