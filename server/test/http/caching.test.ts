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
