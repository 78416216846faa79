// Makes blocks of the rows of a partition that is no longer written.
import type pg from 'pg'
import { signatureSum } from '../blocks/block-sums.ts'
import { blocksOf, hasBlocks, makeBlockTable } from '../blocks/block-tables.ts'
import { unpackedRows } from '../blocks/every-row.ts'
import { BLOCK_BYTES, BLOCK_ROWS, FEWEST_ROWS, IS_PACKABLE, packInto } from '../blocks/pack-rows.ts'
import { signatureOf } from '../blocks/signatures.ts'
import { LIVE_TABLES, unpackBlock } from '../blocks/unpack-blocks.ts'
import { writeNumbers } from '../blocks/write-numbers.ts'
import { withMaintenance } from '../database/exclusive-access.ts'
import { LOG_COLUMN_LIST, LOG_COLUMNS } from '../database/table-names.ts'
import { comparable, DAY, floorTo, fromMillis } from '../database/timestamp.ts'
import { inTransaction } from '../database/transaction.ts'
import { isAttached } from './drop-partition.ts'
import type { Partition } from './partition.ts'

/** A place in the order (timestamp, id). */
type Place = { timestamp: string; id: number }

/** Rows that came late into the time of a block are packed with it when they are at least this share of its own. */
const LATE_SHARE = 1 / 16

export type StepOptions = {
  /** Ends it after the block under way; the next call goes on. */
  signal?: AbortSignal | undefined
  /** Asked before each block: no more are made while the disk is as good as full. */
  hasRoom?: (() => Promise<boolean>) | undefined
}

export type PackingOptions = StepOptions & {
  /** Rows of a block at most. */
  blockRows?: number
}

/** How a step ended: rows packed, and from where the next one goes on; undefined when there is none. */
type Step = { rows: number; next: Place | undefined }

/**
 * Packs what the partition holds, a block in each transaction; nobody waits, and others that delete or rewrite rows go
 * in between. Few rows stay rows, as do those that no block can hold and those that came late into the time of one.
 *
 * @returns how many rows were packed, and whether it came to its end
 */
export async function packPartition(
  pool: pg.Pool,
  partition: Partition,
  { signal, hasRoom = async () => true, blockRows = BLOCK_ROWS }: PackingOptions = {},
): Promise<{ packed: number; isWhole: boolean }> {
  let packed = 0
  let place: Place | undefined = { timestamp: partition.lower, id: 0 }
  while (place && !signal?.aborted && (await hasRoom())) {
    const from: Place = place
    const pack = () => inTransaction(pool, (client) => packNext(client, partition, from, blockRows))
    const { rows, next } = await withMaintenance(pool, pack, signal)
    packed += rows
    place = next
  }
  return { packed, isWhole: place === undefined }
}

async function packNext(
  client: pg.PoolClient,
  partition: Partition,
  from: Place,
  blockRows: number,
): Promise<Step> {
  if (!(await isAttached(client, partition))) return { rows: 0, next: undefined }
  const isMade = await hasBlocks(client, partition.name)
  const first = await firstPackable(client, partition, from)
  if (!first) return { rows: 0, next: undefined }
  const block = isMade ? await blockFrom(client, partition, first) : undefined
  if (block && !isBefore(first, block.first)) return passBlock(client, partition, block, from)
  const nextDay = { timestamp: fromMillis(floorTo(first.timestamp, DAY) + DAY), id: 0 }
  const end = block && isBefore(block.first, nextDay) ? block.first : nextDay
  if (!isMade) {
    if ((await countPackable(client, partition, from, end)) < FEWEST_ROWS) return { rows: 0, next: end }
    await makeBlockTable(client, partition)
  }
  return packRows(client, partition, { from, end }, blockRows)
}

async function firstPackable(
  client: pg.PoolClient,
  { name }: Partition,
  { timestamp, id }: Place,
): Promise<Place | undefined> {
  const { rows } = await client.query<Place>(
    `/* first_packable */
    select timestamp, id
    from ${name}
    where timestamp >= $1::timestamptz and (timestamp, id) > ($1::timestamptz, $2::bigint) and ${IS_PACKABLE}
    order by timestamp, id
    limit 1`,
    [timestamp, id],
  )
  return rows[0]
}

/** As many as are counted: enough for a block or not. */
async function countPackable(
  client: pg.PoolClient,
  { name }: Partition,
  from: Place,
  end: Place,
): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(
    `/* count_packable */
    select count(*) as rows
    from (select from ${name} where ${WITHIN} and ${IS_PACKABLE} limit ${FEWEST_ROWS}) few`,
    [from.timestamp, from.id, end.timestamp, end.id],
  )
  return rows[0]?.rows ?? 0
}

/** Between two places. */
const WITHIN = `timestamp >= $1::timestamptz and (timestamp, id) > ($1::timestamptz, $2::bigint)
      and timestamp <= $3::timestamptz and (timestamp, id) < ($3::timestamptz, $4::bigint)`

type Block = { first: Place; last: Place; rows: number }

