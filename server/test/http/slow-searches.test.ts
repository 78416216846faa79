// Searches that take all their allowed time: their replies, and that no other request waits for them.
import type { EventEmitter } from 'node:events'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEvents } from '../support/event-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

/** Each look ahead goes to the end of the line from every place in it. */
const SLOW = '/(?=.*a)(?=.*b)(?=.*c)(?!.*d).*e/'

/** More than there are connections; a third of the places for searches belong to one caller. */
const SEARCHES = 30

beforeAll(async () => {
  server = await startTestServer()
  const line = { message: 'a'.repeat(200_000), source: 'worker' }
  await server.send(
    'POST',
    '/api/logs',
    Array.from({ length: 20 }, () => line),
  )
  await server.send('POST', '/api/logs', { message: 'newest', source: 'api' })
})

afterAll(() => server.close())

function search(path: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.url}${path}${path.includes('?') ? '&' : '?'}q=${encodeURIComponent(SLOW)}`, {
    headers: { authorization: `Bearer ${server.apiKey}` },
    ...(signal ? { signal } : {}),
  })
}

async function searching(): Promise<number> {
  const { rows } = await server.database.database.pool.query<{ count: number }>(`
    select count(*)
    from pg_stat_activity
    where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`)
  return rows[0]?.count ?? 0
}

it('an expression that takes for ever is stopped by the time limit and says how far it came, within what was asked', async () => {
  const end = new Date().toISOString()
  const later = new Date(Date.now() + 30 * 86_400_000).toISOString()
  const before = new Date(Date.now() - 86_400_000).toISOString()
  const searchedTo = async (path: string) => {
    const response = await search(path)
    const { data } = (await response.json()) as { data: { pagination: Record<string, string> } }
    expect(response.status).toBe(200)
    expect(data.pagination).toMatchObject({ total_items: 0, total_is_exact: false })
    return Date.parse(data.pagination.searched_to ?? '')
  }
  const asked = ['/api/logs', `/api/logs?end_date=${end}`, `/api/logs?start_date=${before}&end_date=${later}`]
  const [open, ended, ranged] = await Promise.all(asked.map(searchedTo))
  // Partitions are made ahead: the newest partition, which is searched first, ends tomorrow or later.
  expect(open).toBeLessThanOrEqual(Date.now())
  expect(ended).toBeLessThanOrEqual(Date.parse(end))
  expect(ranged).toBeLessThanOrEqual(Date.now())
  expect(ranged).toBeGreaterThanOrEqual(Date.parse(before))
  expect(await searching()).toBe(0)
})

it.each([
  '/api/logs',
  '/api/logs/stats',
  '/api/logs/stats?start_date=2020-01-01&end_date=2099-01-01',
  '/api/logs/histogram',
  '/api/logs/facets',
])('more of them at %s than there are connections keep nobody from reading or writing', async (path) => {
  const stopped = new AbortController()
  let ended = 0
  const searches = Array.from({ length: SEARCHES }, () =>
    search(path, stopped.signal).then(
      () => ended++,
      () => undefined,
    ),
  )
  await expect.poll(searching).toBeGreaterThanOrEqual(3)
  const stored = await server.send('POST', '/api/logs', { message: 'stored meanwhile', source: 'api' })
  const newest = await server.get('/api/logs?limit=1')
  const stats = await server.get('/api/logs/stats')
  expect([stored.status, newest.status, stats.status]).toEqual([200, 200, 200])
  expect(newest.body.data.logs[0].message).toBe('stored meanwhile')
  expect(ended).toBe(0)
  stopped.abort()
  await Promise.all(searches)
  await expect.poll(searching).toBe(0)
})

it('more live views of them than there are connections keep nobody from reading or writing', async () => {
  const streams = await Promise.all(
    // Views that ask the same share what is read for them.
    Array.from({ length: SEARCHES }, (_, index) =>
      openEvents(`${server.url}/api/logs/stream?q=${encodeURIComponent(`${SLOW} -other${index}`)}`, {
        authorization: `Bearer ${server.apiKey}`,
      }),
    ),
  )
  try {
    await server.send('POST', '/api/logs', { message: 'a'.repeat(200_000), source: 'worker' })
    await expect.poll(searching).toBeGreaterThanOrEqual(3)
    const stored = await server.send('POST', '/api/logs', { message: 'stored meanwhile', source: 'api' })
    const newest = await server.get('/api/logs?limit=1')
    expect([stored.status, newest.body.data.logs[0].message]).toEqual([200, 'stored meanwhile'])
    expect(await searching()).toBeGreaterThan(0)
  } finally {
    for (const stream of streams) stream.close()
  }
  // Nobody waits for them any more.
  await expect.poll(searching).toBe(0)
})

it('a live view that asks what a view of a busy caller asks waits for its own turn alone', async () => {
  const keyOf = async (name: string) =>
    (await server.send('POST', '/api/keys', { name, scope: 'read' })).body.data.secret as string
  const [busy, other] = [await keyOf('busy'), await keyOf('other')]
  const as = (key: string) => ({ authorization: `Bearer ${key}` })
  const view = `${server.url}/api/logs/stream?q=${encodeURIComponent('"for both"')}`
  const stopped = new AbortController()
  const streams = [await openEvents(view, as(busy)), await openEvents(view, as(other))] as const
  const searches = Array.from({ length: 6 }, (_, index) =>
    fetch(`${server.url}/api/logs?q=${encodeURIComponent(`${SLOW} -other${index}`)}`, {
      ...{ headers: as(busy), signal: stopped.signal },
    }).catch(() => undefined),
  )
  try {
    await expect.poll(searching).toBe(3)
    await server.send('POST', '/api/logs', { message: 'one line for both', source: 'api' })
    const rowsOf = ({ events }: (typeof streams)[number]) => events.filter(({ data }) => data?.rows)
    await streams[1].until(() => rowsOf(streams[1]).length > 0)
    // The busy caller's places are still taken.
    expect(rowsOf(streams[0])).toEqual([])
  } finally {
    stopped.abort()
    for (const stream of streams) stream.close()
    await Promise.all(searches)
  }
  await expect.poll(searching).toBe(0)
})

describe('a search that was asked for with a body', () => {
  const end = `${Date.now() + 86_400_000}000000`
  const loki = { query: '{source="worker"} |= "other"', start: `${Date.now() - 86_400_000}000000`, end }
  const tool = { name: 'search_lines', arguments: { q: 'other' } }
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: tool }
  const key = () => ({ authorization: `Bearer ${server.apiKey}` })
  const ways: [path: string, headers: Record<string, string>, body: string][] = [
    [
      '/loki/api/v1/query_range',
      { 'content-type': 'application/x-www-form-urlencoded' },
      String(new URLSearchParams(loki)),
    ],
    [
      '/mcp',
      { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      JSON.stringify(call),
    ],
  ]

  it.each(ways)(
    '%s ends in the database when its client leaves, and else is answered',
    async (path, type, body) => {
      const { pool } = server.database.database
      const holder = await pool.connect()
      const ends = endsOf(pool)
      const waiting = async () => {
        const { rows } = await pool.query<{ pid: number }>(`
          select pid
          from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query ~ 'message'`)
        return rows.length
      }
      const ask = (signal?: AbortSignal) => {
        const options = { method: 'POST', headers: { ...key(), ...type }, body, ...(signal && { signal }) }
        return fetch(`${server.url}${path}`, options)
      }
      try {
        // Holds every search for as long as the test wants.
        await holder.query('begin')
        await holder.query('lock table logs in access exclusive mode')
        const leaving = new AbortController()
        const left = ask(leaving.signal).catch(() => 'left')
        await expect.poll(waiting).toBe(1)
        leaving.abort()
        expect(await left).toBe('left')
        await expect.poll(waiting).toBe(0)
        // Not by its time limit.
        await expect.poll(() => ends).toEqual(['canceling statement due to user request'])
        const stays = ask()
        await expect.poll(waiting).toBe(1)
        await holder.query('rollback')
        const answer = await stays
        expect([answer.status, await answer.text()]).toEqual([
          200,
          expect.stringMatching(/"success"|Matching lines: 0/),
        ])
      } finally {
        await holder.query('rollback')
        holder.release()
      }
    },
  )
})

/** The errors by which PostgreSQL ends statements from now on. */
function endsOf(pool: pg.Pool): string[] {
  const ends: string[] = []
  const known = new Set<pg.PoolClient>()
  pool.on('acquire', (client) => {
    if (known.has(client)) return
    known.add(client)
    const { connection } = client as pg.PoolClient & { connection: EventEmitter }
    connection.on('errorMessage', ({ message }: Error) => ends.push(message))
  })
  return ends
}
