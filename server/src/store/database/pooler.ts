// A pooler such as PgBouncer gives a connection another session for each transaction, or none of the settings that a
// connection asks for. It is noticed at the start: the faults that follow would look like anything but this.
import { randomInt } from 'node:crypto'
import pg from 'pg'
import { errorCode, StartupError } from '../../startup-error.ts'
import { ROWS_SCHEMA } from './table-names.ts'
import { inTransaction } from './transaction.ts'

/** The remedy, in every sentence about a pooler that a variable leads through. */
export function poolerRemedy(variable: string): string {
  return variable === 'DATABASE_READ_URL'
    ? 'Reads have limits of their session and are cancelled by session: name the standby itself in DATABASE_READ_URL.'
    : 'Listening, the locks of jobs and migrations, and settings of a session need sessions of their own: set DATABASE_DIRECT_URL to PostgreSQL itself beside it, or name PostgreSQL itself in DATABASE_URL.'
}

/** Whether a pooler ended the connection as it takes no settings of a session. */
export function isPoolersRefusal(error: unknown): error is Error {
  return error instanceof Error && errorCode(error) === '08P01' && /startup parameter/.test(error.message)
}

export function poolerInTheWay(variable: string, refusal: Error): StartupError {
  return new StartupError(`${variable} points to a pooler (${refusal.message}). ${poolerRemedy(variable)}`, {
    cause: refusal,
  })
}

/** 7,469,011. Servers that start together change the settings of their role one after the other. */
const SETTINGS_LOCK = 7_469_011

/** The settings of a session that statements of ours lean on; PostgreSQL 17 and newer have the last. */
const SETTINGS = [
  'TimeZone',
  'DateStyle',
  'IntervalStyle',
  'jit',
  'search_path',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'transaction_timeout',
]

/**
 * Keeps the settings of the sessions in the database, for its role there: those of a pooler begin with them. When there
 * were others, idle sessions of the role that are not this program's are ended: a pooler would go on with them.
 *
 * @param sessions has connections that keep to them already
 */
export async function provideSettings(sessions: pg.Pool): Promise<void> {
  const provide = async (client: pg.PoolClient) => {
    await client.query('select pg_advisory_xact_lock($1)', [SETTINGS_LOCK])
    const { rows } = await client.query<{ change: string }>(
      `
      select format('alter role %I in database %I set %I from current', current_user, current_database(), name) as change
      from unnest($1::text[]) as name
      where current_setting(name, true) is not null and not exists (
        select
        from pg_db_role_setting
        where setrole = current_user::regrole
          and setdatabase = (select oid from pg_database where datname = current_database())
          and name || '=' || current_setting(name) = any (setconfig)
      )`,
      [SETTINGS],
    )
    for (const { change } of rows) await client.query(change)
    return rows.length > 0
  }
  // With its limits, which are among the settings to keep.
  if (!(await inTransaction(sessions, provide, { isLimited: true }))) return
  await sessions.query(`
    select pg_terminate_backend(pid)
    from pg_stat_activity
    where datname = current_database() and usename = current_user and state = 'idle'
      and application_name not like 'timelapser-logs%'`)
}

/**
 * Makes sure that a session of a pooler has the settings that `provideSettings` keeps. PgBouncer carries some settings from
 * session to session for a connection, and begins with those of the first session it ever saw: these are set anew.
 *
 * @throws {StartupError} with a code that stands for a database that is not available, should it be later
 */
