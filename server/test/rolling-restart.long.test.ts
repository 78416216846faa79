// Two processes of the real program on one database, restarted in turn under load.
import { setTimeout as wait } from 'node:timers/promises'
import { createLogger, httpHandler } from '@timelapser/logger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { follow, KEY, type ServerProcess, startProcess, stopProcess } from './support/server-process.ts'

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
})
