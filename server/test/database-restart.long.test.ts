// Two processes of the real program, and the database under both is restarted while they write and are watched.
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OwnServer, startOwnServer } from './support/own-server.ts'
import { follow, HEADERS, type ServerProcess, startProcess, stopProcess } from './support/server-process.ts'

let database: OwnServer
let servers: ServerProcess[]

beforeAll(async () => {
  database = await startOwnServer()
  const { host, port, user, database: name } = database.postgres.connection
  const url = `postgres://${user}@${encodeURIComponent(host)}:${port}/${name}`
  // One after the other: the first makes the schema.
  servers = [await startProcess(url)]
  servers.push(await startProcess(url))
})

afterAll(async () => {
  await Promise.all(servers.map(stopProcess))
  await database.close()
})

/** Writes batches to a server, each again until it is acknowledged, as long as `isWriting` says. */
async function write(server: ServerProcess, name: string, isWriting: () => boolean): Promise<string[]> {
  const sender = randomUUID()
  const sent: string[] = []
  for (let batch = 1; isWriting(); batch++) {
    const messages = [0, 1, 2, 3, 4].map((line) => `${name} ${batch} ${line}`)
    const body = JSON.stringify(messages.map((message) => ({ message, source: 'restart' })))
    const headers = {
      ...HEADERS,
      'content-type': 'application/json',
      'x-sender': sender,
      'x-batch': `${batch}`,
    }
    for (;;) {
      const answer = await fetch(`${server.url}/api/logs`, { method: 'POST', headers, body })
      if (answer.status === 200) break
      expect([503, 507]).toContain(answer.status)
      await wait(20)
    }
    sent.push(...messages)
  }
  return sent
}

it('shows every subscriber each row once across restarts of the database, and stores each once', async () => {
  const stopping = new AbortController()
  const [one, other] = servers as [ServerProcess, ServerProcess]
  const readers = [[one], [other], [one, other]].map((of) => follow(of, 'source=restart', stopping.signal))
  await Promise.all(readers.map(({ began }) => began))
  let isWriting = true
  const writing = Promise.all(
    [one, other, one, other].map((server, index) => write(server, `writer ${index}`, () => isWriting)),
  )
  const more = (count: number) => {
    const wanted = readers.map(({ seen }) => seen.length + count)
    return expect
      .poll(() => readers.every(({ seen }, index) => seen.length >= (wanted[index] ?? 0)))
      .toBe(true)
  }
  await more(100)
  for (let restart = 0; restart < 2; restart++) {
    await database.restart()
    await more(100)
  }
  isWriting = false
  const sent = (await writing).flat().toSorted()
  await expect.poll(() => readers.every(({ seen }) => seen.length >= sent.length)).toBe(true)
  stopping.abort()
  for (const { seen, followed } of readers) {
    await followed
    expect(seen.toSorted()).toEqual(sent)
  }
  const answer = await fetch(`${one.url}/api/logs/stats?source=restart&hours=1`, { headers: HEADERS })
  expect(
    ((await answer.json()) as { data: { summary: { total_logs: number } } }).data.summary.total_logs,
  ).toBe(sent.length)
})
