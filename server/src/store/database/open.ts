import pg from 'pg'
import { errorCode, StartupError } from '../../startup-error.ts'
import { SilentConnections } from './silent-connections.ts'
import { type StatementTiming, watchStatements } from './statement-watch.ts'
import { valueParsers } from './value-parsers.ts'

export type OpenDatabaseOptions = {
  /** `connectionString`, or host, user and database. */
  connection: pg.PoolConfig
  /** How sessions are called in `pg_stat_activity`. */
  applicationName?: string
  maxConnections?: number
  /** A statement that may take longer says so itself. */
  statementTimeoutMs?: number
  /** How long a connection may take to come about. */
  connectTimeoutMs?: number
  /** Called for every statement of the pool when it ends. */
  onStatement?: (timing: StatementTiming) => void
  /** Called when an idle connection breaks; the pool makes a new connection by itself. */
  onConnectionLost?: (error: Error) => void
}

/** A PostgreSQL that is known to be able to hold the logs. */
export type Database = {
  pool: pg.Pool
  /** A few connections more for libraries with SQL of their own, which expect values read as `pg` reads them. */
  libraryPool: pg.Pool
  /** Connects a client outside the pool, with the same session settings: for LISTEN, COPY and long statements. */
  connect(): Promise<pg.Client>
  /** See `SilentConnections.mark`; for both pools. */
  markSilent(): () => void
  /** For example 180004 for 18.4. */
  serverVersion: number
  /** Waits for what is running, then disconnects. */
  close(): Promise<void>
}

const OLDEST_VERSION = 150_000
const MAX_CONNECTIONS = 20
/** A connection that listens, one for each running job, and some to add jobs and to end them. */
const MAX_LIBRARY_CONNECTIONS = 10
const STATEMENT_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000

/** On an idle connection the kernel probes the other end after this time, ten times a second apart. */
const KEEP_ALIVE_MS = 10_000

/** A server that hangs within a transaction lets go of its locks after this. Longer transactions say so themselves. */
const IDLE_IN_TRANSACTION_MS = 5 * 60_000

/**
 * Options that must not depend on the settings of server, database or role: the form of times, the speed of short
 * statements, and limits that would end work of minutes.
 */
const SESSION_OPTIONS = [
  ...['TimeZone=UTC', 'DateStyle=ISO,YMD', 'IntervalStyle=postgres', 'jit=off', 'lock_timeout=0'],
  ...[`idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_MS}`, 'idle_session_timeout=0'],
]
  .map((setting) => `-c ${setting}`)
  .join(' ')

/**
 * The schema of the table of rows once `logs` is a view of these and of packed ones. Before that there is none of this name,
 * and PostgreSQL passes it over. One of another role is not searched: its tables would be taken for ours.
 */
export const ROWS_SCHEMA = 'timelapser_rows'

/** SQL of the oid of that schema, where it is this server's own; none otherwise. */
export const OWN_ROWS_SCHEMA = `(
          select oid
          from pg_namespace
          where nspname = '${ROWS_SCHEMA}' and pg_has_role(current_user, nspowner, 'member')
        )`

/**
 * Has servers find the table of rows under the name `logs` where others find the view. PostgreSQL 17 and newer know
 * `transaction_timeout`; older ones refuse a connection that names it among its options.
 */
const PREPARE_SESSION = {
  text: `
    select
      case when path not like '${ROWS_SCHEMA}%' and not is_anothers
        then set_config('search_path', '${ROWS_SCHEMA}, ' || path, false)
      end,
      case when current_setting('transaction_timeout', true) is not null
        then set_config('transaction_timeout', '0', false)
      end
    from (
      select current_setting('search_path') as path,
        exists (
          select
          from pg_namespace
          where nspname = '${ROWS_SCHEMA}' and not pg_has_role(current_user, nspowner, 'member')
        ) as is_anothers
    ) present`,
  query_timeout: CONNECT_TIMEOUT_MS,
}

