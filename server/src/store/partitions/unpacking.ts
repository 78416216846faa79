// Makes rows of packed lines again, partition by partition.
import type pg from 'pg'
import { blocksOf, dropBlocks, holdsBlocks } from '../blocks/block-tables.ts'
import { type BlockKey, LIVE_TABLES, unpackBlock } from '../blocks/unpack-blocks.ts'
import { withLogsToItself, withMaintenance } from '../database/exclusive-access.ts'
import { inTransaction } from '../database/transaction.ts'
import { isAttached } from './drop-partition.ts'
import type { StepOptions } from './pack-partition.ts'
import { endPacking } from './packing-switch.ts'
import type { Partition } from './partition.ts'

/**
 * The partition whose lines are to be made rows next, the newest first; undefined when it was not asked for, or none has any.
 *
 * @param besides names of those to pass over
 */
export async function nextToUnpack(
  client: pg.Pool | pg.ClientBase,
  besides: readonly string[] = [],
): Promise<Partition | undefined> {
  const { rows } = await client.query<Partition>({
    name: 'next_to_unpack',
    text: `
      select name, lower, upper
      from log_partitions
      where detached_at is null and to_regclass(name || '_b') is not null and name <> all ($1::text[])
        and exists (select from log_packing where is_unpacking)
      order by upper desc
      limit 1`,
    values: [besides],
  })
  return rows[0]
}

/** Makes `logs` a table again when that was asked for and nothing is packed any more, cleared lines included. */
export async function endWhenUnpacked(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ is_done: boolean }>({
    name: 'is_unpacked',
    text: `
      select exists (select from log_packing where is_unpacking)
        and not exists (select from log_partitions where to_regclass(name || '_b') is not null) as is_done`,
  })
  if (rows[0]?.is_done) await withMaintenance(pool, () => endPacking(pool))
}

/** Makes rows of a partition's blocks, one block in each transaction; what was cut short is gone on with by the next call. */
export async function unpackPartition(
  pool: pg.Pool,
  partition: Partition,
  { signal, hasRoom = async () => true }: StepOptions = {},
): Promise<void> {
  for (let isMore = true; isMore && !signal?.aborted && (await hasRoom()); ) {
    const step = () => inTransaction(pool, (client) => unpackOne(client, partition))
    isMore = await withMaintenance(pool, step, signal)
  }
}

/** Whether there may be more. */
async function unpackOne(client: pg.PoolClient, partition: Partition): Promise<boolean> {
  const { name } = partition
  if (!(await isAttached(client, partition))) return false
  if (await holdsBlocks(client, name)) {
    const { rows } = await client.query<BlockKey>(
      `/* block_to_unpack */
      select first_timestamp, first_row_id
      from ${blocksOf(name)}
      order by first_timestamp desc, first_row_id desc
      limit 1`,
    )
    for (const key of rows) await unpackBlock(client, LIVE_TABLES, key)
    return true
  }
  await withLogsToItself(client, () => dropBlocks(client, name))
  // Its indexes are due again.
  await client.query(
    `/* unpacking_is_done */
    update log_partitions
    set packed_at = null, loose_rows = 0, unpacked_bytes = null, indexed_at = null
    where name = $1 and detached_at is null`,
    [name],
  )
  return false
}
