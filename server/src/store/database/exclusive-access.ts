// How everyone is kept off `logs` for a moment without anyone queueing for long.
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { sessionsOf } from './pooler.ts'
import { inTransaction } from './transaction.ts'

/** 7,469,002: 'partitions'. Held by the session that creates or removes a partition. */
export const PARTITION_LOCK = 7469002

/** 7,469,004: 'maintenance'. Held by the session that deletes, moves or rewrites stored rows; one at a time. */
export const MAINTENANCE_LOCK = 7469004

/**
 * How long each attempt waits for those who use the table. Everyone else queues behind the attempt for as long, so it
 * is short at first; a steady stream of short transactions always lets one of 60 ms through.
 */
const WAITS_MS = [20, 40, 60, 60, 60, 100, 100, 200]

/** After this many attempts somebody has been reading for over a minute. */
const MAX_ATTEMPTS = 120

/**
 * Runs `work` while nobody else reads or writes `logs`, and no partition is made. Everyone waits meanwhile, so it must
 * be short. When those who use the table do not finish in time the attempt is given up, lets all through and is
 * repeated; the changes of `work` are undone then, earlier changes of the transaction stay.
 *
 * @param prepare runs first, on other connections, while nobody writes to `logs` but all may read
 * @throws PostgreSQL's 55P03 after more than a minute of attempts
 */
export function withLogsToItself<T>(
  client: pg.PoolClient,
  work: () => Promise<T>,
  prepare?: () => Promise<void>,
): Promise<T> {
  return inAttempts(client, async () => {
    await client.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK])
    if (prepare) {
      await client.query('lock table only logs in share mode')
      await prepare()
    }
    await client.query('lock table only logs, only log_blocks in access exclusive mode')
    return work()
  })
}

/**
 * Runs `work`, which waits for locks that others hold, in a transaction of its own and so that nobody queues behind it
 * for long; see `withLogsToItself`.
 *
 * @param partition whose builds are ended first, see `keepBuildsOff`
 */
export function withLockTimeout<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  partition?: string,
): Promise<T> {
  return inTransaction(pool, async (client) => {
    if (partition !== undefined) await keepBuildsOff(client, partition)
    return inAttempts(client, () => work(client))
  })
}

/** How long builds that were cancelled have to be gone. Only other builds and vacuums queue behind. */
const BUILD_WAIT = '5s'

/**
 * Ends index builds and vacuums of a partition and keeps new ones off until the transaction ends; readers and writers go
 * on. A caller that needs a partition to itself calls this first: a build takes minutes, and each attempt to get past
 * it makes everyone who uses `logs` wait.
 */
export async function keepBuildsOff(client: pg.PoolClient, partition: string): Promise<void> {
  await client.query('savepoint builds')
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(
        `select pg_cancel_backend(a.pid)
        from pg_locks l
        join pg_stat_activity a on a.pid = l.pid
        where l.relation = to_regclass($1) and l.mode = 'ShareUpdateExclusiveLock' and a.datname = current_database()
          and a.usename = current_user and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()`,
        [partition],
      )
      await client.query(`set local lock_timeout = '${BUILD_WAIT}'`)
      await client.query(`lock table only ${partition} in share update exclusive mode`)
      return
    } catch (error) {
      if (!isLockFailure(error) || attempt >= MAX_ATTEMPTS) throw error
      await client.query('rollback to savepoint builds')
    }
  }
}

async function inAttempts<T>(client: pg.PoolClient, work: () => Promise<T>): Promise<T> {
  await client.query('savepoint attempt')
  for (let attempt = 0; ; attempt++) {
    const wait = WAITS_MS[attempt] ?? 200
    try {
      await client.query(`set local lock_timeout = ${wait}`)
      return await work()
    } catch (error) {
      if (!isLockFailure(error) || attempt + 1 >= MAX_ATTEMPTS) throw error
      await client.query('rollback to savepoint attempt')
      // Those who queued behind the attempt go first.
      await delay(wait + Math.random() * wait)
    }
  }
}

/**
 * How long an attempt waits in PostgreSQL's own queue before it is made anew. A statement that waits keeps old versions of
 * rows from being vacuumed away.
 */
const TURN_MS = 1000

/** How often the session sends a statement, so that nobody ends it as idle. */
const BEAT_MS = 10_000

/**
 * Runs `work` as the only session on the database that deletes, moves or rewrites rows; waits until the session before
 * is done, which may be an hour. All have their turn in the order in which they came: long work that lets others go in
 * between calls this for each step. In a process only one of the waiting callers has a connection: the current work and
 * all readers and writers need the others.
 *
 * @param work gets a signal that aborts when the lock is lost with its connection: it has to end then, as others begin;
 * and the session that holds it, for locks of its own
 * @param signal gives up waiting
 * @throws the error that ended the connection, after `work`
 */
export async function withMaintenance<T>(
  pool: pg.Pool,
  work: (lost: AbortSignal, session: pg.PoolClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const session = await nextTurn(pool, signal)
  const lost = new AbortController()
  const onLost = (error?: Error) => lost.abort(error ?? new Error('Connection terminated'))
  session.on('error', onLost)
  session.on('end', onLost)
  let beat: Promise<unknown> = Promise.resolve()
  const beating = setInterval(() => {
    beat = session.query('select 1').catch(onLost)
  }, BEAT_MS)
  beating.unref()
  try {
    const result = await work(lost.signal, session)
    lost.signal.throwIfAborted()
    return result
  } finally {
    clearInterval(beating)
    await beat
    // Without its connection the session is gone, and its lock with it.
    await session.query('select pg_advisory_unlock($1)', [MAINTENANCE_LOCK]).catch(onLost)
    session.off('error', onLost)
    session.off('end', onLost)
    session.release(lost.signal.aborted)
  }
}

/** When all who wait in this process have had their turn. */
const waiting = new WeakMap<pg.Pool, Promise<void>>()

async function nextTurn(pool: pg.Pool, signal: AbortSignal | undefined): Promise<pg.PoolClient> {
  const { promise: passed, resolve: pass } = Promise.withResolvers<void>()
  const before = waiting.get(pool) ?? Promise.resolve()
  waiting.set(
    pool,
    before.then(() => passed),
  )
  try {
    await unlessAborted(before, signal)
    return await lockedSession(pool, signal)
  } finally {
    pass()
  }
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([work, aborted])
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** A connection whose session holds the lock. PostgreSQL gives it to the waiting sessions in order, on all servers. */
async function lockedSession(pool: pg.Pool, signal: AbortSignal | undefined): Promise<pg.PoolClient> {
  const client = await sessionsOf(pool).connect()
  try {
    await client.query(`set lock_timeout = ${TURN_MS}`)
    while (!(await isLockedInTime(client))) signal?.throwIfAborted()
    await client.query('reset lock_timeout')
    return client
  } catch (error) {
    // Whether it holds the lock may not be known, and its setting is another: it must not go back to the pool.
    client.release(true)
    throw error
  }
}

async function isLockedInTime(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('select pg_advisory_lock($1)', [MAINTENANCE_LOCK])
    return true
  } catch (error) {
    if (isLockFailure(error)) return false
    throw error
  }
}

/** 55P03: not in time. 40P01: two waited for each other. */
function isLockFailure(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === '55P03' || code === '40P01'
}
