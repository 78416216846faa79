import type pg from 'pg'
import { IS_PACKING_DUE } from '../database/packed-state.ts'

/** The figures of the database for `/metrics`; one statement over the registry and the catalogue. */
export type HealthFigures = {
  partitions: number
  partition_bytes: number
  database_bytes: number
  index_builds_due: number
  index_builds_running: number
  packing_due: number
  counts_pending: number
}

export async function readHealthFigures(pool: pg.Pool): Promise<HealthFigures> {
  const { rows } = await pool.query<HealthFigures>({
    name: 'health_figures',
    text: `
      select count(*)::integer as partitions,
        coalesce(sum(
          coalesce(pg_total_relation_size(to_regclass(name)), 0)
          + coalesce(pg_total_relation_size(to_regclass(name || '_b')), 0)
        ), 0)::bigint as partition_bytes,
        pg_database_size(current_database()) as database_bytes,
        count(*) filter (where closed_at <= now() and indexed_at is null)::integer as index_builds_due,
        (select count(*) from pg_stat_progress_create_index where datname = current_database())::integer
          as index_builds_running,
        count(*) filter (where ${IS_PACKING_DUE})::integer as packing_due,
        (select count(*) from (select from log_counts_pending limit 100000) p)::integer as counts_pending
      from log_partitions
      where detached_at is null`,
  })
  return rows[0] as HealthFigures
}

/** Seconds since the oldest batch after `id` was begun; 0 when there is none. */
export async function readFeedAge(pool: pg.Pool, id: number): Promise<number> {
  const { rows } = await pool.query<{ seconds: number }>({
    name: 'feed_age',
    text: `
      select extract(epoch from clock_timestamp() - created_at)::double precision as seconds
      from log_feed
      where id > $1
      order by id
      limit 1`,
    values: [id],
  })
  return rows[0]?.seconds ?? 0
}

/** Whether the database answers and holds our tables. */
export function isReachable(pool: pg.Pool): Promise<boolean> {
  const looked = pool.query({ name: 'is_reachable', text: 'select 1 from log_partitions limit 1' })
  return looked.then(
    () => true,
    () => false,
  )
}
