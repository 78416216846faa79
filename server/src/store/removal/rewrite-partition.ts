import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { dropBlocks, holdsBlocks } from '../blocks/block-tables.ts'
import { keepBuildsOff, withLogsToItself } from '../database/exclusive-access.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { LOG_COLUMN_LIST } from '../database/table-names.ts'
import { inTransaction } from '../database/transaction.ts'
import { catchUp, catchUpClosely, catchUpFully, feedMark } from '../feed/feed-catch-up.ts'
import { isAttached } from '../partitions/drop-partition.ts'
import type { Partition } from '../partitions/partition.ts'

/** The table in the making and the counts of what is left out. One rewrite at a time, so one name each. */
const REWRITE = 'logs_rewrite'
const REMOVED = 'logs_rewrite_removed'

/** Pages of the old table copied at a time, 8 MB: some 25,000 rows, 50 ms. */
const PAGES_A_STEP = 1024

/** Times a step's own duration to pause after it. */
const REST = 2

/**
 * Writes a partition anew without the rows to remove, and puts it in the old partition's place. Writers may add to the
 * old partition all the while: rows that came after the copy are known from the feed and copied after it, the last of
 * them in the short step that swaps the two. All rows that came late are kept; the next run checks them.
 *
 * For a caller that holds the maintenance lock: nothing else deletes or changes rows meanwhile.
 *
 * @param goes the condition on a row of `logs` that is to be removed
 * @param lost aborts when the caller holds that lock no longer
 * @returns how many rows went; exact
 */
export async function rewritePartition(
  pool: pg.Pool,
  partition: Partition,
  goes: (parameters: SqlParameters) => string,
  lost: AbortSignal,
): Promise<number> {
  // The tables that an interrupted rewrite may have left.
  await pool.query(`drop table if exists ${REWRITE}, ${REMOVED}`)
  try {
    // Holds no snapshot, so that nobody waits for it, and keeps builds off that would be for nothing.
    return await inTransaction(pool, async (client) => {
      await keepBuildsOff(client, partition.name)
      const copied = await copyKept(pool, partition, goes)
      const indexes = await buildIndexes(pool, partition.name)
      const tables = { from: partition.name, into: REWRITE, lower: partition.lower, upper: partition.upper }
      const mark = await catchUpClosely(copied, (from) =>
        inTransaction(pool, (other) => catchUp(other, from, tables)),
      )
      // Others may have deleted meanwhile what was copied.
      lost.throwIfAborted()
      return swap(client, partition, mark, indexes)
    })
  } finally {
    await pool.query(`drop table if exists ${REWRITE}, ${REMOVED}`)
  }
}

/**
 * Copies what stays and counts what goes, both of one moment, a few thousand pages at a time with pauses between: as
 * fast as it can go it would take the disk and a core from those who write. Returns the feed's mark of that moment.
 */
async function copyKept(
  pool: pg.Pool,
  { name, lower, upper }: Partition,
  goes: (parameters: SqlParameters) => string,
): Promise<number> {
  const bounds = `check (timestamp >= '${lower}' and timestamp < '${upper}')`
  // Made beforehand: a table of the same transaction would be written out at its commit, all at once.
  await pool.query(`
    create table ${REWRITE} (
      like logs including defaults including constraints including storage including compression,
      constraint ${REWRITE}_bounds ${bounds}
    )`)
  await pool.query(`create table ${REMOVED} (like log_counts_pending)`)
  return inTransaction(
    pool,
    async (client) => {
      const mark = await feedMark(client)
      const { rows } = await client.query<{ pages: number }>(
        `select pg_relation_size($1::regclass) / current_setting('block_size')::integer as pages`,
        [name],
      )
      for (let page = 0; page < (rows[0]?.pages ?? 0); page += PAGES_A_STEP) {
        const began = performance.now()
        await copyPages(client, name, page, goes)
        await delay((performance.now() - began) * REST)
      }
      return mark
    },
    { begin: 'begin isolation level repeatable read' },
  )
}

async function copyPages(
  client: pg.PoolClient,
  name: string,
  page: number,
  goes: (parameters: SqlParameters) => string,
): Promise<void> {
  const pages = `ctid >= '(${page},0)'::tid and ctid < '(${page + PAGES_A_STEP},0)'::tid`
  const kept = new SqlParameters()
  await client.query(
    `insert into ${REWRITE} (${LOG_COLUMN_LIST})
    select ${LOG_COLUMN_LIST}
    from ${name}
    where ${pages} and (${goes(kept)}) is not true`,
    kept.values,
  )
  const removed = new SqlParameters()
  await client.query(
    `insert into ${REMOVED} (bucket, level, source, camera_id, rows)
    select date_trunc('minute', timestamp), level, source, camera_id, -count(*)
    from ${name}
    where ${pages} and ${goes(removed)}
    group by 1, 2, 3, 4`,
    removed.values,
  )
}

