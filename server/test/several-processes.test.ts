// Two processes of the real program on one database: each learns the other's changes, and they can be restarted in turn
// restarted under load.
import { setTimeout as wait } from 'node:timers/promises'
import { createLogger, httpHandler } from '@timelapser/logger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { type EventClient, openEvents } from './support/event-client.ts'
import {
  follow,
  HEADERS,
  KEY,
  type ServerProcess,
  startProcess,
  stopProcess,
} from './support/server-process.ts'

let database: TestDatabase
let servers: ServerProcess[]

beforeAll(async () => {
  database = await createTestDatabase()
  servers = await Promise.all([startProcess(database.url), startProcess(database.url)])
})
afterAll(async () => {
  await Promise.all(servers.map(stopProcess))
  await database.close()
})

const [first, second] = [() => servers[0] as ServerProcess, () => servers[1] as ServerProcess]

async function send(server: ServerProcess, method: string, path: string, body?: unknown) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...HEADERS, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return ((await response.json()) as { data: Record<string, unknown> }).data
}

const messagesOf = ({ events }: EventClient): string[] =>
  events.flatMap(({ data }) => (data.rows ?? []).map(({ message }: { message: string }) => message))

it("shows a line that was posted to one on the other's stream", async () => {
  const streams = await Promise.all(
    servers.map(({ url }) => openEvents(`${url}/api/logs/stream?source=probe`, HEADERS)),
  )
  await send(first(), 'POST', '/api/logs', { message: 'at the first', source: 'probe' })
  await send(second(), 'POST', '/api/logs', { message: 'at the second', source: 'probe' })
  for (const stream of streams) {
    await stream.until(() => messagesOf(stream).length >= 2)
    expect(messagesOf(stream).toSorted()).toEqual(['at the first', 'at the second'])
    stream.close()
  }
})

it('obeys a level that was changed at one in both', async () => {
  const post = async (server: ServerProcess) =>
    (await send(server, 'POST', '/api/logs', { level: 'DEBUG', message: 'detail', camera_id: 7 })).accepted
  expect([await post(first()), await post(second())]).toEqual([0, 0])
  await send(first(), 'PUT', '/api/levels', { scope: 'camera', target: '7', level: 'DEBUG', minutes: 5 })
  expect(await post(first())).toBe(1)
  await expect.poll(() => post(second())).toBe(1)
  await send(second(), 'DELETE', '/api/levels/camera/7')
  expect(await post(second())).toBe(0)
  await expect.poll(() => post(first())).toBe(0)
})

it('loses nothing and repeats nothing while one after the other is restarted', async () => {
  const stopping = new AbortController()
  const reader = follow(servers, 'source=application_0&source=application_1', stopping.signal)
  await reader.began
  // Two applications, each with a server of its own, and none that fails over.
  const problems: string[] = []
  const loggers = servers.map(({ url }, index) => {
    const handler = httpHandler({ url, apiKey: KEY, onProblem: (sentence) => problems.push(sentence) })
    return createLogger({ source: `application_${index}`, handlers: [handler] })
  })
  const written: string[] = []
  let isWriting = true
  const writing = Promise.all(
    loggers.map(async (logger, index) => {
      for (let line = 0; isWriting; line++) {
        const message = `rolling ${index} ${line}`
        logger.info(message)
        written.push(message)
        await wait(2)
      }
    }),
  )
  await expect.poll(() => reader.seen.length).toBeGreaterThan(50)
  for (const index of [0, 1]) {
    const old = servers[index] as ServerProcess
    await stopProcess(old)
    servers[index] = await startProcess(database.url, { port: old.port })
    const before = reader.seen.filter((message) => message.startsWith(`rolling ${index}`)).length
    const since = () =>
      reader.seen.filter((message) => message.startsWith(`rolling ${index}`)).length - before
    await expect.poll(since).toBeGreaterThan(20)
  }
  isWriting = false
  await writing
  await Promise.all(loggers.map((logger) => logger.close()))
  await expect.poll(() => reader.seen.length).toBeGreaterThanOrEqual(written.length)
  stopping.abort()
  await reader.followed
  expect(reader.seen.toSorted()).toEqual(written.toSorted())
  const { rows } = await database.database.pool.query<{ message: string }>(
    `select message from logs where message like 'rolling%'`,
  )
  expect(rows.map(({ message }) => message).toSorted()).toEqual(written.toSorted())
}, 40_000)