export async function checkPooledSession(client: pg.ClientBase): Promise<void> {
  await client.query(`set timezone = 'UTC'; set datestyle = 'ISO, YMD'`)
  const { rows } = await client.query<{ kept: number; is_anothers: boolean; other: string | null }>(`
    select
      count(*)::int as kept,
      exists (
        select
        from pg_namespace
        where nspname = '${ROWS_SCHEMA}' and not pg_has_role(current_user, nspowner, 'member')
      ) as is_anothers,
      string_agg(format('%s is %s, not %s', name, current_setting(name, true), value), '; ')
        filter (where current_setting(name, true) is distinct from value) as other
    from pg_db_role_setting, unnest(setconfig) as entry,
      split_part(entry, '=', 1) as name, substr(entry, length(name) + 2) as value
    where setrole = current_user::regrole
      and setdatabase = (select oid from pg_database where datname = current_database())`)
  const { kept = 0, is_anothers = false, other = null } = rows[0] ?? {}
  if (is_anothers) {
    throw new StartupError(
      `The schema ${ROWS_SCHEMA} belongs to another role, and sessions of a pooler would take its tables for this server's. Drop it, or give it to the role.`,
    )
  }
  if (kept > 0 && other === null) return
  const found = other ?? 'its user has none of them'
  throw Object.assign(
    new StartupError(
      `A session of the pooler in DATABASE_URL lacks the settings that this server keeps for its role (${found}). Use the same user in DATABASE_URL and DATABASE_DIRECT_URL; when it is the same, the session began before them: have the pooler connect anew (RECONNECT on the console of PgBouncer).`,
    ),
    { code: '08000' },
  )
}

/**
 * Compares the two ways to the database, as far as both lead to one.
 *
 * @throws {StartupError} when they lead to different ones, or one of them to a standby
 */
export async function checkSameDatabase(through: pg.ClientConfig, sessions: pg.Pool): Promise<void> {
  const client = new pg.Client(through)
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch {
    return
  }
  const key = randomInt(1, 2 ** 31)
  const session = await sessions.connect()
  try {
    await session.query('select pg_advisory_lock($1)', [key])
    const { rowCount } = await client.query(
      `
      select
      from pg_locks
      where locktype = 'advisory' and granted and objsubid = 1 and classid = 0 and objid = $1::bigint::oid
        and database = (select oid from pg_database where datname = current_database())`,
      [key],
    )
    // Opened for this, before the settings were kept: the pooler is to open another.
    await checkPooledSession(client).catch(() =>
      client.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined),
    )
    if (rowCount === 1) return
  } finally {
    // The lock goes with the session.
    session.release(true)
    await client.end().catch(() => undefined)
  }
  throw new StartupError(
    'DATABASE_DIRECT_URL points to another database than DATABASE_URL. Set both to the same database on the same server: one through the pooler, one directly.',
  )
}

/** @throws {StartupError} when the pool leads through a pooler that shares sessions or drops their settings */
export async function refusePooler(pool: pg.Pool, variable: string): Promise<void> {
  const one = await pool.connect()
  try {
    const { rows } = await one.query<{ pid: number; is_set: boolean }>(`
      /* notice_pooler */
      select pg_backend_pid() as pid, current_setting('TimeZone') = 'UTC' and current_setting('jit') = 'off'
        and current_setting('idle_in_transaction_session_timeout') = '5min' as is_set`)
    // A pooler has to make up the numbers of its sessions.
    if (rows[0]?.pid === (one as unknown as { processID: number }).processID) return
    const isKept = rows[0]?.is_set === true && !(await sharesSessions(pool, one))
    if (isKept) return
  } finally {
    one.release()
  }
  throw new StartupError(
    `${variable} points to a pooler that shares sessions between connections, as PgBouncer does in transaction mode, or drops their settings. ${poolerRemedy(variable)}`,
  )
}

/** Poolers give the session that was used last, so a few attempts show it. */
const ATTEMPTS = 3

async function sharesSessions(pool: pg.Pool, one: pg.PoolClient): Promise<boolean> {
  const other = await pool.connect()
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await sessionOf(one)
      await other.query('begin')
      const theirs = await sessionOf(other)
      const after = await sessionOf(one)
      await other.query('rollback')
      if (theirs === before || after !== before) return true
    }
    return false
  } finally {
    other.release()
  }
}

async function sessionOf(client: pg.PoolClient): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid
}

const sessionPools = new WeakMap<pg.Pool, pg.Pool>()

/** Says which pool has sessions of its own for a pool that leads through a pooler. */
export function provideSessions(pool: pg.Pool, sessions: pg.Pool): void {
  sessionPools.set(pool, sessions)
}

/** The pool for work that needs a session, such as a lock that outlives its transaction: mostly the pool itself. */
export function sessionsOf(pool: pg.Pool): pg.Pool {
  return sessionPools.get(pool) ?? pool
}

/** Whether each transaction of a connection of this pool may be in another session. */
export function isPooled(pool: pg.Pool): boolean {
  return sessionPools.has(pool)
}
