import type pg from 'pg'
import { errorCode, StartupError } from '../../startup-error.ts'
import { isPoolersRefusal, poolerRemedy } from './pooler.ts'
import { StandbyError } from './primary.ts'

const OLDEST_VERSION = 150_000

type ServerFacts = { version: number; database: string; encoding: string; locale: string; foldsCase: boolean }

/**
 * Makes sure that the database can hold the logs.
 *
 * @returns its version
 * @throws {StartupError} when it cannot be reached, is older than 15, has another encoding than UTF8 or a locale that
 * folds case for English letters alone
 */
export async function checkServer(
  pool: pg.Pool,
  connection: pg.PoolConfig,
  variable: string,
): Promise<number> {
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
      if (cause instanceof StartupError) throw cause
      throw unreachable(cause, connection, variable)
    })
  const [facts] = rows
  if (!facts) throw new StartupError('The database disappeared while connecting to it. Start again.')
  const { version, database, encoding, locale, foldsCase } = facts
  const make = `Make one with: create database timelapser_logs encoding 'UTF8' locale 'C.UTF-8' template template0.`
  if (version < OLDEST_VERSION) {
    throw new StartupError(
      `The database server is PostgreSQL ${Math.floor(version / 10_000)}, and 15 is the oldest supported version. Upgrade it, or unset DATABASE_URL to use the built-in one.`,
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

function unreachable(cause: unknown, connection: pg.PoolConfig, variable: string): StartupError {
  const url = connection.connectionString === undefined ? null : URL.parse(connection.connectionString)
  const place = url ? `${url.hostname || 'the local socket'}:${url.port || 5432}` : `${connection.host}`
  const [what, advice] = explain(cause, place, variable)
  return new StartupError(`${what} ${advice}`, { cause })
}

function explain(cause: unknown, place: string, variable: string): [string, string] {
  if (cause instanceof StandbyError) {
    return [
      `PostgreSQL at ${place} is a standby, and no other host in ${variable} is the primary.`,
      'Promote one of them, or add the host of the primary.',
    ]
  }
  const said = cause instanceof Error ? cause.message || errorCode(cause) : String(cause)
  switch (errorCode(cause)) {
    case '28P01':
    case '28000':
      return [
        `PostgreSQL at ${place} refuses the user: ${said}.`,
        `Check the name and password in ${variable}.`,
      ]
    case '3D000':
      return [`PostgreSQL at ${place} has no such database: ${said}.`, `Create it, or correct ${variable}.`]
    case '08P01':
      if (!isPoolersRefusal(cause)) break
      return [`PostgreSQL at ${place} is behind a pooler (${said}).`, poolerRemedy(variable)]
    case '53300':
      return [`PostgreSQL at ${place} has no free connections: ${said}.`, 'Raise its max_connections.']
    case '42501':
      return [
        `PostgreSQL at ${place} does not allow this user to connect: ${said}.`,
        'Grant it CONNECT on the database.',
      ]
  }
  return [
    `PostgreSQL at ${place} cannot be reached (${said}).`,
    `Start it, or correct ${variable}; without DATABASE_URL the built-in one is used.`,
  ]
}
