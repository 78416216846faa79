import type pg from 'pg'
import { SqlParameters } from '../database/sql-parameters.ts'
import { inTransaction } from '../database/transaction.ts'
import { changeBlocks } from './block-changes.ts'
import { countChanged, type RowBatches, type RowChange } from './row-change.ts'

/** Rows one transaction changes: some 50 ms of work, so that nobody waits long for what it holds. */
const BATCH_ROWS = 5000

type Place = { timestamp: string; id: number }

/**
 * Changes the matching rows in short transactions, newest first, each with the counts of what it did.
 *
 * @returns how many rows were changed, by all transactions or those until the signal
 */
export async function changeRows(pool: pg.Pool, range: RowBatches, change: RowChange): Promise<number> {
  let total = await changeBlocks(pool, range, change)
  let place: Place | undefined
  for (;;) {
    if (range.signal?.aborted) return total
    const batch = await changeBatch(pool, range, change, place)
    total += batch.changed
    if (batch.chosen < BATCH_ROWS || !batch.place) return total
    place = batch.place
  }
}

type ChangedBatch = { chosen: number; changed: number; timestamp: string | null; id: number | null }

type Batch = { chosen: number; changed: number; place: Place | undefined }

async function changeBatch(
  pool: pg.Pool,
  { lower, upper, conditions }: RowBatches,
  change: RowChange,
  place: Place | undefined,
): Promise<Batch> {
  const parameters = new SqlParameters()
  const from = `${parameters.add(lower)}::timestamptz`
  const to = `${parameters.add(upper)}::timestamptz`
  const chosen = [`timestamp >= ${from}`, ...conditions(parameters)]
  if (place) {
    const [timestamp, id] = [parameters.add(place.timestamp), parameters.add(place.id)]
    // In place of the range's end: with both, each batch would begin with reading what the ones before it were done with.
    chosen.push(
      `timestamp <= ${timestamp}::timestamptz`,
      `(timestamp, id) < (${timestamp}::timestamptz, ${id}::bigint)`,
    )
  } else chosen.push(`timestamp < ${to}`)
  const text = `
    /* change_rows */
    with chosen as materialized (
      select id, timestamp, camera_id
      from logs
      where ${chosen.join(' and ')}
      order by timestamp desc, id desc
      limit ${BATCH_ROWS}
    ), changed as (
      ${change.statement}
      where l.id = c.id and l.timestamp = c.timestamp and l.timestamp >= ${from} and l.timestamp < ${to}
      returning l.timestamp, l.level, l.source, c.camera_id as old_camera_id
    ), ${countChanged(change, parameters, from)}
    select
      (select count(*) from chosen) as chosen,
      (select count(*) from changed) as changed,
      last.timestamp,
      last.id
    from (select) one
    left join lateral (
      select timestamp, id
      from chosen
      order by timestamp, id
      limit 1
    ) last on true`
  const row = await inTransaction(pool, async (client) => {
    const { rows } = await client.query<ChangedBatch>(text, parameters.values)
    // Caches of counts are invalidated after each batch: the last one may be minutes away, or never come.
    if (rows[0]?.changed) await client.query(`select pg_notify('log_events', '')`)
    return rows[0]
  })
  if (!row) return { chosen: 0, changed: 0, place: undefined }
  const { timestamp, id } = row
  return { ...row, place: timestamp !== null && id !== null ? { timestamp, id } : undefined }
}
