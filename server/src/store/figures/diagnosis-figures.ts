// The figures of the database for `diagnose` that no page reads. Each is one statement over the kept counts or the
// catalogue, bounded in what it reads.
import type pg from 'pg'

export type DatabaseFacts = {
  version: string
  database: string
  started_at: string
  connections: number
  max_connections: number
  partitions: number
  /** Closed partitions without their indexes, and since when the longest waits. */
  index_builds_due: number
  index_builds_due_since: string | null
  index_builds_running: number
}

export async function readDatabaseFacts(pool: pg.Pool): Promise<DatabaseFacts> {
  const { rows } = await pool.query<DatabaseFacts>({
    name: 'database_facts',
    text: `
      select current_setting('server_version') as version,
        current_database() as database,
        pg_postmaster_start_time() as started_at,
        (select count(*) from pg_stat_activity where backend_type = 'client backend')::integer as connections,
        current_setting('max_connections')::integer as max_connections,
        count(*)::integer as partitions,
        count(*) filter (where closed_at <= now() and indexed_at is null)::integer as index_builds_due,
        min(closed_at) filter (where closed_at <= now() and indexed_at is null) as index_builds_due_since,
        (select count(*) from pg_stat_progress_create_index where datname = current_database())::integer
          as index_builds_running
      from log_partitions
      where detached_at is null`,
  })
  return rows[0] as DatabaseFacts
}

/** When a source usually writes, and where it did not, by the minute. */
export type Cadence = {
  source: string
  /** Minutes with lines. */
  active_minutes: number
  /** Starts of its first and its last minute with lines. */
  first_at: string
  last_at: string
  /** Minutes from one minute with lines to the next: 19 of 20 gaps are at most this long. */
  p95_minutes: number
  /** The third-longest: a gap that came three times is usual, for example the nights of a camera. */
  third_longest_minutes: number
}

/** Sources looked at: those with the most minutes of lines. */
const MAX_SOURCES = 1000

/** How each source wrote since `since`, from the kept counts. */
export async function readCadences(pool: pg.Pool, since: string): Promise<Cadence[]> {
  const { rows } = await pool.query<Cadence>({
    name: 'cadences',
    text: `
      select source,
        count(*)::integer as active_minutes,
        min(bucket) as first_at,
        max(bucket) as last_at,
        coalesce(percentile_cont(0.95) within group (order by step), 0)::double precision as p95_minutes,
        coalesce((array_agg(step order by step desc nulls last))[3], 0)::double precision
          as third_longest_minutes
      from (
        select source, bucket,
          extract(epoch from lead(bucket) over (partition by source order by bucket) - bucket) / 60 as step
        from (${ACTIVE_MINUTES}) active
      ) steps
      group by source
      order by count(*) desc, source
      limit $2`,
    values: [since, MAX_SOURCES],
  })
  return rows
}

const ACTIVE_MINUTES = `
          select source, bucket
          from (
            select source, bucket, rows from log_counts_minute where bucket >= $1::timestamptz
            union all
            select source, bucket, rows from log_counts_pending where bucket >= $1::timestamptz
          ) counts
          where bucket <= now()
          group by source, bucket
          having sum(rows) > 0`

export type Gap = { source: string; from: string; until: string; minutes: number }

/** The longest silence of each source that ended since `since` and is longer than its limit (minutes). */
export async function readGaps(
  pool: pg.Pool,
  since: string,
  limits: ReadonlyMap<string, number>,
): Promise<Gap[]> {
  const { rows } = await pool.query<Gap>({
    name: 'gaps',
    text: `
      select distinct on (source) source, bucket as "from", next as until,
        (extract(epoch from next - bucket) / 60)::integer as minutes
      from (
        select source, bucket, lead(bucket) over (partition by source order by bucket) as next
        from (${ACTIVE_MINUTES}) active
      ) steps
      join unnest($2::text[], $3::double precision[]) as l (source, minutes) using (source)
      where next - bucket > l.minutes * interval '1 minute'
      order by source, next - bucket desc`,
    values: [since, [...limits.keys()], [...limits.values()]],
  })
  return rows
}

export type Association = { source: string; camera_id: number | null; rows: number }

/** Rows by source and camera since `since`, of camera sources and of rows with a camera. */
export async function readAssociations(pool: pg.Pool, since: string): Promise<Association[]> {
  const { rows } = await pool.query<Association>({
    name: 'associations',
    text: `
      select source, camera_id, sum(rows)::bigint as rows
      from (
        select source, camera_id, rows from log_counts_hour where bucket >= $1::timestamptz
        union all
        select source, camera_id, rows from log_counts_pending where bucket >= $1::timestamptz
      ) counts
      where camera_id is not null or source ~ '^camera_[0-9]+$'
      group by source, camera_id
      having sum(rows) > 0
      order by source, camera_id`,
    values: [since],
  })
  return rows
}

/** The rows not stored in the last days, by reason. */
export async function readNotStored(
  pool: pg.Pool,
  days: number,
): Promise<{ reason: string; rows: number }[]> {
  const { rows } = await pool.query<{ reason: string; rows: number }>({
    name: 'not_stored_since',
    text: `
      select reason, sum(rows)::bigint as rows
      from not_stored
      where day > (now() at time zone 'UTC')::date - $1::integer
      group by reason
      order by reason`,
    values: [days],
  })
  return rows
}
