import type pg from 'pg'
import { COUNTS_LOCK, foldWithin } from './count-folding.ts'
import { PARTITION_LOCK, type Partition, type Partitions } from './partitions.ts'
import { comparable } from './timestamp.ts'

/** Rows one DELETE takes, so that nobody waits long for its locks. */
const DELETE_BATCH = 20_000

/** How long to wait for readers of a partition before trying again, and how often to try. */
const LOCK_TIMEOUT_MS = 500
const LOCK_ATTEMPTS = 40

/**
 * Deletes every row older than the cut-off, its counts with it. Whole partitions are dropped; what is left of the
 * one that holds the cut-off goes in short batches.
 *
 * @param cutoff ISO 8601, UTC; rows at the cut-off stay
 * @returns how many rows were deleted; exact
 */
export async function deleteOlderThan(
  pool: pg.Pool,
  partitions: Partitions,
  cutoff: string,
): Promise<number> {
  partitions.reload()
  let deleted = 0
  for (const partition of await partitions.overlapping(undefined, cutoff)) {
    const isWhole = comparable(partition.upper) <= comparable(cutoff)
    deleted += isWhole ? await dropPartition(pool, partition) : await deleteEdge(pool, partition, cutoff)
  }
  partitions.reload()
  return deleted
}

/** Deletes every row there is, of whatever time; one partition after the other. */
export async function deleteEverything(pool: pg.Pool, partitions: Partitions): Promise<number> {
  partitions.reload()
  let deleted = 0
  for (const partition of await partitions.list()) deleted += await dropPartition(pool, partition)
  partitions.reload()
  return deleted
}

async function dropPartition(pool: pg.Pool, partition: Partition): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(pool, (client) => dropWithin(client, partition))
    } catch (error) {
      // 55P03: a reader or writer held the partition; let it finish, with nobody queued behind us meanwhile.
      if ((error as { code?: string }).code !== '55P03' || attempt === LOCK_ATTEMPTS) throw error
    }
  }
}

/** Everything in one transaction: rows, counts and the registry agree at every moment. */
async function dropWithin(client: pg.PoolClient, { name, lower, upper }: Partition): Promise<number> {
  await client.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK])
  await client.query('select pg_advisory_xact_lock($1)', [COUNTS_LOCK])
  const known = await client.query('delete from log_partitions where name = $1 and detached_at is null', [
    name,
  ])
  if (known.rowCount === 0) return 0
  await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
  await client.query(`lock table ${name} in access exclusive mode`)
  const counted = await removeCounts(client, lower, upper)
  await client.query(`alter table logs detach partition ${name}`)
  await client.query(`drop table ${name}`)
  await client.query(`select pg_notify('log_partitions', '')`)
  return counted
}

/** Takes the counts of [lower, upper) out; hours and days that reach beyond it are added up anew. */
async function removeCounts(client: pg.PoolClient, lower: string, upper: string): Promise<number> {
  for (let folded = 1; folded > 0; ) folded = await foldWithin(client)
  const { rows } = await client.query<{ removed: number }>({
    name: 'remove_minute_counts',
    text: `
      with removed as (
        delete from log_counts_minute
        where bucket >= $1 and bucket < $2
        returning bucket, level, source, camera_id, rows
      ), hours as (
        update log_counts_hour h
        set rows = h.rows - r.rows
        from (
          select date_trunc('hour', bucket) as bucket, level, source, camera_id, sum(rows) as rows
          from removed
          group by 1, 2, 3, 4
        ) r
        where h.bucket = r.bucket and h.level = r.level and h.source = r.source
          and h.camera_id is not distinct from r.camera_id
      ), days as (
        update log_counts_day d
        set rows = d.rows - r.rows
        from (
          select date_trunc('day', bucket) as bucket, level, source, camera_id, sum(rows) as rows
          from removed
          group by 1, 2, 3, 4
        ) r
        where d.bucket = r.bucket and d.level = r.level and d.source = r.source
          and d.camera_id is not distinct from r.camera_id
      )
      select coalesce(sum(rows), 0)::bigint as removed
      from removed`,
    values: [lower, upper],
  })
  await client.query({
    name: 'remove_empty_hour_counts',
    text: `
      delete from log_counts_hour
      where rows = 0 and bucket >= date_trunc('hour', $1::timestamptz) and bucket < $2`,
    values: [lower, upper],
  })
  await client.query({
    name: 'remove_empty_day_counts',
    text: `
      delete from log_counts_day
      where rows = 0 and bucket >= date_trunc('day', $1::timestamptz) and bucket < $2`,
    values: [lower, upper],
  })
  return rows[0]?.removed ?? 0
}

async function deleteEdge(pool: pg.Pool, { lower }: Partition, cutoff: string): Promise<number> {
  let total = 0
  for (;;) {
    const { rows } = await pool.query<{ deleted: number }>({
      name: 'delete_edge',
      text: `
        with gone as (
          delete from logs
          where (id, timestamp) in (
            select id, timestamp
            from logs
            where timestamp >= $1 and timestamp < $2
            limit ${DELETE_BATCH}
          ) and timestamp >= $1 and timestamp < $2
          returning timestamp, level, source, camera_id
        ), lowered as (
          insert into log_counts_pending (bucket, level, source, camera_id, rows)
          select date_trunc('minute', timestamp), level, source, camera_id, -count(*)
          from gone
          group by 1, 2, 3, 4
        )
        select count(*) as deleted
        from gone`,
      values: [lower, cutoff],
    })
    const deleted = rows[0]?.deleted ?? 0
    total += deleted
    if (deleted < DELETE_BATCH) return total
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}
