import type { LogRecord } from '@timelapser/logger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inTransaction } from '../../src/store/database/transaction.ts'
import { addScrubRun, continueScrubRun } from '../../src/store/removal/scrub-runs.ts'
import { openEvents } from '../support/event-client.ts'
import { matchingLines } from '../support/matching-lines.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let second: TestServer

/** More than one batch in each of two partitions. */
const LINES = 9000

beforeAll(async () => {
  server = await startTestServer()
  second = await startTestServer({ database: server.database })
  const days = [Date.now() - 86_400_000, Date.now()]
  for (const [day, at] of days.entries()) {
    const lines = Array.from({ length: LINES / 2 }, (_, index) => ({
      level: 'INFO',
      source: 'api',
      timestamp: new Date(at).toISOString(),
      message: `line ${index} of day ${day} with LIC-${index}`,
    }))
    const ndjson = lines.map((line) => JSON.stringify(line)).join('\n')
    await server.send('POST', '/api/logs', ndjson, { 'content-type': 'application/x-ndjson' })
  }
})
afterAll(async () => {
  await second.close()
  await server.close()
})

const path = '/api/logs/scrub/run'
const start = (pattern: string) => server.send('POST', path, { pattern })
const runAt = async (at: TestServer) => (await at.get(path)).body.data.run
const matching = (text: string) => matchingLines(server, `search=${encodeURIComponent(text)}`)
const auditOf = async () =>
  (await server.get('/api/audit?action=logs.scrub')).body.data.entries.map(
    ({ action, actor, after }: Record<string, unknown>) => [action, actor, after],
  )

it('has nothing to tell and nothing to stop before the first one', async () => {
  expect(await runAt(server)).toBe(null)
  expect((await server.send('DELETE', path)).status).toBe(404)
  expect((await start('(?=a)')).body).toMatchObject({ code: 'INVALID_REQUEST', position: 1 })
})

it('goes on where the last transaction was, one at a time, and masks each line once', {
  tags: ['long'],
  timeout: 600_000,
}, async () => {
  // No job continues meanwhile: other deletes or rewrites keep them waiting.
  const client = await server.database.database.connect()
  await client.query('select pg_advisory_lock(7469004)')
  const headers = { authorization: `Bearer ${server.apiKey}` }
  const clients = await Promise.all(
    [server, second].map(({ url }) => openEvents(`${url}/api/events`, headers)),
  )
  const begun = await start('lic-\\d+')
  expect(begun).toMatchObject({ status: 200 })
  expect(begun.body.data.run).toMatchObject({ total_rows: LINES, ended_at: null })
  expect((await start('other')).status).toBe(409)
  await client.end()
  await expect.poll(async () => (await runAt(second)).outcome, { timeout: 300_000 }).toBe('done')
  expect(await runAt(second)).toMatchObject({ scanned_rows: LINES, matched_rows: LINES })
  expect(await matching('LIC-')).toBe(0)
  expect(await matching('with ***')).toBe(LINES)
  await expect.poll(auditOf).toEqual([
    ['logs.scrub', 'key ADMIN_API_KEY', { scanned_rows: LINES, matched_rows: LINES }],
    ['logs.scrub.started', 'key ADMIN_API_KEY', { pattern_characters: 7 }],
  ])
  const reports = [...server.reports, ...second.reports].filter(({ kind }) => kind === 'scrub')
  expect(reports.map(({ detail }) => detail)).toMatchObject([{ outcome: 'done', matched_rows: LINES }])
  // On both servers, pages show the masked lines, whichever server ran it.
  for (const client of clients) {
    const told = () => client.events.filter(({ event }) => event === 'logs_masked')
    await client.until(() => told().length > 0)
    expect(told().map(({ data }) => data.data)).toEqual([{ masked_count: LINES, by: 'key ADMIN_API_KEY' }])
    client.close()
  }
})

it('is cut into turns, each of which goes on after the one before, and leaves no pattern behind', async () => {
  const { pool } = server.database.database
  const store = { pool, partitions: server.system.logOperations.partitions }
  await inTransaction(pool, (client) =>
    addScrubRun(client, { pattern: 'of day', by: 'a test', totalRows: LINES }),
  )
  const toTurned = (record: LogRecord) => ({ ...record, message: record.message.replace('of day', '***') })
  const scanned: number[] = []
  let outcome = 'more'
  while (outcome === 'more') {
    // One batch each.
    outcome = await continueScrubRun(store, () => toTurned, { turnMs: 0, waitMs: 10_000 })
    scanned.push((await runAt(server)).scanned_rows)
  }
  expect(scanned).toEqual(scanned.toSorted((a, b) => a - b))
  expect(scanned.at(-1)).toBe(LINES)
  expect(await matching('*** 0 with')).toBe(LINES / 2)
  await server.send('DELETE', path)
  const { rows } = await pool.query<{ pattern: string | null }>('select pattern from scrub_runs')
  expect(rows).toEqual([{ pattern: null }])
})

