// Two servers on one database: subscribers of each server see the rows stored by the other, each row once.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type EventClient, openEvents } from '../support/event-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let database: TestDatabase
let servers: TestServer[]
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

async function subscribe(server: TestServer | undefined, query = ''): Promise<EventClient> {
  if (!server) throw new Error('no such server')
  const client = await openEvents(`${server.url}/api/logs/stream${query}`, {
    authorization: `Bearer ${server.apiKey}`,
  })
  clients.push(client)
  return client
}

const messages = (client: EventClient): string[] =>
  client.events.flatMap(({ data }) => data.rows ?? []).map((row: { message: string }) => row.message)

/** `batches` batches of ten from each of eight writers, four at each server, all at once. */
async function writeFromEverywhere(batches: number, name: string): Promise<string[]> {
  const sent: string[] = []
  await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      for (let batch = 0; batch < batches; batch++) {
        const lines = Array.from({ length: 10 }, (_, line) => `${name} ${writer} ${batch} ${line}`)
        const answer = await servers[writer % 2]?.send(
          'POST',
          '/api/logs',
          lines.map((message) => ({ message })),
        )
        expect(answer?.body.data.accepted).toBe(10)
        sent.push(...lines)
      }
    }),
  )
  return sent
}

it('shows every subscriber each row exactly once under concurrent writers, across reconnects', async () => {
  const steady = [await subscribe(servers[0]), await subscribe(servers[1])]
  const moving = await subscribe(servers[0])
  const first = writeFromEverywhere(10, 'first')
  await moving.until(() => messages(moving).length > 50)
  const position = moving.lastId()
  const seenBefore = messages(moving)
  moving.close()
  const sent = [...(await first), ...(await writeFromEverywhere(5, 'second'))]
  // It comes back at the other server.
  const resumed = await subscribe(servers[1], `?last_event_id=${position}`)
  for (const client of steady) await client.until(() => messages(client).length >= sent.length)
  await resumed.until(() => seenBefore.length + messages(resumed).length >= sent.length)
  for (const client of steady) expect(messages(client).toSorted()).toEqual(sent.toSorted())
  expect([...seenBefore, ...messages(resumed)].toSorted()).toEqual(sent.toSorted())
})

it('is not held up by a long transaction elsewhere', async () => {
  const { pool } = database.database
  const idle = await pool.connect()
  try {
    await idle.query('begin isolation level repeatable read')
    await idle.query('select count(*) from logs')
    await idle.query(`insert into settings (name, value) values ('unrelated', '1')`)
    const client = await subscribe(servers[1])
    await servers[0]?.send('POST', '/api/logs', { message: 'not held up' })
    await client.until(() => messages(client).length === 1)
    expect(messages(client)).toEqual(['not held up'])
  } finally {
    await idle.query('rollback')
    idle.release()
  }
})

it('goes on without gap or repeat when the connections to the database are cut', async () => {
  const client = await subscribe(servers[0])
  await servers[1]?.send('POST', '/api/logs', { message: 'before' })
  await client.until(() => messages(client).length === 1)
  const position = client.lastId()
  const admin = await database.database.connect()
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  await admin.end()
  const answer = await postUntilStored('after')
  expect(answer.status).toBe(200)
  // A stream whose read failed ends, and the client resumes, as a browser does.
  const resumed = await subscribe(servers[0], `?last_event_id=${position}`)
  await resumed.until(() => messages(resumed).length >= 1)
  expect(messages(resumed)).toEqual(['after'])
})

it('tells both of a setting and of parse rules changed at one', async () => {
  const rules = [{ name: 'noise', sources: ['noisy'], actions: [{ do: 'drop' }] }]
  await servers[0]?.send('PUT', '/api/parse-rules', { rules })
  const dropped = async () => {
    const line = { message: 'noise', source: 'noisy', level: 'CRITICAL' }
    return (await servers[1]?.send('POST', '/api/logs', line))?.body.data.filtered
  }
  await expect.poll(dropped).toBe(1)
  await servers[0]?.send('PUT', '/api/settings', { log_level: 'ERROR' })
  await expect
    .poll(async () => (await servers[1]?.send('POST', '/api/logs', { message: 'quiet' }))?.body.data.filtered)
    .toBe(1)
})

/** The pool may hand out connections that were just cut; a sender repeats its batch, which is stored once. */
async function postUntilStored(message: string) {
  const headers = { 'x-sender': crypto.randomUUID(), 'x-batch': '1' }
  for (let attempt = 0; ; attempt++) {
    const answer = await servers[1]?.send('POST', '/api/logs', { message }, headers)
    if (answer && (answer.status === 200 || attempt > 20)) return answer
  }
}
