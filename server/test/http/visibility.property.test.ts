// The visible rows of people and keys with some cameras, by every way of reading, against plain code.
import type { Level } from '@timelapser/logger'
import fc from 'fast-check'
import type { RouteOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { records } from '../store/arbitraries.ts'
import { type ModelRow, matches } from '../store/brute-force.ts'
import { Browser } from '../support/browser.ts'
import { openEvents } from '../support/event-client.ts'
import { randomRuns } from '../support/random-runs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { CAMERAS, idOf, RANGE, type Reader, visibilityChecks } from './visibility-checks.ts'

let server: TestServer
let rows: ModelRow[]
let viewer: Browser
const readRoutes = new Set<string>()

beforeAll(async () => {
  server = await startTestServer({
    onRoute: ({ method, url, config }: RouteOptions) => {
      const isRead = config?.access === 'read' || config?.access === 'any'
      if (isRead && [method].flat().includes('GET')) readRoutes.add(url)
    },
  })
  const sent = fc.sample(records, { numRuns: 400, seed: 4 })
  const { body } = await server.send('POST', '/api/logs', sent, { 'x-import': 'true' })
  expect(body.data.accepted).toBe(sent.length)
  rows = sent.map((record, index) => ({ ...record, id: body.data.first_id + index }))
  for (const id of CAMERAS) await server.send('PUT', `/api/cameras/${id}`, { name: `Name ${id}` })
  for (const target of [...CAMERAS, 99]) {
    await server.send('PUT', '/api/levels', { scope: 'camera', target, level: 'DEBUG', minutes: 60 })
  }
  await server.send('PUT', '/api/levels', {
    scope: 'source',
    target: 'camera_1',
    level: 'DEBUG',
    minutes: 60,
  })
  await server.send('PUT', '/api/settings', { retention_by_source: { barn: 90 }, redaction: ['barn'] })
  viewer = new Browser(server.url)
  const link = await server.send('POST', '/api/users/link', { username: 'viewer', role: 'viewer' })
  const secret = link.body.data.url.split('#link=')[1]
  await viewer.post('/api/auth/link', { secret, username: 'viewer', password: 'correct horse battery' })
})
afterAll(() => server.close())

const checks = () => Object.values(visibilityChecks(server, rows))

/** A key, or our viewer, with these cameras from now on. */
async function readerOf(grants: number[], kind: 'key' | 'user', min_level?: Level): Promise<Reader> {
  if (kind === 'key') {
    const input = { name: 'reader', scope: 'read', cameras: grants, min_level }
    const { body } = await server.send('POST', '/api/keys', input)
    return {
      grants,
      ...(min_level && { min_level }),
      headers: { authorization: `Bearer ${body.data.secret}` },
    }
  }
  const { pool } = server.database.database
  await pool.query('update auth_users set cameras = $1 where username = $2', [grants, 'viewer'])
  await pool.query(`select pg_notify('sessions', '')`)
  const reader = { grants, headers: { authorization: '', cookie: viewer.cookie } }
  const seen = async () =>
    (await server.send('GET', '/api/cameras', undefined, reader.headers)).body.data.cameras.map(idOf)
  await expect.poll(async () => (await seen()).toSorted()).toEqual(grants.toSorted())
  return reader
}

/** The place where each way of reading is tested: a check above, a test below, or why it shows nothing of logs. */
const LOOKED_AT: Record<string, string> = {
  '/api/logs': 'list',
  '/api/logs/search': 'search',
  '/api/logs/stats': 'stats',
  '/api/logs/sources': 'sources',
  '/api/logs/histogram': 'histogram',
  '/api/logs/chart': 'charts, from kept counts and from lines',
  '/api/logs/facets': 'facets',
  '/api/logs/:id': 'one log by id',
  '/api/logs/cameras/:camera_id': "one camera's logs",
  '/api/logs/:id/context': 'the surroundings of a log',
  '/api/debug/errors': 'messages by shape',
  '/api/debug/new': 'what is new',
  '/api/debug/loggers': 'loggers',
  '/api/debug/fields': 'fields',
  '/api/debug/services': 'last lines of services',
  '/api/debug/requests/:request_id': 'in debugging.test.ts',
  '/api/boards': 'in views.test.ts: they hold no logs',
  '/api/boards/:id': 'in views.test.ts: they hold no logs',
  '/api/marks': 'in views.test.ts: they hold no logs',
  '/api/views': 'views.test.ts: they hold no logs',
  '/api/logs/export': 'export, with its total',
  '/api/cameras': 'cameras',
  '/loki/api/v1/query_range': "Loki's lines, labels, series and counts",
  '/loki/api/v1/query': "Loki's lines, labels, series and counts",
  '/loki/api/v1/tail': 'in loki-tail.test.ts',
  '/loki/api/v1/series': "Loki's lines, labels, series and counts",
  '/loki/api/v1/label/:name/values': "Loki's lines, labels, series and counts",
  '/loki/api/v1/index/stats': "Loki's volumes, fields and patterns",
  '/loki/api/v1/index/volume': "Loki's volumes, fields and patterns",
  '/loki/api/v1/index/volume_range': "Loki's volumes, fields and patterns",
  '/loki/api/v1/detected_labels': "Loki's volumes, fields and patterns",
  '/loki/api/v1/detected_fields': "Loki's volumes, fields and patterns",
  '/loki/api/v1/detected_field/:name/values': "Loki's volumes, fields and patterns",
  '/loki/api/v1/patterns': "Loki's volumes, fields and patterns",
  '/loki/api/v1/format_query': 'the query itself',
  '/mcp': 'in assistants.test.ts',
  '/loki/api/v1/drilldown-limits': 'limits, the same for all',
  '/loki/api/v1/status/config': 'limits, the same for all',
  '/loki/api/v1/labels': 'the names of labels, always the same',
  '/loki/api/v1/label': 'the names of labels, always the same',
  '/loki/api/v1/status/buildinfo': 'a version',
  '/api/cameras/activity': 'activity of cameras',
  '/api/alerts': 'in alerts.test.ts: a rule sees what its owner sees',
  '/api/alerts/summary': 'in alerts.test.ts: a rule sees what its owner sees',
  '/api/alerts/rules/:id/why': 'in alerts.test.ts: a rule sees what its owner sees',
  '/api/alerts/history': 'in alerts.test.ts: a rule sees what its owner sees',
  '/api/alerts/deliveries': 'in alerts.test.ts: a rule sees what its owner sees',
  '/api/alerts/silences': 'they hold no logs',
  '/api/alerts/digest': 'it holds no logs',
  '/api/alerts/digest/preview': 'in alerts.test.ts: a digest shows what its owner sees',
  '/api/alerts/channels': 'they hold no logs',
  '/api/logs/stream': 'live, below',
  '/api/events': 'live, below',
  '/api/levels': 'levels',
  '/api/settings': 'settings',
  '/metrics': 'metrics, which count everything',
  '/api/settings/schema': 'what settings may be',
  '/api/session': 'who asks',
  '/api/sessions': 'where the one who asks is signed in',
  '/api/auth/two-factor': 'the second factor of the one who asks',
}

it('looks at every way of reading', () => {
  const missing = [...readRoutes].filter((url) => !Object.hasOwn(LOOKED_AT, url))
  expect(missing, 'add a check to visibilityChecks, then say so in LOOKED_AT').toEqual([])
})

const grants = fc.uniqueArray(fc.constantFrom(...CAMERAS), { minLength: 1, maxLength: 4 })

describe('a reader with some cameras sees their rows and no trace of others', () => {
  it.each(['key', 'user'] as const)('as a %s, whatever the cameras', async (kind) => {
    await fc.assert(
      fc.asyncProperty(grants, async (cameras) => {
        const reader = await readerOf(cameras, kind)
        for (const check of checks()) await check(reader)
      }),
      { numRuns: randomRuns(6) },
    )
  })

  it('as a key that reads warnings and above', async () => {
    const reader = await readerOf([1, 2, 4], 'key', 'WARNING')
    for (const check of checks()) await check(reader)
  })

  it('as a key that reads errors of all cameras, with no numbers of other levels', async () => {
    const { body } = await server.send('POST', '/api/keys', { name: 'e', scope: 'read', min_level: 'ERROR' })
    const headers = { authorization: `Bearer ${body.data.secret}` }
    const get = (path: string) => server.send('GET', path, undefined, headers)
    expect((await get('/metrics')).status).toBe(403)
    const { summary } = (await get(`/api/logs/stats?${RANGE}`)).body.data
    const errors = rows.filter(({ level }) => level === 'ERROR' || level === 'CRITICAL')
    expect(summary).toMatchObject({ total_logs: errors.length, info_count: 0, warning_count: 0 })
  })

  it('as somebody without any camera', async () => {
    const reader = await readerOf([], 'user')
    for (const check of checks()) await check(reader)
  })

  it('in events of what else happens: of their cameras alone, and no numbers', async () => {
    const some = await readerOf([1, 4], 'key')
    const all = { headers: { authorization: `Bearer ${server.apiKey}` } }
    const [client, whole] = [
      await openEvents(`${server.url}/api/events`, some.headers),
      await openEvents(`${server.url}/api/events`, all.headers),
    ]
    const told = ({ events }: typeof client, type: string) =>
      events.filter(({ event }) => event === type).map(({ data }) => data.data)
    for (const id of [2, 3, 4]) await server.send('PUT', `/api/cameras/${id}`, { name: `Name ${id}` })
    await server.send('DELETE', '/api/logs/cleanup?days_to_keep=365')
    for (const one of [client, whole]) await one.until(() => told(one, 'logs_cleaned').length > 0)
    client.close()
    whole.close()
    expect(told(whole, 'camera_changed').map(({ camera_id }) => camera_id)).toEqual([2, 3, 4])
    expect(told(whole, 'logs_cleaned')[0]).toHaveProperty('deleted_count')
    expect(told(client, 'camera_changed')).toEqual([{ camera_id: 4 }])
    expect(told(client, 'logs_cleaned')).toEqual([{}])
  })

  it.each<[string, Level | undefined]>([
    ['/api/events', undefined],
    ['/api/logs/stream', undefined],
    ['/api/events', 'WARNING'],
    ['/api/logs/stream', 'WARNING'],
  ])('in %s, with the lowest level %s', async (path, min_level) => {
    const reader = await readerOf([1, 4], 'key', min_level)
    const live = `live ${path} ${min_level}`
    const client = await openEvents(`${server.url}${path}`, reader.headers)
    const sent = fc.sample(records, { numRuns: 80, seed: 5 }).map((record, index) => ({
      ...record,
      // All at once would be announced as a number.
      message: `${live} ${index}`,
    }))
    const last = {
      level: 'CRITICAL',
      source: 'camera_4',
      message: `${live} last`,
      timestamp: sent[0]?.timestamp,
    }
    const { body } = await server.send('POST', '/api/logs', [...sent, last], { 'x-import': 'true' })
    const came = () =>
      client.events
        .flatMap(({ data }) => data.rows ?? [data.data])
        .map((row: { message: string }) => row?.message)
        .filter((message) => message?.startsWith(live))
    await client.until(() => came().includes(`${live} last`))
    client.close()
    const added = sent.map((record, index) => ({ ...record, id: body.data.first_id + index }))
    const visibility = { cameras: [1, 4], ...(min_level && { min_level }) }
    const expected = added.filter((row) => matches({ visibility }, row))
    expect(expected.length).toBeGreaterThan(0)
    expect(came().toSorted()).toEqual([...expected.map(({ message }) => message), last.message].toSorted())
  })
})
