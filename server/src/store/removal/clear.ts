import type pg from 'pg'
import { COUNTS_LOCK } from '../counts/count-folding.ts'
import { inTransaction, withLogsToItself, withMaintenance } from '../database/exclusive-access.ts'
import { catchUp, catchUpClosely, catchUpFully, feedMark } from '../feed/feed-catch-up.ts'
import { attachMissing } from '../partitions/partition-gaps.ts'
import { isMissingPartition } from '../partitions/partitions.ts'

/** How long what was cleared can be had back. */
export const UNDO_MINUTES = 10

/** 7,469,005: 'undo'. Held while an undo runs: what it copies must not be cleared under its hands. */
const UNDO_LOCK = 7469005

/** Partitions dropped in one transaction: each is a dozen locks. */
const DROPPED_AT_ONCE = 16

/** Partitions copied to in one transaction, as many as one that writes a batch goes to. */
const COPIED_AT_ONCE = 64

/** How often a copy is begun again when a partition is missing. */
const MAX_ATTEMPTS = 5

/** Everything there is of rows and counts. */
const TABLES = [
  'logs',
  'log_counts_pending',
  'log_counts_minute',
  'log_counts_hour',
  'log_counts_day',
] as const

const EVER = { lower: '-infinity', upper: 'infinity' }

/** An undo is running; clearing has to wait for its end. */
export class UndoRunning extends Error {
  override name = 'UndoRunning'
}

export type Clear = { id: number; rows: number; cleared_at: string }

/**
 * Clears everything: the tables of rows and counts are renamed and empty ones put in their place, which costs the same
 * for one row and for ten million. What is written meanwhile waits a moment and goes to the empty ones.
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
        select (select coalesce(sum(rows), 0) from log_counts_day)
          + (select coalesce(sum(rows), 0) from log_counts_pending), $1::bigint
        returning id, rows, cleared_at`,
        [await feedMark(client)],
      )
      const clear = rows[0] as Clear
      for (const table of TABLES) {
        await client.query('select set_aside($1, $2)', [table, asideName(table, clear.id)])
      }
      await client.query(
        'update log_partitions set detached_at = now(), clear_id = $1 where detached_at is null',
        [clear.id],
      )
      await client.query(`select pg_notify('log_partitions', '')`)
      return clear
    })
  })
}

/** The clear an undo would take back, if there is one. */
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
 * Brings back what the last clear of the past ten minutes took, counts and all. The rows written since are copied to
 * it, while everyone works on, and then it takes their table's place again.
 *
 * @returns the clear that was taken back, undefined when there is none
 */
export function undoClear(pool: pg.Pool): Promise<Clear | undefined> {
  return withMaintenance(pool, async () => {
    const holder = await pool.connect()
    try {
      await holder.query('select pg_advisory_lock($1)', [UNDO_LOCK])
      const clear = await lastClear(pool)
      if (clear) await bringBack(pool, clear)
      return clear
    } finally {
      const unlocked = await holder.query('select pg_advisory_unlock($1)', [UNDO_LOCK]).catch(() => undefined)
      holder.release(unlocked === undefined)
    }
  })
}

async function bringBack(pool: pg.Pool, { id }: Clear): Promise<void> {
  const aside = asideName('logs', id)
  const tables = { from: 'logs', into: aside, ...EVER }
  const cleared = await clearedMark(pool, id)
  await beginCopying(pool, id, cleared)
  const mark = await catchUpClosely(cleared, (from) => copySince(pool, id, from))
  await inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [COUNTS_LOCK])
    await withLogsToItself(client, async () => {
      await attachMissing(client, aside, id)
      await catchUpFully(client, mark, tables)
      await client.query(`
        insert into ${asideName('log_counts_pending', id)} (bucket, level, source, camera_id, rows)
        select bucket, level, source, camera_id, rows
        from log_counts_minute
        union all
        select bucket, level, source, camera_id, rows
        from log_counts_pending`)
      for (const table of TABLES) await client.query('select put_back($1, $2)', [table, asideName(table, id)])
      await client.query(`drop table ${copyingName(id)}`)
      await client.query('delete from log_partitions where detached_at is null')
      await client.query(
        'update log_partitions set detached_at = null, clear_id = null where clear_id = $1',
        [id],
      )
      await client.query('update log_clears set undone_at = now() where id = $1', [id])
      await client.query(`select pg_notify('log_partitions', '')`)
    })
  })
}

