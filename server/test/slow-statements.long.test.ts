import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { openEvents } from './support/event-client.ts'
import { HEADERS, type ServerProcess, startProcess, stopProcess } from './support/server-process.ts'

/** The server reports statements from a second on. */
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

/** Lines of the server itself, by the pattern of their message. */
const ownLines = async (pattern: string) => {
  const { rows } = await database.database.pool.query<{ message: string; extra_data: { repeated?: number } }>(
    `select message, extra_data from logs where logger_name in ('timelapser_logs.requests', 'timelapser_logs.streams') and message like $1 order by timestamp, id`,
    [pattern],
  )
  return rows
}

const told = async () =>
  (await data('/api/logs?logger_name=timelapser_logs.database&search=slow+statement')).logs

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
    await expect.poll(async () => (await pool.query(waiting, [SLOW_MS])).rowCount).toBe(1)
  } finally {
    await blocker.query('rollback')
    blocker.release()
  }
  await asking
  const line = async () => (await told()).find(({ message }) => String(message).includes('read_rows'))
  await expect.poll(line).toMatchObject({
    ...{ level: 'INFO', source: 'system', logger_name: 'timelapser_logs.database' },
    message: expect.stringMatching(/^Slow statement: read_rows took \d{4,} ms$/),
    extra_data: { statement: 'read_rows', duration_ms: expect.any(Number) },
  })
  expect(JSON.stringify(await told())).not.toContain('secret-source')
})

it('a failure that meets each request, and streams that one failure ends, are told once, and then with their number', async () => {
  const { pool } = database.database
  // It writes what it held back when it ends.
  const other = await startProcess(database.url)
  await pool.query('alter table saved_views rename to saved_views_away')
  try {
    for (let request = 0; request < 5; request++) {
      const reply = await fetch(`${other.url}/api/views`, { headers: HEADERS })
      expect(reply.status).toBe(500)
    }
  } finally {
    await pool.query('alter table saved_views_away rename to saved_views')
  }
  const open = () => openEvents(`${other.url}/api/logs/stream`, HEADERS)
  const streams = await Promise.all([open(), open(), open(), open()])
  await pool.query('alter table log_feed rename to log_feed_away')
  try {
    await Promise.all(streams.map(({ ended }) => ended))
  } finally {
    await pool.query('alter table log_feed_away rename to log_feed')
  }
  await stopProcess(other)
  for (const pattern of ['GET /api/views 500%', 'A request failed unexpectedly: %saved_views%']) {
    const lines = await ownLines(pattern)
    expect(lines.length).toBeLessThan(5)
    expect(lines.at(-1)?.message).toMatch(/ \(×[2-4] in \d+ s\)$/)
    expect(lines.reduce((sum, { extra_data }) => sum + (extra_data.repeated ?? 1), 0)).toBe(5)
  }
  const lines = await ownLines('A reply to /api/logs/stream was interrupted: %')
  expect(lines.length).toBeLessThan(4)
  expect(lines.reduce((sum, { extra_data }) => sum + (extra_data.repeated ?? 1), 0)).toBe(4)
})
