// Two processes of the real program on one database: what one knows the other knows, and one after the other can be
// restarted under load.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createLogger, httpHandler } from '@timelapser/logger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { type EventClient, openEvents } from './support/event-client.ts'

const MAIN = join(import.meta.dirname, '../src/cli/main.ts')
const KEY = `test-${'k'.repeat(40)}`
const HEADERS = { authorization: `Bearer ${KEY}` }

type Server = { url: string; port: string; child: ChildProcess; dataDir: string }

let database: TestDatabase
let servers: Server[]

beforeAll(async () => {
  database = await createTestDatabase()
  servers = await Promise.all([start('0'), start('0')])
})
afterAll(async () => {
  await Promise.all(servers.map(stop))
  await database.close()
})

async function start(port: string): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'timelapser-several-'))
  const env = {
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    PORT: port,
    ADMIN_API_KEY: KEY,
    RATE_LIMITS: 'off',
  }
  const child = spawn(process.execPath, ['--conditions=timelapser-source', MAIN, 'serve'], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const address = /Address +(http:\S+)/.exec(output)?.[1]
        if (address) resolve(address)
      })
    }
    child.once('exit', () => reject(new Error(output)))
  })
  return { url: url.replace(/\/$/, ''), port: new URL(url).port, child, dataDir }
}

async function stop({ child, dataDir }: Server): Promise<void> {
  child.kill('SIGTERM')
  if (child.exitCode === null) await once(child, 'exit')
  await rm(dataDir, { recursive: true, force: true })
}

const [first, second] = [() => servers[0] as Server, () => servers[1] as Server]

async function send(server: Server, method: string, path: string, body?: unknown) {
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
  const post = async (server: Server) =>
    (await send(server, 'POST', '/api/logs', { level: 'DEBUG', message: 'detail', camera_id: 7 })).accepted
  expect([await post(first()), await post(second())]).toEqual([0, 0])
  await send(first(), 'PUT', '/api/levels', { scope: 'camera', target: '7', level: 'DEBUG', minutes: 5 })
  expect(await post(first())).toBe(1)
  await expect.poll(() => post(second()), { timeout: 5000 }).toBe(1)
  await send(second(), 'DELETE', '/api/levels/camera/7')
  expect(await post(second())).toBe(0)
  await expect.poll(() => post(first()), { timeout: 5000 }).toBe(0)
})

/** Follows a stream for as long as the test goes on, at whichever server answers, from where it was. */
function follow(stopped: AbortSignal) {
  const seen: string[] = []
  const followed = (async () => {
    let position = ''
    for (let at = 0; !stopped.aborted; at++) {
      const { url } = servers[at % 2] as Server
      const query = `source=application_0&source=application_1${position && `&last_event_id=${position}`}`
      const response = await fetch(`${url}/api/logs/stream?${query}`, {
        headers: HEADERS,
        signal: stopped,
      }).catch(() => undefined)
      if (!response?.body) {
        await wait(50)
        continue
      }
      let rest = ''
      try {
        for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
          const blocks = (rest + text).split('\n\n')
          rest = blocks.pop() ?? ''
          for (const block of blocks) {
            const data = /^data: (.*)$/m.exec(block)?.[1]
            for (const row of data ? (JSON.parse(data).rows ?? []) : []) seen.push(row.message)
            position = /^id: (.*)$/m.exec(block)?.[1] ?? position
          }
        }
      } catch {
        // Its server is being restarted; the next one goes on.
      }
    }
  })()
  return { seen, followed }
}

it('loses nothing and repeats nothing while one after the other is restarted', async () => {
  const stopping = new AbortController()
  const reader = follow(stopping.signal)
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
  await expect.poll(() => reader.seen.length, { timeout: 10_000 }).toBeGreaterThan(50)
  for (const index of [0, 1]) {
    const old = servers[index] as Server
    await stop(old)
    servers[index] = await start(old.port)
    const before = reader.seen.filter((message) => message.startsWith(`rolling ${index}`)).length
    const since = () =>
      reader.seen.filter((message) => message.startsWith(`rolling ${index}`)).length - before
    await expect.poll(since, { timeout: 10_000 }).toBeGreaterThan(20)
  }
  isWriting = false
  await writing
  await Promise.all(loggers.map((logger) => logger.close()))
  await expect.poll(() => reader.seen.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(written.length)
  stopping.abort()
  await reader.followed
  expect(reader.seen.toSorted()).toEqual(written.toSorted())
  const { rows } = await database.database.pool.query<{ message: string }>(
    `select message from logs where message like 'rolling%'`,
  )
  expect(rows.map(({ message }) => message).toSorted()).toEqual(written.toSorted())
}, 40_000)