/**
 * Connects to a PostgreSQL and makes sure that it will do.
 *
 * @throws {StartupError} when it cannot be reached, is older than 15, has another encoding than UTF8 or a locale that
 * folds case for English letters alone
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const settings = {
    ...withSessionOptions(options.connection),
    application_name: options.applicationName ?? 'timelapser-logs',
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    onConnect: async (client: pg.ClientBase) => void (await client.query(PREPARE_SESSION)),
  } satisfies pg.PoolConfig
  const ours = { ...settings, types: valueParsers }
  const pool = new pg.Pool({ ...ours, max: options.maxConnections ?? MAX_CONNECTIONS })
  const libraryPool = new pg.Pool({ ...settings, max: MAX_LIBRARY_CONNECTIONS })
  if (options.onStatement) watchStatements(pool, options.onStatement)
  const connections = new SilentConnections()
  // Without a listener the loss of an idle connection would end the process.
  for (const one of [pool, libraryPool]) {
    one.on('error', (error) => options.onConnectionLost?.(error))
    // So would the loss of a connection in use; its user gets the error from the failing statement.
    one.on('connect', (client) => client.on('error', () => undefined))
    connections.watch(one)
  }
  try {
    const serverVersion = await checkServer(pool, options.connection)
    return {
      pool,
      libraryPool,
      serverVersion,
      markSilent: () => connections.mark(),
      async connect() {
        const client = new pg.Client(ours)
        client.on('error', (error) => options.onConnectionLost?.(error))
        await client.connect()
        await client.query(PREPARE_SESSION)
        return client
      },
      async close() {
        // By then every statement has ended, or nobody is there to end it.
        const timer = setTimeout(connections.mark(), settings.statement_timeout + CONNECT_TIMEOUT_MS)
        await libraryPool.end()
        await pool.end()
        clearTimeout(timer)
      },
    }
  } catch (error) {
    await pool.end()
    throw error
  }
}

type ServerFacts = { version: number; database: string; encoding: string; locale: string; foldsCase: boolean }

async function checkServer(pool: pg.Pool, connection: pg.PoolConfig): Promise<number> {
  const { rows } = await pool
    .query<ServerFacts>(
      `select
        current_setting('server_version_num')::int as version,
        datname as database,
        pg_encoding_to_char(encoding) as encoding,
        datctype as locale,
        encoding = pg_char_to_encoding('UTF8')
          and lower(convert_from('\\xc384', 'UTF8') collate "default") = convert_from('\\xc3a4', 'UTF8')
          and lower('I' collate "default") = 'i' as "foldsCase"
      from pg_database
      where datname = current_database()`,
    )
    .catch((cause: unknown) => {
      throw unreachable(cause, connection)
    })
  const [facts] = rows
  if (!facts) throw new StartupError('The database is gone while connecting to it. Start again.')
  const { version, database, encoding, locale, foldsCase } = facts
  const make = `Make one with: create database timelapser_logs encoding 'UTF8' locale 'C.UTF-8' template template0.`
  if (version < OLDEST_VERSION) {
    throw new StartupError(
      `The database server is PostgreSQL ${Math.floor(version / 10_000)}, and 15 is the oldest that will do. Upgrade it, or unset DATABASE_URL to use the built-in one.`,
    )
  }
  if (encoding !== 'UTF8') {
    throw new StartupError(
      `The database "${database}" is encoded in ${encoding}, and logs need UTF8. ${make}`,
    )
  }
  if (!foldsCase) {
    throw new StartupError(
      `The database "${database}" has the locale "${locale}", in which a search cannot ignore case in every language. ${make}`,
    )
  }
  return version
}

function withSessionOptions(connection: pg.PoolConfig): pg.PoolConfig {
  const url = connection.connectionString === undefined ? null : URL.parse(connection.connectionString)
  const own = url?.searchParams.get('options') ?? connection.options ?? ''
  // In a URL they would win over ours.
  url?.searchParams.delete('options')
  return {
    ...connection,
    ...(url && { connectionString: url.href }),
    options: `${own} ${SESSION_OPTIONS}`.trim(),
  }
}

function unreachable(cause: unknown, connection: pg.PoolConfig): StartupError {
  const url = connection.connectionString === undefined ? null : URL.parse(connection.connectionString)
  const place = url ? `${url.hostname || 'the local socket'}:${url.port || 5432}` : `${connection.host}`
  const [what, advice] = explain(cause, place)
  return new StartupError(`${what} ${advice}`, { cause })
}

function explain(cause: unknown, place: string): [string, string] {
  const said = cause instanceof Error ? cause.message || errorCode(cause) : String(cause)
  switch (errorCode(cause)) {
    case '28P01':
    case '28000':
      return [
        `PostgreSQL at ${place} refuses the user: ${said}.`,
        'Check the name and password in DATABASE_URL.',
      ]
    case '3D000':
      return [`PostgreSQL at ${place} has no such database: ${said}.`, 'Create it, or correct DATABASE_URL.']
    case '53300':
      return [`PostgreSQL at ${place} has no connection to spare: ${said}.`, 'Raise its max_connections.']
    case '42501':
      return [
        `PostgreSQL at ${place} does not let this user in: ${said}.`,
        'Grant it CONNECT on the database.',
      ]
    default:
      return [
        `PostgreSQL at ${place} cannot be reached (${said}).`,
        'Start it, or correct DATABASE_URL; without DATABASE_URL the built-in one is used.',
      ]
  }
}
