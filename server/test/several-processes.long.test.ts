// Two processes of the real program on one database: each learns the other's changes.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { type EventClient, openEvents } from './support/event-client.ts'
import { HEADERS, type ServerProcess, startProcess, stopProcess } from './support/server-process.ts'

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
