import type pg from 'pg'
import { blocksOf } from '../blocks/block-tables.ts'
import { COUNTS_LOCK } from '../counts/count-folding.ts'
import { withLogsToItself, withMaintenance } from '../database/exclusive-access.ts'
import { inTransaction } from '../database/transaction.ts'
import { feedMark } from '../feed/feed-catch-up.ts'

/** How long what was cleared can be had back. */
export const UNDO_MINUTES = 10

/** 7,469,005: 'undo'. Held while an undo runs: the rows that it copies must not be cleared meanwhile. */
export const UNDO_LOCK = 7469005

/** Partitions dropped in one transaction: each is a dozen locks. */
const DROPPED_AT_ONCE = 16

/** Everything there is of rows and counts. */
export const TABLES = [
  'logs',
  'log_blocks',
  'log_counts_pending',
  'log_counts_minute',
  'log_counts_hour',
  'log_counts_day',
  'log_counts_month',
] as const

/** An undo is running; clearing has to wait for its end. */
export class UndoRunning extends Error {
  override name = 'UndoRunning'
}

export type Clear = { id: number; rows: number; cleared_at: string }

/**
 * Clears everything: the tables of rows and counts are renamed and empty ones put in their place, which costs the same
 * for one row and for ten million. Concurrent writes wait a moment and go to the empty tables.
 *
 * @returns how many rows were cleared; exact
 * @throws {UndoRunning}
 */
export function clearLogs(pool: pg.Pool): Promise<Clear> {
  return inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [COUNTS_LOCK])
    return withLogsToItself(client, async () => {
      const { rows: undo } = await client.query<{ free: boolean }>(
        'select pg_try_advisory_xact_lock($1) as free',
        [UNDO_LOCK],
      )
      if (!undo[0]?.free) throw new UndoRunning('an undo is running')
      const { rows } = await client.query<Clear>(
        `insert into log_clears (rows, feed_id)
        select (select coalesce(sum(rows), 0) from log_counts_month)
          + (select coalesce(sum(rows), 0) from log_counts_pending), $1::bigint
        returning id, rows, cleared_at`,
        [await feedMark(client)],
      )
      const clear = rows[0] as Clear
      for (const table of TABLES) {
        await client.query(`select change_place('set aside', $1, $2)`, [table, asideName(table, clear.id)])
      }
      await client.query('select relate_logs()')
      await client.query(
        'update log_partitions set detached_at = now(), clear_id = $1 where detached_at is null',
        [clear.id],
      )
      await client.query(`select pg_notify('log_partitions', '')`)
      return clear
    })
  })
}

/** The clear that an undo would take back, if there is any. */
export async function lastClear(pool: pg.Pool): Promise<Clear | undefined> {
  const { rows } = await pool.query<Clear>({
    name: 'last_clear',
    text: `
      select id, rows, cleared_at
      from log_clears
      where undone_at is null and dropped_at is null and cleared_at > now() - $1::integer * interval '1 minute'
      order by id desc
      limit 1`,
    values: [UNDO_MINUTES],
  })
  return rows[0]
}

/**
 * Drops for good what was cleared more than ten minutes ago, or all of it when room is needed at once.
 *
 * @returns how many clears can no longer be undone
 */
export async function dropCleared(pool: pg.Pool, minutes = UNDO_MINUTES): Promise<number> {
  if ((await clearsOlderThan(pool, minutes)).length === 0) return 0
  return withMaintenance(pool, async (lost) => {
    const ids = await clearsOlderThan(pool, minutes)
    for (const id of ids) {
      lost.throwIfAborted()
      await dropOne(pool, id)
    }
    return ids.length
  })
}

async function clearsOlderThan(pool: pg.Pool, minutes: number): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>({
    name: 'clears_older_than',
    text: `
      select id
      from log_clears
      where undone_at is null and dropped_at is null
        and cleared_at <= now() - $1::integer * interval '1 minute'`,
    values: [minutes],
  })
  return rows.map(({ id }) => id)
}

/** Drops what a clear set aside, a few partitions in each transaction. */
export async function dropOne(pool: pg.Pool, id: number): Promise<void> {
  for (let dropped = DROPPED_AT_ONCE; dropped === DROPPED_AT_ONCE; ) {
    dropped = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `delete from log_partitions
        where name in (select name from log_partitions where clear_id = $1 limit ${DROPPED_AT_ONCE})
        returning name`,
        [id],
      )
      const names = rows.map(({ name }) => name)
      const tables = names.flatMap((name) => [name, blocksOf(name)])
      if (tables.length > 0) await client.query(`drop table if exists ${tables.join(', ')}`)
      return names.length
    })
  }
  await inTransaction(pool, async (client) => {
    const names = [...TABLES.map((table) => asideName(table, id)), copyingName(id)]
    await client.query(`drop table if exists ${names.join(', ')}`)
    await client.query('update log_clears set dropped_at = now() where id = $1', [id])
  })
}

/** The empty table that says that an undo of the clear has begun. */
export function copyingName(id: number): string {
  return `logs_copying_c${id}`
}

/**
 * The name of a table that a clear set aside. Index names get the same ending and must stay within 63 bytes; hence it
 * is short.
 */
export function asideName(table: (typeof TABLES)[number], id: number): string {
  return `${table}_c${id}`
}
