// A database that is no longer heard of, though no connection broke: it is noticed, what waits for it fails with 503,
// and when it is back nothing is missing and nothing is there twice.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDatabase } from '../src/store/database/open.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { type EventClient, openEvents } from './support/event-client.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { type SilentProxy, startSilentProxy } from './support/silent-proxy.ts'

let direct: TestDatabase
let proxy: SilentProxy
/** Reaches the database through the proxy. */
let cutOff: TestServer
let database: TestDatabase
/** Reaches it directly. */
let other: TestServer

beforeEach(async () => {
  direct = await createTestDatabase()
  proxy = await startSilentProxy(direct.connection)
  const connection = { ...direct.connection, host: '127.0.0.1', port: proxy.port }
  database = { ...direct, database: await openDatabase({ connection, connectTimeoutMs: 1500 }) }
  cutOff = await startTestServer({ database, heartbeatMs: 800 })
  other = await startTestServer({ database: direct })
})

afterEach(async () => {
  await cutOff.close()
  await database.database.close()
  await other.close()
  proxy.close()
  await direct.close()
})

it('ends connections that stay dead when new ones come through', async () => {
  expect((await cutOff.get('/api/logs?limit=1')).status).toBe(200)
  proxy.silence(false)
  const [lost] = await Promise.all([
    cutOff.get('/api/logs?limit=1'),
    expect
      .poll(() => cutOff.reports)
      .toContainEqual({ kind: 'connection', detail: 'lost' })
      .then(proxy.speak),
  ])
  expect([lost.status, lost.body.code]).toEqual([503, 'UNAVAILABLE'])
  await expect.poll(async () => (await cutOff.get('/api/logs?limit=1')).status).toBe(200)
  const { pool } = database.database
  await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0)
})

it.each([
  ['answers are lost', true],
  ['nothing comes through', false],
])('is noticed when %s, and nothing is missing or twice afterwards', async (_, answersAlone) => {
  const sender = randomUUID()
  const send = (batch: number) => {
    const headers = { 'x-sender': sender, 'x-batch': `${batch}` }
    return cutOff.send('POST', '/api/logs', [{ message: `batch ${batch}`, source: 'silent' }], headers)
  }
  const follow = (headers: Record<string, string>) =>
    openEvents(`${cutOff.url}/api/logs/stream?source=silent`, {
      authorization: `Bearer ${cutOff.apiKey}`,
      ...headers,
    })
  const before = await follow({})
  const streamed = (stream: EventClient) =>
    stream.events.flatMap(({ data }) => data.rows.map(({ message }: { message: string }) => message))
  expect((await send(1)).status).toBe(200)
  await before.until(() => streamed(before).length === 1)

  proxy.silence(answersAlone)
  const [write, read] = await Promise.all([send(2), cutOff.get('/api/logs?limit=1')])
  expect([write.status, write.body.code]).toEqual([503, 'UNAVAILABLE'])
  expect([read.status, read.body.code]).toEqual([503, 'UNAVAILABLE'])
  expect(Number(write.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await cutOff.get('/readyz')).status).toBe(503)
  expect(cutOff.reports).toContainEqual({ kind: 'connection', detail: 'lost' })
  await other.send('POST', '/api/logs', [{ message: 'meanwhile', source: 'silent' }])

  before.close()
  proxy.speak()
  await expect.poll(async () => (await send(2)).status).toBe(200)
  expect((await send(3)).status).toBe(200)
  const after = await follow({ 'last-event-id': before.lastId() })
  await after.until(() => streamed(after).length >= 3)
  expect(streamed(after).toSorted()).toEqual(['batch 2', 'batch 3', 'meanwhile'])
  after.close()
  const { logs } = (await other.get('/api/logs?source=silent')).body.data
  expect(logs.map(({ message }: { message: string }) => message).toSorted()).toEqual([
    'batch 1',
    'batch 2',
    'batch 3',
    'meanwhile',
  ])
  expect((await cutOff.get('/readyz')).status).toBe(200)
  await expect.poll(() => cutOff.reports).toContainEqual({ kind: 'connection', detail: 'back' })
})
