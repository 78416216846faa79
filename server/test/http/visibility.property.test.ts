// The visible rows of people and keys with some cameras, by every way of reading, against plain code.
import { LEVELS, type Level } from '@timelapser/logger'
import fc from 'fast-check'
import type { RouteOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { messageShape } from '../../src/service/insights/message-shape.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { records } from '../store/arbitraries.ts'
import { byLevel, type ModelRow, matches, newestFirst } from '../store/brute-force.ts'
import { Browser } from '../support/browser.ts'
import { download } from '../support/download.ts'
import { openEvents } from '../support/event-client.ts'
import { randomRuns } from '../support/random-runs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const CAMERAS = [1, 2, 3, 4, 5]
const RANGE = 'start_date=2026-01-01T00:00:00Z&end_date=2026-05-01T00:00:00Z'

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

type Reader = { grants: number[]; min_level?: Level; headers: Record<string, string> }

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
  const seen = async () => (await read(reader, '/api/cameras')).body.data.cameras.map(idOf)
  await expect.poll(async () => (await seen()).toSorted()).toEqual(grants.toSorted())
  return reader
}

const idOf = ({ id }: { id: number }) => id
const read = ({ headers }: Reader, path: string) => server.send('GET', path, undefined, headers)
const dataOf = async (reader: Reader, path: string) => (await read(reader, path)).body.data
const visible = ({ grants, min_level }: Reader, filter: Omit<LogFilter, 'visibility'> = {}) =>
  newestFirst(
    rows.filter((row) =>
      matches({ visibility: { cameras: grants, ...(min_level && { min_level }) }, ...filter }, row),
    ),
  )

