import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { countMigrations, migrate } from '../database/migrate.ts'
import type { Database } from '../database/open.ts'
import { LOG_COLUMNS } from '../database/table-names.ts'
import { inTransaction } from '../database/transaction.ts'
import { createPartition } from '../partitions/partition-tables.ts'
import { Partitions } from '../partitions/partitions.ts'
import { verifyCounts } from '../partitions/verify-counts.ts'
import {
  type BackupHeader,
  BackupReader,
  BadBackup,
  countNewlines,
  type ReadSection,
} from './backup-format.ts'
import { tablesToBackUp } from './backup-tables.ts'

export type RestoreSummary = { rows: Record<string, number>; partitions: number; created_at: string }

/** The database is not empty; nothing was changed. */
export class NotEmpty extends Error {
  override name = 'NotEmpty'
}

/** Tables in which a used server leaves rows; a schema without any of these rows counts as empty. */
const TELLTALES = ['logs', 'auth_users', 'api_keys', 'audit', 'cameras']

/**
 * Puts everything of a backup into an empty database: migrated as far as the backup was, filled, counted against what
 * the backup says and the counts against the rows, then migrated to the present. When it fails the database is left
 * without rows.
 *
 * @param onRows receives how many rows are stored so far
 * @throws {NotEmpty} {@link BadBackup}
 */
export async function restoreBackup(
  database: Database,
  input: AsyncIterable<Buffer>,
  onRows: (rows: number) => void = () => undefined,
): Promise<RestoreSummary> {
  const reader = new BackupReader(input)
  const { migrations, created_at } = await headerOf(reader)
  await checkEmpty(database.pool)
  await migrate(database, undefined, migrations)
  const restorer = new Restorer(database.pool, onRows)
  try {
    await restorer.restore(reader)
  } catch (error) {
    await restorer.clear()
    throw error
  }
  await database.pool.query('analyze')
  await migrate(database)
  return { rows: reader.end.rows, partitions: restorer.partitions, created_at }
}

/** Reads how a backup begins. @throws {BadBackup} when it is none, or of a schema that this version does not know */
export function readHeader(input: AsyncIterable<Buffer>): Promise<BackupHeader> {
  return headerOf(new BackupReader(input))
}

async function headerOf(reader: BackupReader): Promise<BackupHeader> {
  const header = await reader.header()
  if (header.migrations <= countMigrations()) return header
  throw new BadBackup(
    `the backup has schema ${header.migrations}, and this version knows ${countMigrations()}`,
  )
}

/** Reads a backup to its end and counts, without a database. @throws {BadBackup} */
export async function checkBackup(input: AsyncIterable<Buffer>): Promise<RestoreSummary> {
  const reader = new BackupReader(input)
  const { created_at } = await reader.header()
  const rows: Record<string, number> = {}
  let partitions = 0
  for await (const section of reader.sections()) {
    if (section.partition) partitions++
    rows[section.table] ??= 0
    for await (const chunk of section.rows)
      rows[section.table] = (rows[section.table] ?? 0) + countNewlines(chunk)
  }
  compareRows(rows, reader.end.rows)
  return { rows, partitions, created_at }
}

async function checkEmpty(pool: pg.Pool): Promise<void> {
  for (const table of TELLTALES) {
    const { rows: found } = await pool.query<{ exists: boolean }>(
      'select to_regclass($1) is not null as exists',
      [table],
    )
    if (!found[0]?.exists) continue
    const { rowCount } = await pool.query(`select from ${table} limit 1`)
    if (rowCount !== 0) throw new NotEmpty(`the database is not empty: there are rows in ${table}`)
  }
}

class Restorer {
  readonly #pool: pg.Pool
  readonly #onRows: (rows: number) => void
  readonly #rows: Record<string, number> = {}
  #total = 0
  partitions = 0

  constructor(pool: pg.Pool, onRows: (rows: number) => void) {
    this.#pool = pool
    this.#onRows = onRows
  }