/**
 * Takes out again what an undo copied that did not come to its end: of that some may have been deleted since. An empty
 * table says that there was one.
 */
async function beginCopying(pool: pg.Pool, id: number, cleared: number): Promise<void> {
  const { rows } = await pool.query<{ begun: boolean }>('select to_regclass($1) is not null as begun', [
    copyingName(id),
  ])
  if (!rows[0]?.begun) {
    await pool.query(`create table ${copyingName(id)} ()`)
    return
  }
  for (const { lower, upper } of await rangesToCopy(pool, id)) {
    await inTransaction(pool, (client) =>
      client.query(
        `delete from ${asideName('logs', id)} a
        using log_feed e
        where e.id > $1 and a.id between e.first_id and e.last_id
          and a.timestamp >= $2::timestamptz and a.timestamp < $3::timestamptz`,
        [cleared, lower, upper],
      ),
    )
  }
}

/**
 * Copies what was written since the mark to the cleared tables, a few of their partitions in each transaction: it locks
 * every one it copies to, and a single batch may reach into all of them. Ends early without harm: what was copied is not
 * copied again.
 *
 * @returns as `catchUp` does; the mark of the first transaction, as later ones may have seen more
 */
async function copySince(pool: pg.Pool, id: number, from: number): ReturnType<typeof catchUp> {
  const into = asideName('logs', id)
  for (let attempt = 1; ; attempt++) {
    await inTransaction(pool, (client) => attachMissing(client, into, id))
    try {
      let reached: Awaited<ReturnType<typeof catchUp>> | undefined
      for (const range of await rangesToCopy(pool, id)) {
        const step = await inTransaction(pool, (client) =>
          catchUp(client, from, { from: 'logs', into, ...range }),
        )
        reached = { ...step, ...reached, rows: step.rows + (reached?.rows ?? 0) }
      }
      return reached ?? { mark: from, rows: 0, entries: 0 }
    } catch (error) {
      // A writer made another partition meanwhile.
      if (!isMissingPartition(error) || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

/** All of time in ranges of a few partitions each. */
async function rangesToCopy(pool: pg.Pool, id: number): Promise<{ lower: string; upper: string }[]> {
  const { rows } = await pool.query<{ lower: string; upper: string }>(
    `select
      case when place = 1 then '-infinity' else lower end as lower,
      coalesce(lead(lower) over (order by place), 'infinity') as upper
    from (select lower, row_number() over (order by lower) as place from log_partitions where clear_id = $1) p
    where (place - 1) % ${COPIED_AT_ONCE} = 0
    order by place`,
    [id],
  )
  return rows
}

async function clearedMark(pool: pg.Pool, id: number): Promise<number> {
  const { rows } = await pool.query<{ feed_id: number }>('select feed_id from log_clears where id = $1', [id])
  return rows[0]?.feed_id ?? 0
}

/**
 * Drops for good what was cleared more than ten minutes ago, or all of it when room is needed at once.
 *
 * @returns how many clears can no longer be undone
 */
export async function dropCleared(pool: pg.Pool, minutes = UNDO_MINUTES): Promise<number> {
  if ((await clearsOlderThan(pool, minutes)).length === 0) return 0
  return withMaintenance(pool, async () => {
    const ids = await clearsOlderThan(pool, minutes)
    for (const id of ids) await dropOne(pool, id)
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

async function dropOne(pool: pg.Pool, id: number): Promise<void> {
  for (let dropped = DROPPED_AT_ONCE; dropped === DROPPED_AT_ONCE; ) {
    dropped = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `delete from log_partitions
        where name in (select name from log_partitions where clear_id = $1 limit ${DROPPED_AT_ONCE})
        returning name`,
        [id],
      )
      const names = rows.map(({ name }) => name)
      if (names.length > 0) await client.query(`drop table if exists ${names.join(', ')}`)
      return names.length
    })
  }
  await inTransaction(pool, async (client) => {
    const names = [...TABLES.map((table) => asideName(table, id)), copyingName(id)]
    await client.query(`drop table if exists ${names.join(', ')}`)
    await client.query('update log_clears set dropped_at = now() where id = $1', [id])
  })
}

function copyingName(id: number): string {
  return `logs_copying_c${id}`
}

/** Index names get the same ending and must stay within 63 bytes; hence so short. */
function asideName(table: (typeof TABLES)[number], id: number): string {
  return `${table}_c${id}`
}
