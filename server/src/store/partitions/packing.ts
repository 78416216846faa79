// Which partition is packed next, and what is done with it then.
import type pg from 'pg'
import { blocksOf, hasBlocks } from '../blocks/block-tables.ts'
import { IS_PACKING_DUE, PACK_AFTER_DAYS, PACKING_BEGINS_AFTER_S } from '../database/packed-state.ts'
import { packPartition, type StepOptions } from './pack-partition.ts'
import type { Partition } from './partition.ts'
import { removeOwnIndexes } from './partition-indexes.ts'

/** Rows that are not packed: more than these need the indexes of rows, and more that came late are packed. */
const MOST_LOOSE_ROWS = 20_000

/** Smaller indexes are not worth making anew when their rows are gone. */
const SMALL_INDEX_BYTES = 128 * 1024

/**
 * The closed partition whose packing is due, the newest first: people look there.
 *
 * @param besides names of those to pass over
 */
export async function nextToPack(
  client: pg.Pool | pg.ClientBase,
  besides: readonly string[] = [],
): Promise<Partition | undefined> {
  const { rows } = await client.query<Partition>({
    name: 'next_to_pack',
    text: `
      select name, lower, upper
      from log_partitions
      where detached_at is null and name <> all ($1::text[])
        and exists (
          select
          from log_packing
          where ${PACK_AFTER_DAYS} > 0 and not is_unpacking
            and begun_at < now() - interval '${PACKING_BEGINS_AFTER_S} seconds'
        )
        and (
          ${IS_PACKING_DUE}
          or packed_at < now() - interval '10 minutes' and to_regclass(name || '_b') is not null
            and pg_stat_get_live_tuples(to_regclass(name)) > loose_rows + ${MOST_LOOSE_ROWS}
        )
      order by upper desc
      limit 1`,
    values: [besides],
  })
  return rows[0]
}

/**
 * Packs a closed partition and gives back the room of its rows. What was cut short is gone on with by the next call.
 *
 * @param client in no transaction
 */
export async function packAndClean(
  pool: pg.Pool,
  client: pg.ClientBase,
  partition: Partition,
  options: StepOptions = {},
): Promise<void> {
  const { name } = partition
  await pool.query(
    `/* packing_begins */
    update log_partitions
    set unpacked_bytes = pg_total_relation_size(to_regclass(name))
    where name = $1 and to_regclass(name || '_b') is null`,
    [name],
  )
  const { isWhole } = await packPartition(pool, partition, options)
  if (!isWhole) return
  const isPacked = await hasBlocks(client, name)
  const loose = isPacked ? await countLoose(client, name) : 0
  const isClean = isPacked && loose <= MOST_LOOSE_ROWS
  if (isClean) await removeOwnIndexes(client, name)
  if (isPacked) {
    await client.query(`vacuum (freeze, analyze) ${name}, ${blocksOf(name)}`)
    await shrinkIndexes(client, name)
  }
  await pool.query(
    `/* packing_is_done */
    update log_partitions
    set packed_at = now(), loose_rows = $2, indexed_at = case when $3 then now() else indexed_at end
    where name = $1 and detached_at is null`,
    [name, loose, isClean],
  )
}

async function countLoose(client: pg.ClientBase, name: string): Promise<number> {
  const { rows } = await client.query<{ loose: number }>(`select count(*) as loose from ${name}`)
  return rows[0]?.loose ?? 0
}

/** An index keeps the pages of rows that are gone. */
async function shrinkIndexes(client: pg.ClientBase, name: string): Promise<void> {
  const { rows } = await client.query<{ index: string }>(
    `select i.indexrelid::regclass::text as index
    from pg_index i
    where i.indrelid = to_regclass($1) and i.indisvalid and pg_relation_size(i.indexrelid) > $2
      and pg_relation_size(i.indexrelid) > pg_relation_size(i.indrelid)`,
    [name, SMALL_INDEX_BYTES],
  )
  for (const { index } of rows) await client.query(`reindex index concurrently ${index}`)
}
