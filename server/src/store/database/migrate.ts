import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { errorCode, StartupError } from '../../startup-error.ts'
import type { Database } from './open.ts'
import { OWN_ROWS_SCHEMA, ROWS_SCHEMA } from './table-names.ts'
import { isWritable } from './transaction.ts'

/** Where the numbered SQL files lie, beside `src` and `dist` alike. */
const MIGRATIONS = join(import.meta.dirname, '../../../migrations')
/** 7,469,000. One server migrates, the others on the same database wait. */
const MIGRATION_LOCK = 7_469_000
const LOCK_TIMEOUT_MS = 60_000

type Migration = { id: number; name: string; sql: string; checksum: string }
type Applied = { id: number; name: string; checksum: string }

/**
 * Brings the schema up to this program's: each missing migration in a transaction of its own, in order, once, however
 * many servers start together. Returns the names of those it applied.
 *
 * @param upTo how many of them, all when unset; a backup is restored into the schema it was made from
 * @throws {StartupError} when the schema is newer than the program, was made by another one, or a merged file changed
 */
export async function migrate(
  database: Database,
  directory = MIGRATIONS,
  upTo = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const migrations = readMigrations(directory)
  const client = await database.connect()
  try {
    if (!(await isWritable(client))) {
      throw new StartupError(
        'The database is read-only: a standby, or one with default_transaction_read_only. Point DATABASE_URL to a database that accepts writes, or make this one accept them.',
      )
    }
    await client.query('set statement_timeout = 0')
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    const applied = await readApplied(client)
    checkHistory(applied, migrations)
    const missing = migrations.slice(applied.length, upTo)
    if (applied.length === 0) await prepareEmptyDatabase(client)
    for (const migration of missing) await apply(client, migration)
    return missing.map(({ name }) => name)
  } finally {
    // The lock goes with the session.
    await client.end()
  }
}

/** How many migrations this program has. */
export function countMigrations(directory = MIGRATIONS): number {
  return readMigrations(directory).length
}

/** The plan of a start of this program; `refusal` is the sentence with which it would end, null if it would go on. */
export type SchemaComparison = {
  schema: number
  known_schema: number
  missing: string[]
  postgres: string
  refusal: string | null
}

/** Compares the schema with this program's, and changes nothing. */
export async function compareSchema(pool: pg.Pool, directory = MIGRATIONS): Promise<SchemaComparison> {
  const migrations = readMigrations(directory)
  const applied = await readApplied(pool)
  const { rows } = await pool.query<{ server_version: string }>('show server_version')
  return {
    schema: applied.length,
    known_schema: migrations.length,
    missing: migrations.slice(applied.length).map(({ name }) => name),
    postgres: rows[0]?.server_version ?? 'unknown',
    refusal: refusalOf(applied, migrations) ?? null,
  }
}

/** The names of the migrations this program has and the database lacks. */
export async function missingMigrations(pool: pg.Pool, directory = MIGRATIONS): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>({
    name: 'applied_migrations',
    text: 'select name from migrations',
  })
  const applied = new Set(rows.map(({ name }) => name))
  return readMigrations(directory).flatMap(({ name }) => (applied.has(name) ? [] : name))
}

function readMigrations(directory: string): Migration[] {
  return readdirSync(directory)
    .filter((name) => /^\d{4}_.+\.sql$/.test(name))
    .sort()
    .map((name, index) => {
      const sql = readFileSync(join(directory, name), 'utf8')
      const id = Number(name.slice(0, 4))
      if (id !== index + 1)
        throw new Error(`${name} should be number ${index + 1}: migrations are without gaps`)
      return {
        id,
        name,
        sql,
        checksum: createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex'),
      }
    })
}

async function readApplied(client: pg.Client | pg.Pool): Promise<Applied[]> {
  const { rows } = await client.query<{ exists: boolean }>(
    `select to_regclass('migrations') is not null as exists`,
  )
  if (!rows[0]?.exists) return []
  const applied = await client.query<Applied>('select id, name, checksum from migrations order by id')
  return applied.rows
}

