// Open pages of cameras while everything is cleared at one server and brought back at another.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type EventClient, openEvents } from '../support/event-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const MINUTE = 60_000

let database: TestDatabase
let servers: [TestServer, TestServer]
const clients: EventClient[] = []

beforeEach(async () => {
  database = await createTestDatabase()
  servers = [await startTestServer({ database }), await startTestServer({ database })]
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  for (const server of servers) await server.close()
  await database.close()
})

const line = (camera_id: number, minutesAgo: number, message: string, level = 'INFO') => ({
  timestamp: new Date(Date.now() - minutesAgo * MINUTE).toISOString(),
  ...{ camera_id, level, message, source: `camera_${camera_id}` },
})

type Activity = {
  id: number
  log_count: number
  error_count: number
  last_log: { message: string } | null
  silent_since: string | null
}

/** The lines and errors of each camera in the last day, its last line, and its total. */
async function camerasOf(server: TestServer) {
  const cameras: Activity[] = (await server.get('/api/cameras/activity?hours=24')).body.data.cameras
  return Promise.all(
    cameras.map(async ({ id, log_count, error_count, last_log, silent_since }) => {
      const { count } = (await server.get(`/api/logs/cameras/${id}`)).body.data
      return [id, log_count, error_count, last_log?.message ?? null, silent_since, count]
    }),
  )
}

/** The same at both servers, also at the server that only got the notice. */
async function expectCameras(expected: unknown[][]): Promise<void> {
  for (const server of servers) await expect.poll(() => camerasOf(server)).toEqual(expected)
}

async function subscribe(server: TestServer, path: string): Promise<EventClient> {
  const client = await openEvents(`${server.url}${path}`, { authorization: `Bearer ${server.apiKey}` })
  clients.push(client)
  return client
}

const messages = (client: EventClient): string[] =>
  client.events.flatMap(({ data }) => data.rows ?? []).map((row: { message: string }) => row.message)

it('counts nothing of cameras after a clear, and all of it again with what came meanwhile after its undo', {
  tags: ['long'],
}, async () => {
  const [one, other] = servers
  const rows = await Promise.all(servers.map((server) => subscribe(server, '/api/logs/stream?camera_id=1')))
  const events = await Promise.all(servers.map((server) => subscribe(server, '/api/events')))
  await one.send('POST', '/api/logs', [
    line(1, 9, 'one a', 'ERROR'),
    line(1, 8, 'one b'),
    line(2, 7, 'two a'),
    line(1, 6, 'one c'),
  ])
  const before = [
    [1, 3, 1, 'one c', null, 3],
    [2, 1, 0, 'two a', null, 1],
  ]
  await expectCameras(before)

  const cleared = await one.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
  expect(cleared.body.data.deleted_count).toBe(4)
  await expectCameras([
    [1, 0, 0, null, null, 0],
    [2, 0, 0, null, null, 0],
  ])
  await other.send('POST', '/api/logs', [line(1, 1, 'one d', 'CRITICAL')])
  await expectCameras([
    [1, 1, 1, 'one d', null, 1],
    [2, 0, 0, null, null, 0],
  ])

  const undone = await other.send('POST', '/api/logs/cleanup/undo')
  expect(undone.body.data.restored_count).toBe(4)
  await expectCameras([
    [1, 4, 2, 'one d', null, 4],
    [2, 1, 0, 'two a', null, 1],
  ])
  await one.send('POST', '/api/logs', [line(1, 0, 'one e')])

  // Watching clients get both events, and each line once: none of the restored lines is new.
  for (const client of rows) {
    await client.until(() => messages(client).includes('one e'))
    expect(messages(client)).toEqual(['one a', 'one b', 'one c', 'one d', 'one e'])
  }
  for (const client of events) {
    const told = () =>
      client.events.map(({ event, data }) => {
        if (event === 'log_entry_created') return data.data.message
        return [event, data.data.deleted_count ?? data.data.restored_count ?? data.data.camera_id]
      })
    await client.until(() => told().includes('one e'))
    expect(told().filter((what) => typeof what === 'string')).toEqual([
      ...['one a', 'one b', 'two a', 'one c', 'one d', 'one e'],
    ])
    expect(told().filter(([event]) => /^logs_/.test(event))).toEqual([
      ['logs_cleaned', 4],
      ['logs_restored', 4],
    ])
  }
})

it('resumes a stream across both without what was cleared, or with it once it is back', async () => {
  const [one, other] = servers
  const first = await subscribe(one, '/api/logs/stream')
  const start = first.lastId()
  await one.send('POST', '/api/logs', [line(1, 2, 'before')])
  await first.until(() => messages(first).length === 1)
  await one.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
  await one.send('POST', '/api/logs', [line(1, 1, 'between')])
  const resume = () => subscribe(other, `/api/logs/stream?last_event_id=${start}`)
  const whileCleared = await resume()
  await whileCleared.until(() => messages(whileCleared).length > 0)
  expect(messages(whileCleared)).toEqual(['between'])
  await one.send('POST', '/api/logs/cleanup/undo')
  const whenBack = await resume()
  await whenBack.until(() => messages(whenBack).length > 1)
  expect(messages(whenBack)).toEqual(['before', 'between'])
  await first.until(() => messages(first).length === 2)
  expect(messages(first)).toEqual(['before', 'between'])
})

it('does not bring lines that were deleted to a stream resumed from before them, though others have seen them', async () => {
  const [one] = servers
  const first = await subscribe(one, '/api/logs/stream')
  const start = first.lastId()
  await one.send('POST', '/api/logs', [line(1, 2, 'a password')])
  await first.until(() => messages(first).length === 1)
  const deleted = await one.send('POST', '/api/logs/delete', { search: 'password', confirm_rows: 1 })
  expect(deleted.body.data.deleted_count).toBe(1)
  const resumed = await subscribe(one, `/api/logs/stream?last_event_id=${start}`)
  await one.send('POST', '/api/logs', [line(1, 3, 'after it')])
  await resumed.until(() => messages(resumed).length > 0)
  expect(messages(resumed)).toEqual(['after it'])
})