/** The indexes of a partition beside those of `logs`, by the endings of their names. */
async function ownIndexes(client: pg.Pool | pg.PoolClient, name: string): Promise<string[]> {
  const { rows } = await client.query<{ ending: string }>(
    `select substring(c.relname from length($1::text) + 2) as ending
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    where i.indrelid = to_regclass($1) and i.indisvalid and starts_with(c.relname, $1 || '_')
      and not exists (select from pg_inherits where inhrelid = i.indexrelid)
      and not i.indisprimary
    order by 1`,
    [name],
  )
  return rows.map(({ ending }) => ending)
}

/**
 * Those of the old partition, after the copy: five times as fast as kept up row by row. Concurrently, though nobody
 * else uses the table: an index made in one transaction is not in the WAL but written out at its COMMIT, a hundred
 * megabytes at once, and every writer's fsync waits behind them. A single core builds them. Returns the
 * endings of those that `logs` does not have.
 */
async function buildIndexes(pool: pg.Pool, name: string): Promise<string[]> {
  const own = await ownIndexes(pool, name)
  const { rows } = await pool.query<{ index: string; definition: string; primary: boolean }>(
    `select c.relname as index, i.indisprimary as primary,
      substring(pg_get_indexdef(i.indexrelid) from ' USING .*$') as definition
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    where i.indrelid = to_regclass($1) and i.indisvalid`,
    [name],
  )
  await withoutLimits(pool, async (client) => {
    for (const { index, definition, primary } of rows) {
      const ending = own.find((candidate) => index === `${name}_${candidate}`)
      const called = ending === undefined ? '' : `${REWRITE}_${ending}`
      const unique = primary ? 'unique' : ''
      await client.query(`create ${unique} index concurrently ${called} on ${REWRITE}${definition}`)
    }
    const { rows: keys } = await client.query<{ key: string }>(
      `select indexrelid::regclass as key from pg_index where indrelid = to_regclass('${REWRITE}') and indisunique`,
    )
    await client.query(`alter table ${REWRITE} add primary key using index ${keys[0]?.key}`)
    await client.query(`analyze ${REWRITE}`)
  })
  return own
}

/** A connection of the pool, in no transaction, that may take long and keeps to one core. */
async function withoutLimits(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  let broken: unknown
  try {
    await client.query('set statement_timeout = 0')
    await client.query('set max_parallel_maintenance_workers = 0')
    await work(client)
    await client.query('reset max_parallel_maintenance_workers')
    await client.query('reset statement_timeout')
  } catch (error) {
    broken = error
    throw error
  } finally {
    // A connection that failed midway is not reused with its changed settings.
    client.release(broken !== undefined)
  }
}

async function swap(
  client: pg.PoolClient,
  partition: Partition,
  mark: number,
  indexes: string[],
): Promise<number> {
  const { name, lower, upper } = partition
  const { rows } = await client.query<{ removed: number }>(`
    with lowered as (
      insert into log_counts_pending (bucket, level, source, camera_id, rows)
      select bucket, level, source, camera_id, rows
      from ${REMOVED}
      returning rows
    )
    select -coalesce(sum(rows), 0)::bigint as removed
    from lowered`)
  const isThere = await withLogsToItself(client, async () => {
    if (!(await isAttached(client, partition))) return false
    const isComplete = `${await ownIndexes(client, name)}` === `${indexes}`
    await catchUpFully(client, mark, { from: name, into: REWRITE, lower, upper })
    await client.query(`alter table logs detach partition ${name}`)
    await client.query(`drop table ${name}`)
    await putInPlace(client, partition, indexes, isComplete)
    await client.query(`select pg_notify('log_partitions', '')`)
    return true
  })
  if (!isThere) throw new Error(`the partition ${name} is another than when its rewriting began`)
  return rows[0]?.removed ?? 0
}

/** Attaches the new table under the old table's name; an empty table is not needed. */
async function putInPlace(
  client: pg.PoolClient,
  { name, lower, upper }: Partition,
  indexes: readonly string[],
  isComplete: boolean,
): Promise<void> {
  const { rowCount } = await client.query(`select 1 from ${REWRITE} limit 1`)
  if (rowCount === 0 && !(await holdsBlocks(client, name))) {
    await dropBlocks(client, name)
    await client.query('delete from log_partitions where name = $1', [name])
    return
  }
  await client.query(`alter table ${REWRITE} rename to ${name}`)
  for (const ending of indexes)
    await client.query(`alter index ${REWRITE}_${ending} rename to ${name}_${ending}`)
  await client.query(`alter table logs attach partition ${name} for values from ('${lower}') to ('${upper}')`)
  await client.query(`alter table ${name} drop constraint ${REWRITE}_bounds`)
  // An index that came to the old partition after the copy is due again.
  await client.query(
    `update log_partitions
    set removed_rows = 0, indexed_at = case when $2 then indexed_at end
    where name = $1`,
    [name, isComplete],
  )
}