function checkHistory(applied: Applied[], migrations: Migration[]): void {
  const refusal = refusalOf(applied, migrations)
  if (refusal !== undefined) throw new StartupError(refusal)
}

/** Why this program cannot run on a database of this history; undefined when it can. */
function refusalOf(applied: Applied[], migrations: Migration[]): string | undefined {
  const newest = applied.at(-1)
  if (newest && newest.id > migrations.length) {
    return `The database has schema ${newest.id} ("${newest.name}"), and this version of Timelapser Logs knows ${migrations.length}. Start the newer version that created it, or restore the backup from before the upgrade: timelapser-logs restore FILE, into an empty database or data folder.`
  }
  const other = applied.find((row, index) => {
    const migration = migrations[index]
    return migration?.id !== row.id || migration.checksum !== row.checksum
  })
  if (other === undefined) return undefined
  return `The database was created with another "${other.name}" than the one in this version. Use the version that created it, or an empty database.`
}

async function prepareEmptyDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ database: string; logs: boolean; mayCreate: boolean }>(
    `select
      current_database() as database,
      to_regclass('logs') is not null as logs,
      coalesce(has_schema_privilege(current_schema(), 'create'), false) as "mayCreate"`,
  )
  const [facts] = rows
  if (facts?.logs) {
    throw new StartupError(
      `The database "${facts.database}" has a table "logs" that is not of Timelapser Logs. Set DATABASE_URL to an empty database.`,
    )
  }
  if (!facts?.mayCreate) {
    throw new StartupError(
      `This user may not create tables in the database "${facts?.database}". As its owner: grant create on schema public to the user, or make the user the owner.`,
    )
  }
  await createTrigramExtension(client)
  await client.query(
    `create table migrations (
      id integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`,
  )
}

async function createTrigramExtension(client: pg.Client): Promise<void> {
  try {
    await client.query('create extension if not exists pg_trgm')
  } catch (cause) {
    throw new StartupError(extensionSentence(cause), { cause })
  }
}

function extensionSentence(cause: unknown): string {
  switch (errorCode(cause)) {
    case '42501':
      return 'The extension pg_trgm is missing, and this user may not create it. As a superuser, in this database: create extension pg_trgm.'
    case '0A000':
    case '58P01':
      return 'The database server does not have the extension pg_trgm. Install it there (Debian and most others: the package postgresql-contrib).'
    default:
      return `The extension pg_trgm could not be created: ${cause instanceof Error ? cause.message : String(cause)}. Fix the cause and start again.`
  }
}

async function apply(client: pg.Client, { id, name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
    // It finds the table `logs` in its place, and makes others beside it.
    const isPacking = await putTableInPlace(client)
    await client.query(sql)
    if (isPacking) await client.query(PUT_VIEW_IN_PLACE)
    await client.query('insert into migrations (id, name, checksum) values ($1, $2, $3)', [
      id,
      name,
      checksum,
    ])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback').catch(() => undefined)
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new StartupError(
      `The migration "${name}" failed: ${said}. Nothing of it was applied; fix the cause and start again.`,
      { cause },
    )
  }
}

/** Whether `logs` was a view of rows and blocks, and is the table of rows now, until the end of the transaction. */
async function putTableInPlace(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ home: string }>(
    `select quote_ident(c.relnamespace::regnamespace::text) as home
    from pg_class c
    where c.oid = to_regclass('migrations') and exists (
      select from pg_class where relname = 'logs' and relnamespace = ${OWN_ROWS_SCHEMA}
    )`,
  )
  const home = rows[0]?.home
  if (home === undefined) return false
  await client.query(
    `select set_config('search_path', replace(current_setting('search_path'), '${ROWS_SCHEMA}, ', ''), true)`,
  )
  await client.query(`alter view ${home}.logs rename to logs_between_migrations`)
  await client.query(`alter table ${ROWS_SCHEMA}.logs set schema ${home}`)
  return true
}

const PUT_VIEW_IN_PLACE = `
  alter table logs set schema ${ROWS_SCHEMA};
  alter view logs_between_migrations rename to logs;
  select relate_logs()`
