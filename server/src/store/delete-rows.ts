import type pg from 'pg'
import { inTransaction } from './exclusive-access.ts'
import { SqlParameters } from './sql-parameters.ts'

/** Rows one transaction deletes: some 50 ms of work, so that nobody waits long for what it holds. */
const BATCH_ROWS = 5000

export type RowsToDelete = {
  /** Half-open [lower, upper), within the bounds of one partition. */
  lower: string
  upper: string
  /** Conditions on a row of `logs`, joined by `and`. */
  conditions: (parameters: SqlParameters) => string[]
  signal?: AbortSignal | undefined
}

type Place = { timestamp: string; id: number }

/**
 * Deletes the matching rows in short transactions, newest first, each with the counts of what it took.
 *
 * @returns how many were deleted, by all transactions or those until the signal
 */
export async function deleteRows(pool: pg.Pool, { signal, ...range }: RowsToDelete): Promise<number> {
  let total = 0
  let place: Place | undefined
  for (;;) {
    if (signal?.aborted) return total
    const batch = await deleteBatch(pool, range, place)
    total += batch.deleted
    if (batch.chosen < BATCH_ROWS || !batch.place) return total
    place = batch.place
  }
}

type Batch = { chosen: number; deleted: number; place: Place | undefined }

async function deleteBatch(
  pool: pg.Pool,
  { lower, upper, conditions }: RowsToDelete,
  place: Place | undefined,
): Promise<Batch> {
  const parameters = new SqlParameters()
  const from = parameters.add(lower)
  const to = parameters.add(upper)
  const chosen = [
    `timestamp >= ${from}::timestamptz`,
    `timestamp < ${to}::timestamptz`,
    ...conditions(parameters),
  ]
  if (place) {
    const [timestamp, id] = [parameters.add(place.timestamp), parameters.add(place.id)]
    chosen.push(`(timestamp, id) < (${timestamp}::timestamptz, ${id}::bigint)`)
  }
  const text = `
    with chosen as materialized (
      select id, timestamp
      from logs
      where ${chosen.join(' and ')}
      order by timestamp desc, id desc
      limit ${BATCH_ROWS}
    ), gone as (
      delete from logs l
      using chosen c
      where l.id = c.id and l.timestamp = c.timestamp
        and l.timestamp >= ${from}::timestamptz and l.timestamp < ${to}::timestamptz
      returning l.timestamp, l.level, l.source, l.camera_id
    ), lowered as (
      insert into log_counts_pending (bucket, level, source, camera_id, rows)
      select date_trunc('minute', timestamp), level, source, camera_id, -count(*)
      from gone
      group by 1, 2, 3, 4
    ), removed as (
      update log_partitions
      set removed_rows = removed_rows + (select count(*) from gone)
      where lower <= ${from}::timestamptz and upper > ${from}::timestamptz and detached_at is null
    )
    select
      (select count(*) from chosen) as chosen,
      (select count(*) from gone) as deleted,
      c.timestamp,
      c.id
    from (select) one
    left join lateral (
      select timestamp, id
      from chosen
      order by timestamp, id
      limit 1
    ) c on true`
  const { rows } = await inTransaction(pool, (client) =>
    client.query<{ chosen: number; deleted: number; timestamp: string | null; id: number | null }>(
      text,
      parameters.values,
    ),
  )
  const row = rows[0]
  if (!row) return { chosen: 0, deleted: 0, place: undefined }
  const { chosen: count, deleted, timestamp, id } = row
  return { chosen: count, deleted, place: timestamp && id !== null ? { timestamp, id } : undefined }
}
