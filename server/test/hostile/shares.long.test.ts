// One caller takes every place there is; docs/security.md has the figures.
import type { LogRecord } from '@timelapser/logger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { openDownload } from '../support/download.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let [greedy, other] = ['', '']

beforeAll(async () => {
  server = await startTestServer({ unreadMs: 400 })
  const { pool } = server.database.database
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  const rows = Array.from({ length: 4000 }, (_, index): LogRecord => {
    const timestamp = new Date(Date.parse('2026-06-01T00:00:00Z') + index * 1000).toISOString()
    const message = `${'x'.repeat(4000)} ${index}`
    return { timestamp, level: 'INFO', source: 'api', message, ...NOTHING }
  })
  await logs.addLogEntries(rows)
  await logs.close()
  const made = async (name: string) =>
    (await server.send('POST', '/api/keys', { name, scope: 'read' })).body.data.secret as string
  ;[greedy, other] = [await made('greedy'), await made('other')]
})
afterAll(() => server.close())

const NOTHING = { logger_name: null, camera_id: null, extra_data: null }
const as = (key: string) => ({ authorization: `Bearer ${key}` })
const get = (path: string, key: string, signal?: AbortSignal) =>
  fetch(server.url + path, { headers: as(key), ...(signal && { signal }) })

describe('exports that nobody reads', () => {
  const open = async (key: string) => {
    const reply = await openDownload(`${server.url}/api/logs/export`, as(key))
    reply.on('error', () => undefined)
    return reply
  }

  it('leave places to others, and end', async () => {
    const unread = await Promise.all([1, 2, 3, 4].map(() => open(greedy)))
    expect(unread.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 429, 429])
    for (const key of [other, server.apiKey]) {
      const reply = await open(key)
      expect(reply.statusCode).toBe(200)
      reply.destroy()
    }
    // A client that reads nothing does not see that the other side has closed.
    const again = async () => {
      const reply = await open(greedy)
      reply.destroy()
      return reply.statusCode
    }
    await expect.poll(again).toBe(200)
    for (const reply of unread) reply.destroy()
  })
})

describe('searches that take as long as they may', () => {
  const SEARCHES = 60
  /** A third of the places for searches, docs/security.md. */
  const SHARE = 3

  /** Each look ahead goes to the end of the line from every place in it. */
  const slowSearch = (letter: string) =>
    `/api/logs?q=${encodeURIComponent(`/(?=.*a)(?=.*b)(?=.*c)(?!.*d).*${letter}/`)}`
  const scans = async () => {
    const { rows } = await server.database.database.pool.query<{ count: number }>(`
      select count(*)
      from pg_stat_activity
      where datname = current_database() and state = 'active' and leader_pid is null
        and query like '%/* search\\_in\\_order */%' and pid <> pg_backend_pid()`)
    return rows[0]?.count ?? 0
  }

  it('take a third of the places, and others are answered before them', async () => {
    const leaving = new AbortController()
    let answered = 0
    const search = async (key: string, letter: string) => {
      const response = await get(slowSearch(letter), key, leaving.signal)
      answered++
      return response.status
    }
    const searches = Array.from({ length: SEARCHES }, () => search(greedy, 'e').catch(() => undefined))
    await expect.poll(scans).toBe(SHARE)
    expect((await get('/api/logs?limit=5', other)).status).toBe(200)

    let areOthersAnswered = false
    const others = Promise.all([search(other, 'f'), search(server.apiKey, 'g')])
    const most = (async () => {
      let seen = 0
      while (!areOthersAnswered) seen = Math.max(seen, await scans())
      return seen
    })()
    expect(await others).toEqual([200, 200])
    areOthersAnswered = true
    // The greedy key alone would need twenty turns; another's search takes one.
    expect(answered).toBeLessThan(SEARCHES / 2)
    expect(await most).toBeLessThanOrEqual(SHARE + 2)
    leaving.abort()
    await Promise.all(searches)
    await expect.poll(scans).toBe(0)
  })
})