it('goes on through what was cleared meanwhile, and through what came back', async () => {
  const { pool } = server.database.database
  const store = { pool, partitions: server.system.logOperations.partitions }
  await inTransaction(pool, (client) =>
    addScrubRun(client, { pattern: 'line', by: 'a test', totalRows: LINES }),
  )
  const toTold = (record: LogRecord) => ({ ...record, message: record.message.replace('line', 'told') })
  const turn = () => continueScrubRun(store, () => toTold, { turnMs: 0, waitMs: 10_000 })
  expect(await turn()).toBe('more')
  await server.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
  expect(await turn()).toBe('more')
  await second.send('POST', '/api/logs/cleanup/undo')
  expect(await turn()).toBe('more')
  await server.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
  while ((await turn()) === 'more') {
    // One batch each.
  }
  expect(await runAt(server)).toMatchObject({ scanned_rows: LINES, matched_rows: LINES })
  await server.send('DELETE', path)
  await second.send('POST', '/api/logs/cleanup/undo')
  expect([await matching('line'), await matching('told')]).toEqual([0, LINES])
})

/** Stores a line up to its place in the feed; the returned function completes it. */
async function holdLine(message: string): Promise<() => Promise<void>> {
  const client = await server.database.database.connect()
  await client.query('begin')
  await client.query('lock table log_feed in exclusive mode')
  const storing = second.send('POST', '/api/logs', [{ level: 'INFO', source: 'late', message }])
  const writers = `select 1 from pg_locks where relation = 'logs'::regclass and mode = 'RowExclusiveLock'`
  await expect.poll(async () => (await client.query(writers)).rowCount).toBe(1)
  return async () => {
    await client.query('rollback')
    await client.end()
    expect((await storing).status).toBe(200)
  }
}

it('misses no line that was on its way when the rules changed', async () => {
  const release = await holdLine('a LATE-1')
  await server.send('PUT', '/api/settings', { redaction: ['LATE-\\d'] })
  await start('LATE-\\d')
  // Its time has come, and goes by.
  const { pool } = server.database.database
  const due = `select 1 from scrub_runs where ended_at is null and started_at < now() - interval '4 s'`
  await expect.poll(async () => (await pool.query(due)).rowCount).toBe(1)
  await release()
  await expect.poll(async () => (await runAt(server)).outcome).toBe('done')
  expect([await matching('LATE-1'), await matching('a ***')]).toEqual([0, 1])
}, 90_000)

it('misses none when its caller waits for it either', async () => {
  const release = await holdLine('a SOON-1')
  const scrubbing = server.send('POST', '/api/logs/scrub', { pattern: 'SOON-\\d' })
  const { pool } = server.database.database
  const settling = `select 1 from pg_stat_activity
    where datname = current_database() and query like '%is_settled%' and pid <> pg_backend_pid()`
  await expect.poll(async () => (await pool.query(settling)).rowCount).toBeGreaterThan(0)
  await release()
  expect((await scrubbing).body.data.matched_rows).toBe(1)
  expect(await matching('SOON-1')).toBe(0)
})

/** Holds the rows until it is called off; masking has to wait for them. */
async function holdRows(condition: string): Promise<() => Promise<void>> {
  const client = await server.database.database.connect()
  await client.query('begin')
  await client.query(`select 1 from logs where ${condition} for update`)
  return async () => {
    await client.query('rollback')
    await client.end()
  }
}

it('lets whatever else removes rows go in between two of its batches', async () => {
  const { pool } = server.database.database
  const newest = await holdRows(
    '(timestamp, id) = (select timestamp, id from logs order by 1 desc, 2 desc limit 1)',
  )
  const oldest = await holdRows('(timestamp, id) = (select timestamp, id from logs order by 1, 2 limit 1)')
  const waitingFor = async (lock: string) => {
    const waiting = `select 1 from pg_locks l join pg_stat_activity a using (pid)
      where not granted and datname = current_database() and ${lock}`
    return (await pool.query(waiting)).rowCount
  }
  let isOver = false
  const scrubbing = server.send('POST', '/api/logs/scrub', { pattern: '[at]' }).finally(() => {
    isOver = true
  })
  await expect.poll(() => waitingFor(`locktype = 'transactionid'`)).toBe(1)
  const removals = [server, second].map((at) => at.send('POST', '/api/logs/retention'))
  // One of another process.
  const other = await server.database.database.connect()
  const turn = other.query('select pg_advisory_lock(7469004)')
  await expect.poll(() => waitingFor(`locktype = 'advisory' and objid = 7469004`)).toBe(2)
  await newest()
  await turn
  await other.end()
  expect((await Promise.all(removals)).map(({ status }) => status)).toEqual([200, 200])
  await expect.poll(() => waitingFor(`locktype = 'transactionid'`)).toBe(1)
  expect(isOver).toBe(false)
  await oldest()
  expect((await scrubbing).status).toBe(200)
})

it('is stopped by whoever asks, on another server too, and what is masked stays so', async () => {
  const client = await server.database.database.connect()
  await client.query('select pg_advisory_lock(7469004)')
  await start('line')
  const { body } = await second.send('DELETE', path)
  expect(body.data.run).toMatchObject({ outcome: 'stopped', matched_rows: 0 })
  await client.end()
  expect((await auditOf())[0]).toEqual([
    'logs.scrub.stopped',
    'key ADMIN_API_KEY',
    { scanned_rows: 0, matched_rows: 0 },
  ])
})
