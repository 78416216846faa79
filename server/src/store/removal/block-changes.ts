import type pg from 'pg'
import { unpackedRows } from '../blocks/every-row.ts'
import { packInto } from '../blocks/pack-rows.ts'
import type { BlockKey } from '../blocks/unpack-blocks.ts'
import { writeNumbers } from '../blocks/write-numbers.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { LOG_COLUMN_LIST, LOG_COLUMNS } from '../database/table-names.ts'
import { DAY, floorTo, fromMillis } from '../database/timestamp.ts'
import { inTransaction } from '../database/transaction.ts'
import { countChanged, type RowBatches, type RowChange } from './row-change.ts'

/**
 * Changes the matching rows that are packed, newest block first, each in a short transaction with the counts of what it
 * did: the block is made anew of the rows that stay.
 *
 * @returns how many rows were changed, by all transactions or those until the signal
 */
export async function changeBlocks(pool: pg.Pool, range: RowBatches, change: RowChange): Promise<number> {
  let total = 0
  for (const key of await keysWithin(pool, range)) {
    if (range.signal?.aborted) return total
    total += await inTransaction(pool, (client) => changeBlock(client, key, range, change))
  }
  return total
}

type Nullable<T> = { [K in keyof T]: T[K] | null }

async function keysWithin(pool: pg.Pool, { lower, upper }: RowBatches): Promise<BlockKey[]> {
  const { rows } = await pool.query<BlockKey>(
    `/* blocks_within */
    select first_timestamp, first_row_id
    from log_blocks
    where first_timestamp >= $1::timestamptz and first_timestamp < $2::timestamptz
      and last_timestamp >= $3::timestamptz
    order by first_timestamp desc, first_row_id desc`,
    [fromMillis(floorTo(lower, DAY)), upper, lower],
  )
  return rows
}

async function changeBlock(
  client: pg.PoolClient,
  { first_timestamp, first_row_id }: BlockKey,
  { lower, upper, conditions }: RowBatches,
  change: RowChange,
): Promise<number> {
  const parameters = new SqlParameters()
  const first = `${parameters.add(first_timestamp)}::timestamptz`
  const id = `${parameters.add(first_row_id)}::bigint`
  const chosen = [
    `timestamp >= ${parameters.add(lower)}::timestamptz`,
    `timestamp < ${parameters.add(upper)}::timestamptz`,
    ...conditions(parameters),
  ].join(' and ')
  const text = `
    /* change_block */
    with gone as (
      delete from log_blocks b
      where first_timestamp = ${first} and first_row_id = ${id}
        and exists (select from ${unpackedRows(LOG_COLUMNS)} r where ${chosen})
      returning *
    ), unpacked as materialized (
      select ${LOG_COLUMN_LIST}, coalesce(${chosen}, false) as is_chosen
      from gone b
      cross join lateral ${unpackedRows(LOG_COLUMNS)} r
    ), changed as materialized (
      select timestamp, level, source, camera_id as old_camera_id
      from unpacked
      where is_chosen
    ), kept as materialized (
      ${change.packed}
    ), ${packInto(
      'log_blocks',
      'kept',
      '(select signature from gone) as signature, (select signature_bits from gone) as signature_bits, (select signature_sum from gone) as signature_sum',
    )}, loose as (
      insert into logs (${LOG_COLUMN_LIST})
      select ${LOG_COLUMN_LIST}
      from kept
      where not exists (select from packed)
    ), ${countChanged(change, parameters, first)}
    select (select count(*) from changed) as changed, p.first_timestamp, p.first_row_id
    from (select) one
    left join packed p on true`
  const { rows } = await client.query<{ changed: number } & Nullable<BlockKey>>(text, parameters.values)
  const { changed = 0, first_timestamp: at = null, first_row_id: row = null } = rows[0] ?? {}
  if (at !== null && row !== null)
    await writeNumbers(client, 'log_blocks', { first_timestamp: at, first_row_id: row })
  if (changed > 0) await client.query(`select pg_notify('log_events', '')`)
  return changed
}
