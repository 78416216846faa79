import type pg from 'pg'
import { LOG_COLUMN_LIST, LOG_COLUMNS } from '../database/table-names.ts'
import { unpackedRows } from './every-row.ts'

/** The two tables that rows are in, under the names they have now. */
export type RowTables = { rows: string; blocks: string | undefined }

export const LIVE_TABLES = { rows: 'logs', blocks: 'log_blocks' }

/** Which block: its first row. */
export type BlockKey = { first_timestamp: string; first_row_id: number }

/** Makes rows of a block again; they are packed anew when their partition is due. */
export async function unpackBlock(
  client: pg.ClientBase,
  tables: { rows: string; blocks: string },
  { first_timestamp, first_row_id }: BlockKey,
): Promise<void> {
  await client.query(
    `/* unpack_block */
    with gone as (
      delete from ${tables.blocks}
      where first_timestamp = $1::timestamptz and first_row_id = $2::bigint
      returning *
    )
    insert into ${tables.rows} (${LOG_COLUMN_LIST})
    select ${LOG_COLUMN_LIST}
    from gone b
    cross join lateral ${unpackedRows(LOG_COLUMNS)} r`,
    [first_timestamp, first_row_id],
  )
}

/**
 * Makes rows of the blocks that may hold one of these rows, for one who holds the maintenance lock.
 *
 * @param lower no row is of an earlier partition
 */
export async function unpackHolding(
  client: pg.ClientBase,
  { rows: relation, blocks }: RowTables,
  rows: readonly { id: number; timestamp: string }[],
  lower: string,
): Promise<void> {
  if (blocks === undefined) return
  const timestamps = rows.map(({ timestamp }) => timestamp)
  const { rows: keys } = await client.query<BlockKey>(
    `/* blocks_holding */
    select first_timestamp, first_row_id
    from ${blocks} b
    where first_timestamp >= $1::timestamptz
      and exists (
        select
        from unnest($2::timestamptz[], $3::bigint[]) as r (timestamp, id)
        where r.timestamp between b.first_timestamp and b.last_timestamp
          and r.id between b.first_id and b.last_id
      )`,
    [lower, timestamps, rows.map(({ id }) => id)],
  )
  for (const key of keys) await unpackBlock(client, { rows: relation, blocks }, key)
  if (keys.length === 0) return
  await client.query(
    `/* packing_is_due */
    update log_partitions p
    set packed_at = null, indexed_at = null
    where exists (
      select from unnest($1::timestamptz[]) as k (at) where k.at >= p.lower and k.at < p.upper
    )`,
    [keys.map(({ first_timestamp }) => first_timestamp)],
  )
}
