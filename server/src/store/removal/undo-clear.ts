import type pg from 'pg'
import { COUNTS_LOCK } from '../counts/count-folding.ts'
import { withLogsToItself, withMaintenance } from '../database/exclusive-access.ts'
import { inTransaction } from '../database/transaction.ts'
import { catchUp, catchUpClosely, feedMark } from '../feed/feed-catch-up.ts'
import { attachMissing } from '../partitions/partition-gaps.ts'
import { isMissingPartition } from '../partitions/partitions.ts'
import {
  asideName,
  type Clear,
  copyingName,
  dropOne,
  lastClear,
  TABLES,
  UNDO_LOCK,
  UNDO_MINUTES,
} from './clear.ts'

/** Partitions copied to in a transaction, as many as a transaction that writes a batch uses. */
const COPIED_AT_ONCE = 64

/** How often a copy is begun again when a partition is missing. */
const MAX_ATTEMPTS = 5

/**
 * Brings back what the last clear of the past ten minutes took, counts and all. The rows written since are copied to
 * it, while everyone works on, and then it takes their table's place again.
 *
 * @returns the clear that was taken back, undefined when there is none
 */
export function undoClear(pool: pg.Pool): Promise<Clear | undefined> {
  return withMaintenance(pool, async (lost, session) => {
    await session.query('select pg_advisory_lock($1)', [UNDO_LOCK])
    try {
      const clear = await lastClear(pool)
      if (clear) await bringBack(pool, clear, lost)
      return clear
    } finally {
      // Without its connection the session is gone, and its lock with it.
      await session.query('select pg_advisory_unlock($1)', [UNDO_LOCK]).catch(() => undefined)
    }
  })
}

async function bringBack(pool: pg.Pool, { id }: Clear, lost: AbortSignal): Promise<void> {
  const cleared = await clearedMark(pool, id)
  await beginCopying(pool, id, cleared)
  let mark = await catchUpClosely(cleared, (from) => copySince(pool, id, from))
  const rest = await inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [COUNTS_LOCK])
    const copyRest = async () => {
      do mark = (await copySince(pool, id, mark)).mark
      while (mark < (await feedMark(client)))
    }
    return withLogsToItself(
      client,
      async () => {
        lost.throwIfAborted()
        await client.query(`
          insert into ${asideName('log_counts_pending', id)} (bucket, level, source, camera_id, rows)
          select bucket, level, source, camera_id, rows
          from log_counts_minute
          union all
          select bucket, level, source, camera_id, rows
          from log_counts_pending`)
        return changePlaces(client, id)
      },
      copyRest,
    )
  })
  // It is undone by then; the rest of this is dropped as clears are.
  await dropOne(pool, rest).catch(() => undefined)
}

/**
 * Puts what was cleared back in its place, and what stood there aside, as a clear that nobody can take back: dropping
 * hundreds of partitions at once takes more locks than there are.
 *
 * @returns the id of that clear
 */
async function changePlaces(client: pg.PoolClient, id: number): Promise<number> {
  const { rows } = await client.query<{ id: number }>(
    `insert into log_clears (rows, feed_id, cleared_at)
    values (0, $1, now() - $2::integer * interval '1 minute')
    returning id`,
    [await feedMark(client), UNDO_MINUTES],
  )
  const rest = rows[0]?.id as number
  for (const table of TABLES) {
    await client.query(`select change_place('set aside', $1, $2)`, [table, asideName(table, rest)])
    // An older server cleared without setting blocks aside: there were none.
    await client.query(`select change_place('put back', $1, $2) where to_regclass($2) is not null`, [
      table,
      asideName(table, id),
    ])
  }
  await client.query('select relate_logs()')
  await client.query(`drop table ${copyingName(id)}`)
  await client.query(
    `update log_partitions
    set detached_at = case when clear_id is null then now() end,
      clear_id = case when clear_id is null then $2::bigint end
    where detached_at is null or clear_id = $1`,
    [id, rest],
  )
  await client.query('update log_clears set undone_at = now() where id = $1', [id])
  await client.query(`select pg_notify('log_partitions', '')`)
  return rest
}

/**
 * Takes the copied rows of an unfinished undo out again: some of them may have been deleted since. An empty
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
 * Copies the rows written since the mark to the cleared tables, a few of their partitions in each transaction: it locks
 * every partition it copies to, and a single batch may reach into all of them. Ends early without harm: copied rows are
 * not copied again.
 *
 * @returns as `catchUp` does; the mark of the first transaction, as later ones may have seen more
 */
async function copySince(pool: pg.Pool, id: number, from: number): ReturnType<typeof catchUp> {
  const into = asideName('logs', id)
  for (let attempt = 1; ; attempt++) {
    while (await inTransaction(pool, (client) => attachMissing(client, into, id))) {
      // The next few.
    }
    try {
      let reached: Awaited<ReturnType<typeof catchUp>> | undefined
      for (const range of await rangesToCopy(pool, id)) {
        const step = await inTransaction(pool, (client) => catchUp(client, from, { into, ...range }))
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