/** Each way of reading: its answer, and what it should be. */
const CHECKS: Record<string, (reader: Reader) => Promise<void>> = {
  list: async (reader) => {
    const { logs, pagination } = await dataOf(reader, '/api/logs?limit=1000')
    expect(logs.map(idOf)).toEqual(visible(reader).map(idOf))
    expect(pagination).toMatchObject({ total_items: logs.length, total_is_exact: true })
  },
  'list of each camera by filter': async (reader) => {
    for (const camera of CAMERAS) {
      const { pagination } = await dataOf(reader, `/api/logs?camera_id=${camera}&limit=1`)
      expect(pagination.total_items).toBe(visible(reader, { cameras: [camera] }).length)
    }
  },
  search: async (reader) => {
    const { logs, pagination } = await dataOf(reader, '/api/logs/search?query=timeout&limit=1000')
    expect(logs.map(idOf)).toEqual(visible(reader, { search: 'timeout' }).map(idOf))
    expect(pagination.total_items).toBe(logs.length)
  },
  export: async (reader) => {
    const url = `${server.url}/api/logs/export?fields=id`
    const { body, headers } = await download(url, reader.headers)
    const lines = visible(reader).map(({ id }) => `{"id":${id}}\n`)
    expect(body.toString()).toBe(lines.reverse().join(''))
    expect(headers['x-export-total']).toBe(String(lines.length))
  },
  'search syntax, also where it says or and not': async (reader) => {
    const q = encodeURIComponent('camera:2 or -level:info or source:camera_4')
    const { logs } = await dataOf(reader, `/api/logs?q=${q}&limit=1000`)
    const found = visible(reader).filter(
      ({ camera_id, source, level }) =>
        camera_id === 2 || source === 'camera_2' || level !== 'INFO' || source === 'camera_4',
    )
    expect(logs.map(idOf)).toEqual(found.map(idOf))
  },
  stats: async (reader) => {
    const { summary } = await dataOf(reader, `/api/logs/stats?${RANGE}`)
    const seen = visible(reader)
    const counts = byLevel(seen)
    expect(summary).toMatchObject({
      total_logs: seen.length,
      critical_count: counts.CRITICAL,
      error_count: counts.ERROR,
      warning_count: counts.WARNING,
      info_count: counts.INFO,
      debug_count: counts.DEBUG,
      unique_sources: new Set(seen.map(({ source }) => source)).size,
      unique_cameras: new Set(seen.flatMap(({ camera_id }) => camera_id ?? [])).size,
      first_log_at: seen.at(-1)?.timestamp ?? null,
      last_log_at: seen[0]?.timestamp ?? null,
    })
  },
  sources: async (reader) => {
    const { sources, total_sources } = await dataOf(reader, '/api/logs/sources')
    const bySource = Map.groupBy(visible(reader), ({ source }) => source)
    const found = [...bySource].map(([source, of]) => ({
      source,
      log_count: of.length,
      last_log_at: of[0]?.timestamp ?? null,
      error_count: byLevel(of).ERROR,
      warning_count: byLevel(of).WARNING,
    }))
    const byName = (a: { source: string }, b: { source: string }) => (a.source < b.source ? -1 : 1)
    expect(sources.toSorted(byName)).toEqual(found.toSorted(byName))
    expect(total_sources).toBe(found.length)
  },
  histogram: async (reader) => {
    const { total, buckets } = await dataOf(reader, `/api/logs/histogram?${RANGE}`)
    const counts = byLevel(visible(reader))
    expect(total).toBe(visible(reader).length)
    for (const level of LEVELS) {
      const name = level.toLowerCase()
      const sum = buckets.reduce(
        (all: number, bucket: Record<string, number>) => all + (bucket[name] ?? 0),
        0,
      )
      expect(sum).toBe(counts[level])
    }
  },
  'charts, from kept counts and from lines': async (reader) => {
    for (const name of ['source', 'logger_name'] as const) {
      const chart = await dataOf(reader, `/api/logs/chart?${RANGE}&by=${name}&limit=2`)
      const counted = [...Map.groupBy(visible(reader), (row) => row[name])]
      const told = chart.series.map(({ values, lines }: { values: unknown[]; lines: number }) => [
        values[0],
        lines,
      ])
      for (const [value, lines] of told) {
        expect([value, lines]).toEqual([value, counted.find(([one]) => one === value)?.[1].length])
      }
      expect([chart.total_groups, chart.lines]).toEqual([counted.length, visible(reader).length])
    }
    const of = async (field: string) =>
      (await dataOf(reader, `/api/logs/chart?${RANGE}&measure=distinct&totals=true&field=${field}`)).series[0]
        .value
    expect(await of('source')).toBe(new Set(visible(reader).map(({ source }) => source)).size)
  },
  facets: async (reader) => {
    const facets = await dataOf(reader, `/api/logs/facets?${RANGE}`)
    const told = (name: string) =>
      Object.fromEntries(facets[name].map(({ value, count }: Record<string, unknown>) => [value, count]))
    for (const name of ['level', 'source'] as const) {
      const counted = [...Map.groupBy(visible(reader), (row) => row[name])]
      expect(told(name)).toEqual(Object.fromEntries(counted.map(([value, of]) => [value, of.length])))
    }
    // A camera's are those with its id and those of its source, which may be another's.
    const ofCameras = CAMERAS.map((id) => [id, visible(reader, { cameras: [id] }).length] as const)
    expect(told('camera_id')).toEqual(Object.fromEntries(ofCameras.filter(([, count]) => count > 0)))
    for (const { value, label } of facets.camera_id) {
      expect(label).toBe(reader.grants.includes(value) ? `Name ${value}` : `Camera ${value}`)
    }
  },
  'messages by shape': async (reader) => {
    const { groups, total } = await dataOf(reader, `/api/debug/errors?${RANGE}&min_level=DEBUG&limit=500`)
    const shapes = [...Map.groupBy(visible(reader), ({ message }) => messageShape(message))]
    const told = groups.map((group: { shape: string; count: number }) => [group.shape, group.count])
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(shapes.map(([shape, of]) => [shape, of.length])),
    )
    expect(total).toBe(visible(reader).length)
  },
  'what is new': async (reader) => {
    const since = '2026-03-31T00:00:00Z'
    const query = `start_date=${since}&end_date=2026-05-01T00:00:00Z&min_level=DEBUG&compared_days=30`
    const { groups, sources } = await dataOf(reader, `/api/debug/new?${query}`)
    const [present, before] = [
      visible(reader, { start: since }),
      visible(reader, { start: '2026-03-01T00:00:00Z' }),
    ]
    const past = before.filter((row) => !present.includes(row))
    const isNew = (of: (row: ModelRow) => string) => {
      const known = new Set(past.map(of))
      return [...new Set(present.map(of))].filter((value) => !known.has(value)).toSorted()
    }
    expect(groups.map(({ shape }: { shape: string }) => shape).toSorted()).toEqual(
      isNew(({ message }) => messageShape(message)),
    )
    expect(sources.map(({ source }: { source: string }) => source)).toEqual(isNew(({ source }) => source))
  },
  loggers: async (reader) => {
    const { loggers } = await dataOf(reader, `/api/debug/loggers?${RANGE}`)
    const counted = [...Map.groupBy(visible(reader), ({ logger_name }) => logger_name)]
    const told = loggers.map((one: { logger_name: string; count: number }) => [
      String(one.logger_name),
      one.count,
    ])
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(counted.map(([name, of]) => [String(name), of.length])),
    )
  },
  fields: async (reader) => {
    const { fields, total } = await dataOf(reader, `/api/debug/fields?${RANGE}&limit=500`)
    const lines = new Map<string, number>()
    for (const { extra_data } of visible(reader)) {
      for (const key of Object.keys(extra_data ?? {})) lines.set(key, (lines.get(key) ?? 0) + 1)
    }
    const told = fields.map((one: { field: string; lines: number }) => [one.field, one.lines])
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(lines))
    expect(total).toBe(visible(reader).length)
  },
  'last lines of services': async (reader) => {
    const names = ['api', 'camera_1', 'camera_4']
    const { services } = await dataOf(
      reader,
      `/api/debug/services?${names.map((name) => `service=${name}`).join('&')}`,
    )
    const newest = names.map((name) => visible(reader, { sources: [name] })[0]?.id)
    expect(services.map(({ last_log }: { last_log: ModelRow | null }) => last_log?.id)).toEqual(newest)
  },
  'the surroundings of a log': async (reader) => {
    const seen = visible(reader)
    for (const row of rows.filter((_, index) => index % 80 === 0)) {
      const { status, body } = await read(reader, `/api/logs/${row.id}/context?before=3&after=3`)
      const at = seen.indexOf(row)
      expect([row, status]).toEqual([row, at === -1 ? 404 : 200])
      if (at !== -1)
        expect(body.data.logs.map(idOf)).toEqual(seen.slice(Math.max(at - 3, 0), at + 4).map(idOf))
    }
  },
  'one log by id': async (reader) => {
    const seen = new Set(visible(reader).map(idOf))
    for (const row of rows.filter((_, index) => index % 40 === 0)) {
      const { status } = await read(reader, `/api/logs/${row.id}`)
      expect([row, status]).toEqual([row, seen.has(row.id) ? 200 : 404])
    }
  },
  "one camera's logs": async (reader) => {
    for (const camera of [...CAMERAS, 99]) {
      const { status, body } = await read(reader, `/api/logs/cameras/${camera}?limit=1000`)
      const seen = visible(reader, { cameras: [camera] })
      if (seen.length === 0 && !reader.grants.includes(camera))
        expect([camera, status]).toEqual([camera, 404])
      else expect(body.data.logs.map(idOf)).toEqual(seen.map(idOf))
    }
  },
  'export, with its total': async (reader) => {
    for (const search of ['', '&search=timeout']) {
      const response = await fetch(`${server.url}/api/logs/export?fields=id&order=newest${search}`, {
        headers: reader.headers,
      })
      const lines = (await response.text()).split('\n').filter(Boolean)
      const seen = visible(reader, search ? { search: 'timeout' } : {})
      expect(lines.map((line) => idOf(JSON.parse(line)))).toEqual(seen.map(idOf))
      expect(response.headers.get('x-export-total')).toBe(String(seen.length))
    }
  },
  cameras: async (reader) => {
    const { cameras, total_cameras } = await dataOf(reader, '/api/cameras')
    expect(cameras.map(idOf).toSorted()).toEqual(reader.grants.toSorted())
    expect(total_cameras).toBe(reader.grants.length)
  },
  'activity of cameras': async (reader) => {
    for (const hours of [24, 168]) {
      const end = '2026-04-02T20:10:30Z'
      const { cameras, start, bucket_seconds } = await dataOf(
        reader,
        `/api/cameras/activity?hours=${hours}&end_date=${end}`,
      )
      const seen = (id: number) => visible(reader, { cameras: [id], end: end.replace('30Z', '59.999999Z') })
      const stepOf = ({ timestamp }: { timestamp: string }) =>
        Math.floor((Date.parse(timestamp) - Date.parse(start)) / (bucket_seconds * 1000))
      const inSteps = (of: readonly ModelRow[]) => {
        const counts = new Array<number>((hours * 3600) / bucket_seconds).fill(0)
        for (const row of of) if (stepOf(row) >= 0) counts[stepOf(row)] = (counts[stepOf(row)] ?? 0) + 1
        return counts
      }
      const isError = ({ level }: ModelRow) => level === 'ERROR' || level === 'CRITICAL'
      const told = cameras.map((camera: Record<string, never>) => [camera.id, camera.logs, camera.errors])
      const expected = reader.grants.map((id) => [id, inSteps(seen(id)), inSteps(seen(id).filter(isError))])
      expect(told.toSorted()).toEqual(expected.toSorted())
      for (const { id, last_log } of cameras) {
        const [last] = visible(reader, { cameras: [id], end })
        expect([id, last_log?.id]).toEqual([id, last?.id])
      }
    }
  },
  "Loki's lines, labels, series and counts": async (reader) => {
    const range = 'start=2026-01-01T00:00:00Z&end=2026-05-01T00:00:00Z'
    const ask = (path: string) => dataOf(reader, `/loki/api/v1/${path}`)
    const all = encodeURIComponent('{level=~".+"}')
    const seen = visible(reader)
    type Stream = { values: [string, string][] }
    const streams: Stream[] = (await ask(`query_range?query=${all}&${range}&limit=1000`)).result
    const lines = streams.flatMap(({ values }) => values.map(([, line]) => line))
    expect(lines.toSorted()).toEqual(seen.map(({ message }) => message).toSorted())
    const valuesOf = async (label: string) => (await ask(`label/${label}/values?${range}`)).toSorted()
    expect(await valuesOf('source')).toEqual([...new Set(seen.map(({ source }) => source))].toSorted())
    expect(await valuesOf('level')).toEqual([...new Set(seen.map(({ level }) => level))].toSorted())
    const ofCameras = new Set(seen.flatMap(({ camera_id }) => camera_id ?? []))
    expect(await valuesOf('camera')).toEqual([...ofCameras].map(String).toSorted())
    const names = new Set(seen.flatMap(({ logger_name }) => logger_name ?? []))
    expect(await valuesOf('logger_name')).toEqual([...names].toSorted())
    const series = await ask(`series?match[]=${all}&${range}`)
    const distinct = new Set(
      seen.map(({ level, source, camera_id, logger_name }) =>
        JSON.stringify([level, source, camera_id, logger_name]),
      ),
    )
    expect(series.length).toBe(distinct.size)
    // From the kept counts, and from rows.
    for (const stages of ['', '| json | __error__=~".*"']) {
      const count = encodeURIComponent(`sum(count_over_time({level=~".+"} ${stages} [3000h]))`)
      const { result } = await ask(`query?query=${count}&time=2026-05-01T00:00:00Z`)
      const total = result.reduce(
        (sum: number, { value }: { value: [number, string] }) => sum + Number(value[1]),
        0,
      )
      expect(total).toBe(seen.length)
    }
  },
  "Loki's volumes, fields and patterns": async (reader) => {
    const range = 'start=2026-01-01T00:00:00Z&end=2026-05-01T00:00:00Z'
    const all = `query=${encodeURIComponent('{level=~".+"}')}`
    const ask = async (path: string) =>
      (await read(reader, `/loki/api/v1/${path}?${all}&${range}&limit=5000`)).body
    const seen = visible(reader)
    expect((await ask('index/stats')).entries).toBe(seen.length)
    const bytes = seen.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0)
    for (const path of ['index/volume', 'index/volume_range']) {
      const { result } = (await ask(path)).data
      type Volume = { value?: [number, string]; values?: [number, string][] }
      const points = result.flatMap(({ value, values }: Volume) => values ?? [value])
      const total = points.reduce((sum: number, [, of]: [number, string]) => sum + Number(of), 0)
      expect(total).toBeGreaterThanOrEqual(bytes)
      expect(total).toBeLessThanOrEqual(bytes + seen.length * 500)
      if (seen.length === 0) expect(total).toBe(0)
    }
    const levels = new Set(seen.map(({ level }) => level)).size
    const { detectedLabels } = await ask('detected_labels')
    const ofLevel = detectedLabels.find(({ label }: { label: string }) => label === 'level')
    expect(ofLevel?.cardinality ?? 0).toBe(levels)
    const patterns: { samples: [number, number][] }[] = (await ask('patterns')).data
    const counted = patterns.flatMap(({ samples }) => samples).reduce((sum, [, count]) => sum + count, 0)
    expect(counted).toBeLessThanOrEqual(seen.length)
    const { fields } = await ask('detected_fields')
    if (seen.every(({ extra_data }) => extra_data === null)) expect(fields).toEqual([])
  },
  levels: async (reader) => {
    const { overrides } = await dataOf(reader, '/api/levels')
    const targets = overrides.map(({ target }: { target: string }) => Number(target))
    expect(targets.toSorted()).toEqual(reader.grants.toSorted())
  },
  settings: async (reader) => {
    const { settings } = await dataOf(reader, '/api/settings')
    expect(settings).toMatchObject({ retention_by_source: {}, redaction: [], retention_days: 30 })
  },
  'metrics, which count everything': async (reader) => {
    expect((await read(reader, '/metrics')).status).toBe(403)
  },
  'pages from cursor to cursor': async (reader) => {
    const ids: number[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await dataOf(
        reader,
        `/api/logs?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      ids.push(...page.logs.map(idOf))
      cursor = page.pagination.next_cursor
    }
    expect(ids).toEqual(visible(reader).map(idOf))
  },
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
  expect(missing, 'add a check to CHECKS, then say so in LOOKED_AT').toEqual([])
})

const grants = fc.uniqueArray(fc.constantFrom(...CAMERAS), { minLength: 1, maxLength: 4 })

describe('a reader with some cameras sees their rows and no trace of others', () => {
  it.each(['key', 'user'] as const)('as a %s, whatever the cameras', async (kind) => {
    await fc.assert(
      fc.asyncProperty(grants, async (cameras) => {
        const reader = await readerOf(cameras, kind)
        for (const check of Object.values(CHECKS)) await check(reader)
      }),
      { numRuns: randomRuns(6) },
    )
  })

  it('as a key that reads warnings and above', async () => {
    const reader = await readerOf([1, 2, 4], 'key', 'WARNING')
    for (const check of Object.values(CHECKS)) await check(reader)
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
    for (const check of Object.values(CHECKS)) await check(reader)
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
