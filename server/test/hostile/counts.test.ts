// One caller asks for counts over and over; docs/security.md has the figures.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

/** A third of the places, docs/security.md. */
const SHARE = 2

let server: TestServer
let [greedy, other] = ['', '']

beforeAll(async () => {
  server = await startTestServer()
  await server.send('POST', '/api/logs', { message: 'a line', source: 'api' })
  const made = async (name: string) =>
    (await server.send('POST', '/api/keys', { name, scope: 'read' })).body.data.secret as string
  ;[greedy, other] = [await made('greedy'), await made('other')]
})
afterAll(() => server.close())

const ask = (path: string, key: string) =>
  fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } }).then(({ status }) => status)

it.each(['/api/logs/facets', '/api/logs/stats', '/api/debug/services'])(
  '%s has two places for one key, and one for each other caller',
  async (path) => {
    const { pool } = server.database.database
    const counting = async () => {
      const { rows } = await pool.query<{ count: number }>(`
      select count(*)
      from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%/* count\\_by\\_dimensions */%'
        and pid <> pg_backend_pid()`)
      return rows[0]?.count
    }
    // No statement counts while this is held: all that have begun are seen at once.
    const holder = await server.database.database.connect()
    await holder.query('begin')
    await holder.query('lock table log_counts_minute, log_counts_day in access exclusive mode')
    const answers = Array.from({ length: 20 }, () => ask(path, greedy))
    await expect.poll(counting).toBe(SHARE)
    answers.push(ask(path, other))
    await expect.poll(counting).toBe(SHARE + 1)
    answers.push(ask(path, server.apiKey))
    await expect.poll(counting).toBe(SHARE + 2)
    await holder.query('rollback')
    expect(new Set(await Promise.all(answers))).toEqual(new Set([200]))
    await holder.end()
  },
)