  async restore(reader: BackupReader): Promise<void> {
    const known = await columnsByTable(this.#pool)
    for await (const section of reader.sections()) {
      checkSection(section, known)
      await inTransaction(this.#pool, (client) =>
        section.partition ? this.#partition(client, section) : this.#table(client, section),
      )
    }
    compareRows(this.#rows, reader.end.rows)
    for (const [name, { last_value, is_called }] of Object.entries(reader.end.sequences)) {
      await this.#pool.query('select setval(to_regclass($1), $2, $3)', [name, last_value, is_called])
    }
    const partitions = new Partitions(this.#pool)
    for (const partition of await partitions.list()) {
      const { differences } = await verifyCounts(this.#pool, partition, 'logs')
      if (differences.length > 0) {
        throw new BadBackup(`the counts of ${partition.lower} to ${partition.upper} do not match its rows`)
      }
    }
  }

  /** Takes out again what was put in. */
  async clear(): Promise<void> {
    const { rows } = await this.#pool.query<{ name: string }>('select name from log_partitions')
    for (const { name } of rows) {
      await this.#pool.query(`drop table ${pg.escapeIdentifier(name)}`)
      await this.#pool.query('delete from log_partitions where name = $1', [name])
    }
    const tables = Object.keys(this.#rows).filter((name) => name !== 'logs')
    // The audit trail refuses to be emptied; only here, where it is a copy, it has to be.
    await inTransaction(this.#pool, async (client) => {
      await client.query('alter table audit disable trigger audit_is_append_only')
      for (const name of tables) await client.query(`truncate ${client.escapeIdentifier(name)} cascade`)
      await client.query(`insert into audit_head (id, hash) values (0, '') on conflict do nothing`)
      await client.query('alter table audit enable trigger audit_is_append_only')
    })
  }

  async #partition(client: pg.PoolClient, section: ReadSection): Promise<void> {
    if (!section.partition) return
    const { lower, upper, closed_at } = section.partition
    const { name } = await createPartition(client, { lower, upper }, [])
    await this.#copy(client, name, section)
    // Its own indexes are built by the server, in the background.
    await client.query('update log_partitions set closed_at = $2 where name = $1', [name, closed_at])
    this.partitions++
  }

  async #table(client: pg.PoolClient, section: ReadSection): Promise<void> {
    // A row that a migration puts in stands in the backup too. The audit trail refuses, and has none.
    if (section.table !== 'audit') await client.query(`delete from ${client.escapeIdentifier(section.table)}`)
    await this.#copy(client, section.table, section)
  }

  async #copy(client: pg.PoolClient, relation: string, { table, columns, rows }: ReadSection): Promise<void> {
    const names = columns.map((name) => client.escapeIdentifier(name)).join(', ')
    const stream = client.query(copyFrom(`copy ${client.escapeIdentifier(relation)} (${names}) from stdin`))
    await pipeline(rows, stream)
    this.#rows[table] = (this.#rows[table] ?? 0) + stream.rowCount
    this.#total += stream.rowCount
    this.#onRows(this.#total)
  }
}

/** The tables a backup may fill, with their columns: the registry and the schema's history are never among them. */
async function columnsByTable(pool: pg.Pool): Promise<Map<string, readonly string[]>> {
  const tables = await inTransaction(pool, tablesToBackUp)
  return new Map<string, readonly string[]>([
    ['logs', LOG_COLUMNS],
    ...tables.map(({ name, columns }) => [name, columns] as const),
  ])
}

function checkSection(
  { table, columns, partition }: ReadSection,
  known: Map<string, readonly string[]>,
): void {
  const own = known.get(table)
  if (own === undefined || (table === 'logs') !== (partition !== undefined)) {
    throw new BadBackup('the backup is damaged: it names a table that no backup has')
  }
  const stray = columns.find((name) => !own.includes(name))
  if (stray !== undefined || columns.length === 0) {
    throw new BadBackup(`the backup is damaged: it names a column that ${table} does not have`)
  }
}

function compareRows(found: Record<string, number>, told: Record<string, number>): void {
  for (const [table, rows] of Object.entries(told)) {
    if (found[table] === rows || (rows === 0 && found[table] === undefined)) continue
    throw new BadBackup(`${table} has ${found[table] ?? 0} rows, and the backup says ${rows}`)
  }
}
