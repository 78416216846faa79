import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { rowsOfPartition } from '../blocks/every-row.ts'
import { withMaintenance } from '../database/exclusive-access.ts'
import { endSilent, socketOf } from '../database/silent-connections.ts'
import { LOG_COLUMNS } from '../database/table-names.ts'
import { now } from '../database/timestamp.ts'
import { inTransaction } from '../database/transaction.ts'
import type { Partition } from '../partitions/partition.ts'
import {
  BACKUP_FORMAT,
  BACKUP_VERSION,
  type BackupEnd,
  type BackupHeader,
  type BackupSection,
  countNewlines,
  SECTION_END,
} from './backup-format.ts'
import { readSequences, tablesToBackUp } from './backup-tables.ts'

export type BackupSummary = { rows: Record<string, number>; partitions: number }

export type WriteBackupOptions = {
  /** Told how many rows are written so far. */
  onRows?: ((rows: number) => void) | undefined
  /** Gives up waiting for its turn; the caller that aborts ends `output` too. */
  signal?: AbortSignal | undefined
}

/**
 * Writes everything as of one moment, while everyone reads and writes on; nothing is deleted meanwhile. What was
 * cleared and could be brought back is left out.
 *
 * The lock that keeps everybody from deleting is held until the last partition is read: whoever drops or rewrites one needs
 * it to itself, which the snapshot prevents, and each of their attempts would hold up those who write.
 */
export function writeBackup(
  pool: pg.Pool,
  output: Writable,
  { onRows = () => undefined, signal }: WriteBackupOptions = {},
): Promise<BackupSummary> {
  const work = (client: pg.PoolClient) => new BackupWriter(pool, client, output, onRows).write()
  return withMaintenance(
    pool,
    () => inTransaction(pool, work, { begin: 'begin isolation level repeatable read' }),
    signal,
  )
}

class BackupWriter {
  readonly #pool: pg.Pool
  readonly #client: pg.PoolClient
  readonly #output: Writable
  readonly #onRows: (rows: number) => void
  readonly #rows: Record<string, number> = {}
  #total = 0

  constructor(pool: pg.Pool, client: pg.PoolClient, output: Writable, onRows: (rows: number) => void) {
    this.#pool = pool
    this.#client = client
    this.#output = output
    this.#onRows = onRows
  }

  async write(): Promise<BackupSummary> {
    // All partitions, against the rule of sixteen: one that is dropped before its turn would end the backup.
    // A backup of before a restore is of an older schema, which has no blocks.
    const { rows: found } = await this.#client.query<{ blocks: string | null }>(
      `select to_regclass('log_blocks')::text as blocks`,
    )
    const tables = found[0]?.blocks ? 'logs, log_blocks' : 'logs'
    await this.#client.query(`lock table ${tables} in access share mode`)
    const partitions = await this.#partitions()
    await this.#line(await this.#header())
    for (const { name, columns } of await tablesToBackUp(this.#client)) {
      await this.#section(this.#client, { table: name, columns }, this.#client.escapeIdentifier(name))
    }
    const { rows } = await this.#client.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot')
    for (const { name, ...partition } of partitions) {
      await this.#partition(
        rows[0]?.snapshot ?? '',
        { table: 'logs', columns: [...LOG_COLUMNS], partition },
        name,
      )
    }
    // Read last: sequences know no snapshot, and must not fall behind the rows.
    const end: BackupEnd = { end: true, rows: this.#rows, sequences: await readSequences(this.#client) }
    await this.#line(end)
    return { rows: this.#rows, partitions: partitions.length }
  }

  async #header(): Promise<BackupHeader> {
    const { rows } = await this.#client.query<{ postgres: string; migrations: number }>(
      `select current_setting('server_version') as postgres, count(*)::integer as migrations
      from migrations`,
    )
    const { postgres = '', migrations = 0 } = rows[0] ?? {}
    return { format: BACKUP_FORMAT, version: BACKUP_VERSION, created_at: now(), postgres, migrations }
  }

  async #partitions(): Promise<(Partition & { closed_at: string | null })[]> {
    const { rows } = await this.#client.query<Partition & { closed_at: string | null }>(
      `select name, lower, upper, closed_at
      from log_partitions
      where detached_at is null
      order by lower`,
    )
    return rows
  }

  /** In a transaction of its own: all indexes of 1,500 partitions are more locks than PostgreSQL has by default. */
  #partition(snapshot: string, section: BackupSection, name: string): Promise<void> {
    const copy = async (client: pg.PoolClient) => {
      await client.query(`set transaction snapshot ${client.escapeLiteral(snapshot)}`)
      await this.#section(client, section, `(${await rowsOfPartition(client, name)}) r`)
    }
    return inTransaction(this.#pool, copy, { begin: 'begin isolation level repeatable read' })
  }

  async #section(client: pg.PoolClient, section: BackupSection, relation: string): Promise<void> {
    await this.#line(section)
    const columns = section.columns.map((name) => client.escapeIdentifier(name)).join(', ')
    const text = `copy (select ${columns} from ${relation}) to stdout`
    let rows = 0
    try {
      for await (const chunk of client.query(copyTo(text)) as AsyncIterable<Buffer>) {
        rows += countNewlines(chunk)
        await this.#write(chunk)
      }
    } catch (error) {
      // Nobody reads the rest of the COPY, and a ROLLBACK behind it would wait for ever.
      endSilent(socketOf(client))
      throw error
    }
    await this.#write(SECTION_END)
    this.#rows[section.table] = (this.#rows[section.table] ?? 0) + rows
    this.#total += rows
    this.#onRows(this.#total)
  }

  #line(value: unknown): Promise<void> {
    return this.#write(Buffer.from(`${JSON.stringify(value)}\n`))
  }

  async #write(chunk: Buffer): Promise<void> {
    if (this.#output.errored) throw this.#output.errored
    if (!this.#output.write(chunk)) await once(this.#output, 'drain')
  }
}