/** The first block that does not end before the place. */
async function blockFrom(
  client: pg.PoolClient,
  { name }: Partition,
  { timestamp, id }: Place,
): Promise<Block | undefined> {
  const { rows } = await client.query<{
    first_timestamp: string
    first_row_id: number
    last_timestamp: string
    last_row_id: number
    rows: number
  }>(
    `/* block_from */
    select first_timestamp, first_row_id, last_timestamp, last_row_id, rows
    from ${blocksOf(name)}
    where (last_timestamp, last_row_id) >= ($1::timestamptz, $2::bigint)
    order by first_timestamp, first_row_id
    limit 1`,
    [timestamp, id],
  )
  const [found] = rows
  if (!found) return undefined
  return {
    first: { timestamp: found.first_timestamp, id: found.first_row_id },
    last: { timestamp: found.last_timestamp, id: found.last_row_id },
    rows: found.rows,
  }
}

/** Passes over a block, or unpacks it when many rows came late into its time. */
async function passBlock(
  client: pg.PoolClient,
  { name }: Partition,
  { first, last, rows }: Block,
  from: Place,
): Promise<Step> {
  const { rows: found } = await client.query<{ late: number }>(
    `/* count_late_rows */
    select count(*) as late
    from ${name}
    where ${WITHIN} and ${IS_PACKABLE}`,
    [first.timestamp, first.id, last.timestamp, last.id],
  )
  if ((found[0]?.late ?? 0) < rows * LATE_SHARE) return { rows: 0, next: last }
  await unpackBlock(client, LIVE_TABLES, { first_timestamp: first.timestamp, first_row_id: first.id })
  return { rows: 0, next: from }
}

/** The content of rows as one number, in whatever order: a block has to give it back before the rows it was made of are gone. */
const CONTENT = `sum(hash_record_extended(
        row(id, timestamp, camera_id, level::text, source::text, logger_name::text, message, extra_data), 0))`

type Packed = {
  candidates: number
  chosen: number
  packed: number
  removed: number
  is_same: boolean | null
  timestamp: string | null
  id: number | null
  first_timestamp: string | null
  first_row_id: number | null
  messages: string | null
  loggers: string | null
  extra: string | null
}

/** Makes a block of the next rows before the end. */
async function packRows(
  client: pg.PoolClient,
  { name }: Partition,
  { from, end }: { from: Place; end: Place },
  blockRows: number,
): Promise<Step> {
  const { rows } = await client.query<Packed>(
    `/* pack_rows */
    with candidates as materialized (
      select *,
        sum(octet_length(message) + coalesce(octet_length(extra_data::text), 0)) over (
          order by timestamp, id rows between unbounded preceding and 1 preceding
        ) as bytes_before
      from (
        select ctid as place, ${LOG_COLUMN_LIST}
        from ${name}
        where ${WITHIN} and ${IS_PACKABLE}
        order by timestamp, id
        limit ${blockRows}
      ) next
    ), chosen as materialized (
      select * from candidates where coalesce(bytes_before, 0) < ${BLOCK_BYTES}
    ), ${packInto(blocksOf(name), 'chosen')}, removed as (
      delete from ${name}
      where exists (select from packed) and ctid = any (array(select place from chosen))
      returning id
    )
    select (select count(*) from candidates) as candidates, (select count(*) from chosen) as chosen, coalesce(p.rows, 0) as packed,
      (select count(*) from removed) as removed,
      (select ${CONTENT} from chosen) = (select ${CONTENT} from packed b cross join lateral ${unpackedRows(LOG_COLUMNS)} r) as is_same,
      last.timestamp, last.id,
      p.first_timestamp, p.first_row_id, p.messages, array_to_string(p.loggers, E'\\x1e') as loggers,
      (select string_agg(extra_data::text, E'\\x1e') from chosen) as extra
    from (select) one
    left join packed p on true
    left join lateral (
      select timestamp, id
      from chosen
      order by timestamp desc, id desc
      limit 1
    ) last on true`,
    [from.timestamp, from.id, end.timestamp, end.id],
  )
  const made = rows[0] as Packed
  if (made.packed > 0 && !(made.is_same && made.removed === made.packed))
    throw new Error(`a block of ${name} from ${made.first_timestamp} does not contain its original lines`)
  if (made.first_timestamp !== null && made.first_row_id !== null) {
    await sign(client, name, made)
    await writeNumbers(client, blocksOf(name), {
      first_timestamp: made.first_timestamp,
      first_row_id: made.first_row_id,
    })
  }
  const isCutShort = made.packed > 0 || made.chosen < made.candidates || made.chosen === blockRows
  const next = isCutShort ? { timestamp: made.timestamp as string, id: made.id as number } : end
  return { rows: made.packed, next }
}

async function sign(client: pg.PoolClient, name: string, made: Packed): Promise<void> {
  const texts = [made.messages, made.loggers, made.extra].filter((text) => text !== null)
  const { bytes, bits } = signatureOf(texts)
  await client.query(
    `/* sign_block */
    update ${blocksOf(name)}
    set signature = $1, signature_bits = $2, signature_sum = ${signatureSum('$1::bytea')}
    where first_timestamp = $3::timestamptz and first_row_id = $4::bigint`,
    [bytes, bits, made.first_timestamp, made.first_row_id],
  )
}

function isBefore(a: Place, b: Place): boolean {
  const [at, other] = [comparable(a.timestamp), comparable(b.timestamp)]
  return at < other || (at === other && a.id < b.id)
}
