import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let database: TestDatabase
let servers: TestServer[]

beforeEach(async () => {
  database = await createTestDatabase()
  servers = [await startTestServer({ database }), await startTestServer({ database })]
})

afterEach(async () => {
  for (const server of servers) await server.close()
  await database.close()
})

const RANGE = 'start_date=2020-01-01&end_date=2099-01-01'

async function counts(server: TestServer | undefined): Promise<[number, number]> {
  const sources = await server?.get('/api/logs/sources')
  const stats = await server?.get(`/api/logs/stats?${RANGE}`)
  const total = (list: { log_count: number }[]) => list.reduce((sum, { log_count }) => sum + log_count, 0)
  return [total(sources?.body.data.sources ?? []), stats?.body.data.summary.total_logs]
}

it('answers what was just written or removed at this server at once', async () => {
  const [server] = servers
  for (let lines = 1; lines <= 5; lines++) {
    await server?.send('POST', '/api/logs', { message: `line ${lines}`, source: `source ${lines}` })
    expect(await counts(server)).toEqual([lines, lines])
  }
  await server?.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
  expect(await counts(server)).toEqual([0, 0])
})

it('hears of what another server wrote', async () => {
  expect(await counts(servers[1])).toEqual([0, 0])
  await servers[0]?.send('POST', '/api/logs', { message: 'elsewhere' })
  await expect.poll(() => counts(servers[1])).toEqual([1, 1])
})

it('hears of what is deleted as it is deleted, not when all of it is', async () => {
  const lines = Array.from({ length: 30 }, (_, line) => ({ message: `line ${line}`, source: `s${line % 2}` }))
  await servers[0]?.send('POST', '/api/logs', lines)
  for (const server of servers) await expect.poll(() => counts(server)).toEqual([30, 30])
  // As the transactions of a deletion do, of which the last is not there yet.
  const filter = { visibility: { cameras: null }, sources: ['s1'] }
  expect(await servers[0]?.system.logOperations.deleteMatching(filter)).toBe(15)
  for (const server of servers) await expect.poll(() => counts(server)).toEqual([15, 15])
})

it('keeps no answer while it cannot hear of changes', async () => {
  const [server, other] = servers
  await other?.send('POST', '/api/logs', { message: 'one' })
  await expect.poll(() => counts(server)).toEqual([1, 1])
  const { pool } = database.database
  // The connections for notices are cut; half a second later there are others.
  const listeners = `select pid, pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query like 'listen %'`
  expect((await pool.query(listeners)).rowCount).toBe(2)
  const changes = () => server?.reports.filter(({ kind }) => kind === 'connection').length ?? 0
  await expect.poll(changes).toBeGreaterThan(0)
  for (let line = 2; line <= 10; line++) {
    await other?.send('POST', '/api/logs', { message: `line ${line}` })
    const found = await counts(server)
    if (changes() > 1) break
    expect(found).toEqual([line, line])
  }
})

it('asks the database nothing for what did not change', async () => {
  const [server] = servers
  await server?.send('POST', '/api/logs', { message: 'one' })
  let connections = 0
  database.database.pool.on('acquire', () => connections++)
  // Notices of the line may still be on their way, and jobs have their own statements; without a cache each round has two.
  await expect
    .poll(async () => {
      const before = connections
      expect(await counts(server)).toEqual([1, 1])
      return connections - before
    })
    .toBe(0)
})
