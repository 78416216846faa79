import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { type Database, openDatabase } from '../../src/store/database/open.ts'

export type TestDatabase = {
  database: Database
  /** For opening it again, with other options say. */
  connection: { host: string; port: number; user: string; database: string }
  /** The same as a value for `DATABASE_URL`. */
  url: string
  /** The server's major version, for example 18. */
  major: number
  /** Drops it. Fails when a client was taken from the pool and not given back. */
  close(): Promise<void>
}

/** Work in progress when a test ended may still be at its end. */
const PATIENCE_MS = 5_000

/** A migrated, empty database of one's own on the server of the project; about 50 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { template, major, ...server } = inject('testServer')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  // Its files are copied; the default writes each page of them to the log as well, in three times the time.
  await asAdmin(`create database ${name} template ${template} strategy file_copy`)
  const connection = { ...server, database: name }
  const database = await openDatabase({ connection })
  return {
    database,
    connection,
    url: `postgres://${server.user}@${encodeURIComponent(server.host)}:${server.port}/${name}`,
    major,
    async close() {
      const { pool } = database
      // Ending the pool would wait for ever for those that nobody gives back.
      for (const end = Date.now() + PATIENCE_MS; pool.totalCount > pool.idleCount; await delay(10)) {
        if (Date.now() > end)
          throw new Error(
            `${pool.totalCount - pool.idleCount} clients were taken from the pool and not given back`,
          )
      }
      await database.close()
      await asAdmin(`drop database ${name} with (force)`)
    },
  }
}

/** An empty database on the server of the project, not migrated, made by `create database … ${options}`. */
export async function createBareDatabase(options = ''): Promise<{ url: string; drop(): Promise<void> }> {
  const { host, port, user } = inject('testServer')
  const name = `bare_${randomUUID().replaceAll('-', '')}`
  await asAdmin(`create database ${name} ${options}`)
  return {
    url: `postgres://${user}@${encodeURIComponent(host)}:${port}/${name}`,
    drop: () => asAdmin(`drop database ${name} with (force)`),
  }
}

/** Runs one statement as superuser, outside of any test's database. */
export async function asAdmin(statement: string): Promise<void> {
  const { host, port, user } = inject('testServer')
  const client = new pg.Client({ host, port, user, database: 'postgres' })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
