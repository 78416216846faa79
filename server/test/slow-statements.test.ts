import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { HEADERS, type ServerProcess, startProcess, stopProcess } from './support/server-process.ts'

/** The server tells of a statement from a second on. */
const SLOW_MS = 1100

let database: TestDatabase
let server: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startProcess(database.url)
})

afterAll(async () => {
  await stopProcess(server)
  await database.close()
})

async function data(path: string) {
  const response = await fetch(`${server.url}${path}`, { headers: HEADERS })
  expect(response.status).toBe(200)
  return ((await response.json()) as { data: { logs: Record<string, unknown>[] } }).data
}

const told = async () => (await data('/api/logs?logger_name=database&search=slow+statement')).logs

it('a statement that took long is told by its name and time in a line of the log, without what it was asked', async () => {
  const { pool } = database.database
  const blocker = await pool.connect()
  let asking: Promise<unknown> | undefined
  try {
    await blocker.query('begin; lock table logs in access exclusive mode')
    asking = data('/api/logs?source=secret-source')
    const waiting = `
      select
      from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%/* read_rows */%'
        and query_start < clock_timestamp() - $1::integer * interval '1 millisecond'`
    await expect
      .poll(async () => (await pool.query(waiting, [SLOW_MS])).rowCount, { timeout: 10_000 })
      .toBe(1)
  } finally {
    await blocker.query('rollback')
    blocker.release()
  }
  await asking
  const line = async () => (await told()).find(({ message }) => String(message).includes('read_rows'))
  await expect.poll(line, { timeout: 10_000 }).toMatchObject({
    ...{ level: 'INFO', source: 'system', logger_name: 'database' },
    message: expect.stringMatching(/^Slow statement: read_rows took \d{4,} ms$/),
    extra_data: { statement: 'read_rows', duration_ms: expect.any(Number) },
  })
  expect(JSON.stringify(await told())).not.toContain('secret-source')
})
