import pg from 'pg'
import { forgetStatements } from './pooled-statements.ts'
import {
  checkPooledSession,
  checkSameDatabase,
  provideSessions,
  provideSettings,
  refusePooler,
} from './pooler.ts'
import { Primary } from './primary.ts'
import { checkServer } from './server-checks.ts'
import { SilentConnections } from './silent-connections.ts'
import { type StatementTiming, watchStatements } from './statement-watch.ts'
import { ROWS_SCHEMA } from './table-names.ts'
import { fromPostgres } from './timestamp.ts'

export type OpenDatabaseOptions = {
  /** `connectionString`, or host, user and database. */
  connection: pg.PoolConfig
  /** The way around a pooler that `connection` leads through, for all that needs a session of its own. */
  direct?: pg.PoolConfig | undefined
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

const MAX_CONNECTIONS = 20
/** Those that hold a lock of a session while others work, beside a pooler. */
const MAX_SESSIONS = 5
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
 * @throws {StartupError} as `checkServer` does; when a pooler that shares sessions is between and `direct` is unset, or
 * leads to another database
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const primary = await Primary.find(options.connection)
  const connection = primary ? { ...options.connection, connectionString: primary.url } : options.connection
  const settings = sessionSettings(options.direct ?? connection, options)
  const pools = openPools({ ...options, connection }, settings)
  const { pool, libraryPool, sessions } = pools
  const connections = new SilentConnections()
  const all = [libraryPool, ...(sessions ? [sessions] : []), pool]
  for (const one of all) {
    // Without a listener the loss of an idle connection would end the process.
    one.on('error', (error) => options.onConnectionLost?.(error))
    // So would the loss of a connection in use; its user gets the error from the failing statement.
    one.on('connect', (client) => client.on('error', () => undefined))
    connections.watch(one)
    primary?.lead(one)
  }
  const endAll = async () => {
    for (const one of all) await one.end()
  }
  try {
    const serverVersion = await checkPools(pools, { ...options, connection })
    return {
      pool,
      libraryPool,
      serverVersion,
      markSilent: () => connections.mark(),
      async connect() {
        const { connectionString } = (sessions ?? pool).options
        const own = { ...settings, types: valueParsers, ...(connectionString && { connectionString }) }
        const client = new pg.Client(own)
        client.on('error', (error) => options.onConnectionLost?.(error))
        await connectOwn(client, primary)
        return client
      },
      async close() {
        // By then every statement has ended, or nobody is there to end it.
        const timer = setTimeout(connections.mark(), settings.statement_timeout + CONNECT_TIMEOUT_MS)
        await endAll()
        clearTimeout(timer)
      },
    }
  } catch (error) {
    await endAll()
    throw error
  }
}

type Pools = {
  pool: pg.Pool
  libraryPool: pg.Pool
  /** The connections past a pooler; undefined without one. */
  sessions: pg.Pool | undefined
}

function openPools(options: OpenDatabaseOptions, settings: ReturnType<typeof sessionSettings>): Pools {
  const ours = { ...settings, types: valueParsers }
  const max = options.maxConnections ?? MAX_CONNECTIONS
  const libraryPool = new pg.Pool({ ...settings, max: MAX_LIBRARY_CONNECTIONS })
  const sessions = options.direct && new pg.Pool({ ...ours, max: MAX_SESSIONS })
  const pooled = { ...options.connection, ...connectionLimits(options), types: valueParsers }
  const pool = new pg.Pool(sessions ? { ...pooled, max, onConnect: checkPooledSession } : { ...ours, max })
  if (sessions) {
    provideSessions(pool, sessions)
    // Before those who watch the statements: they are to see the names.
    forgetStatements(pool)
  }
  if (options.onStatement) watchStatements(pool, options.onStatement)
  return { pool, libraryPool, sessions }
}

/** @returns the version of the server */
async function checkPools({ pool, sessions }: Pools, options: OpenDatabaseOptions): Promise<number> {
  const { connection, direct } = options
  if (sessions && direct) {
    await checkServer(sessions, direct, 'DATABASE_DIRECT_URL')
    await refusePooler(sessions, 'DATABASE_DIRECT_URL')
    await checkSameDatabase({ ...connection, ...connectionLimits(options) }, sessions)
    await provideSettings(sessions)
  }
  const serverVersion = await checkServer(pool, connection, 'DATABASE_URL')
  if (!sessions) await refusePooler(pool, 'DATABASE_URL')
  return serverVersion
}

/** Connects a client outside the pools, to the primary. */
async function connectOwn(client: pg.Client, primary: Primary | undefined): Promise<void> {
  try {
    await client.connect()
    await primary?.check(client)
    await client.query(PREPARE_SESSION)
  } catch (error) {
    void client.end().catch(() => undefined)
    await primary?.look()
    throw error
  }
}

type ConnectionLimits = Pick<
  OpenDatabaseOptions,
  'applicationName' | 'connectTimeoutMs' | 'statementTimeoutMs'
>

function connectionLimits({ applicationName, connectTimeoutMs }: ConnectionLimits) {
  return {
    application_name: applicationName ?? 'timelapser-logs',
    connectionTimeoutMillis: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  }
}

/** The settings of a pool whose sessions keep to what statements of ours lean on. */
export function sessionSettings(connection: pg.PoolConfig, limits: ConnectionLimits = {}) {
  return {
    ...withSessionOptions(connection),
    ...connectionLimits(limits),
    statement_timeout: limits.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    onConnect: async (client: pg.ClientBase) => void (await client.query(PREPARE_SESSION)),
  } satisfies pg.PoolConfig
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

const { builtins } = pg.types

/**
 * How values are read on every connection: `bigint` as a number (ids stay below 2^53 for as long as a million rows a
 * second are written for 285 years), `timestamptz` as ISO 8601 text with its microseconds, the rest as `pg` does.
 */
export const valueParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === builtins.INT8) return Number
    if (oid === builtins.TIMESTAMPTZ) return fromPostgres
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
  }) as typeof pg.types.getTypeParser,
}
