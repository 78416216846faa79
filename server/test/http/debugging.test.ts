// The debugging views against plain code over the same records.
import { LEVELS, type LogRecord } from '@timelapser/logger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditTrail } from '../../src/service/access/audit-trail.ts'
import { CameraService } from '../../src/service/administration/camera-service.ts'
import { DebuggingViews } from '../../src/service/insights/debugging-views.ts'
import { messageShape } from '../../src/service/insights/message-shape.ts'
import { SearchQueries } from '../../src/service/logs/log-query.ts'
import { generateDiverseLogScenarios } from '../../src/service/scenarios/generate-diverse-log-scenarios.ts'
import { comparable } from '../../src/store/database/timestamp.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { byLevel, type ModelRow, newestFirst } from '../store/brute-force.ts'
import { matchingLines } from '../support/matching-lines.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const DAY = 86_400_000
const TO = Math.floor(Date.now() / 1000) * 1000 - 60_000
const SINCE = new Date(TO - DAY).toISOString()
const UNTIL = new Date(TO).toISOString()

let server: TestServer
let rows: ModelRow[]

beforeAll(async () => {
  server = await startTestServer()
  const story = [...generateDiverseLogScenarios({ seed: 3, rows: 12_000, fromMs: TO - 4 * DAY, toMs: TO })]
  const fresh: LogRecord = {
    timestamp: new Date(TO - DAY / 2).toISOString(),
    level: 'ERROR',
    message: 'Lens heater 3 draws 4.2 A',
    source: 'heater',
    logger_name: 'heater.control',
    camera_id: null,
    extra_data: null,
  }
  await add([...story, fresh, { ...fresh, message: 'Lens heater 12 draws 0.4 A' }])
  await server.send('PUT', '/api/cameras/1', { name: 'One' })
})
afterAll(() => server.close())

async function add(records: LogRecord[]): Promise<void> {
  const { body } = await server.send('POST', '/api/logs', records, { 'x-import': 'true' })
  expect(body.data.accepted).toBe(records.length)
  const stored: ModelRow[] = []
  for (let cursor = ''; ; ) {
    const page = await server.get(`/api/logs?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    stored.push(...page.body.data.logs)
    cursor = page.body.data.pagination.next_cursor
    if (!cursor) break
  }
  rows = stored
}

const dataOf = async (path: string) => (await server.get(path)).body.data
const inRange = ({ timestamp }: LogRecord) =>
  comparable(timestamp) >= comparable(SINCE) && comparable(timestamp) <= comparable(UNTIL)
const atLeast = (level: LogRecord['level']) => (row: LogRecord) =>
  LEVELS.indexOf(row.level) >= LEVELS.indexOf(level)
const count = <T>(values: T[]) =>
  new Map([...Map.groupBy(values, (value) => value)].map(([value, of]) => [value, of.length]))
const mostFirst = (values: string[]) =>
  [...count(values)].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([value]) => value)

/** Groups of shapes in plain code. */
function grouped(some: ModelRow[]) {
  return [...Map.groupBy(newestFirst(some), ({ message }) => messageShape(message))]
    .map(([shape, of]) => ({
      shape,
      count: of.length,
      level: LEVELS.findLast((level) => of.some((row) => row.level === level)),
      sources: mostFirst(of.map(({ source }) => source)).slice(0, 10),
      logger_names: mostFirst(of.flatMap(({ logger_name }) => logger_name ?? [])).slice(0, 10),
      first_at: of.at(-1)?.timestamp,
      last_at: of[0]?.timestamp,
      last_id: of[0]?.id,
    }))
    .sort((a, b) => b.count - a.count || (a.shape < b.shape ? -1 : 1))
}

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON came
const comparableGroups = (groups: any[]) => groups.map(({ last_message: _, q: __, ...group }) => group)

describe('errors by the shape of their message', () => {
  it.each([
    ['', (row: ModelRow) => atLeast('ERROR')(row)],
    ['&min_level=WARNING', (row: ModelRow) => atLeast('WARNING')(row)],
    ['&level=DEBUG&source=api', (row: ModelRow) => row.level === 'DEBUG' && row.source === 'api'],
    ['&q=message:retr', (row: ModelRow) => atLeast('ERROR')(row) && /retr/i.test(row.message)],
  ])('are those of the lines themselves, with%s', async (query, matches) => {
    const { groups, total, others, searched_to } = await dataOf(
      `/api/debug/errors?start_date=${SINCE}&end_date=${UNTIL}&limit=500${query}`,
    )
    const matching = rows.filter((row) => inRange(row) && matches(row))
    expect(comparableGroups(groups)).toEqual(grouped(matching))
    expect([total, others, searched_to]).toEqual([matching.length, 0, null])
    expect(matching.length).toBeGreaterThan(0)
  })

  it('say how many lines are in groups that are not listed, and how to find those that are', async () => {
    const range = `start_date=${SINCE}&end_date=${UNTIL}`
    const { groups, total, others } = await dataOf(`/api/debug/errors?${range}&limit=3`)
    expect(groups.length).toBe(3)
    expect(others).toBe(
      total - groups.reduce((sum: number, group: { count: number }) => sum + group.count, 0),
    )
    for (const { q, count: size } of groups) {
      const found = await matchingLines(server, `${range}&min_level=ERROR&q=${encodeURIComponent(q)}`)
      expect(found).toBeGreaterThanOrEqual(size)
    }
  })
})

describe('what is new', () => {
  it('are the shapes and sources there were none of before', async () => {
    const { groups, sources, compared_from } = await dataOf(
      `/api/debug/new?start_date=${SINCE}&end_date=${UNTIL}&compared_days=2&limit=500`,
    )
    const from = new Date(TO - 3 * DAY).toISOString()
    const before = rows.filter(
      ({ timestamp }) =>
        comparable(timestamp) >= comparable(from) && comparable(timestamp) < comparable(SINCE),
    )
    const known = new Set(before.filter(atLeast('WARNING')).map(({ message }) => messageShape(message)))
    const present = rows.filter(inRange)
    const expected = grouped(present.filter(atLeast('WARNING'))).filter(({ shape }) => !known.has(shape))
    expect(comparableGroups(groups)).toEqual(expected)
    expect(groups.map(({ shape }: { shape: string }) => shape)).toContain('Lens heater <n> draws <n> A')
    expect(sources).toEqual([{ source: 'heater', count: 2 }])
    expect(compared_from).toBe(from.replace('.000', ''))
  })
})

describe('one request', () => {
  it('is told in order, with the gaps', async () => {
    const trails = [...Map.groupBy(rows, ({ extra_data }) => extra_data?.request_id as string)].filter(
      ([id]) => id,
    )
    const longest = trails.toSorted(([, a], [, b]) => b.length - a.length).slice(0, 5)
    for (const [id, of] of longest) {
      const trail = await dataOf(`/api/debug/requests/${id}`)
      const inOrder = newestFirst(of).reverse()
      expect(trail.lines.map(({ log }: { log: ModelRow }) => log.id)).toEqual(inOrder.map((row) => row.id))
      const times = inOrder.map(
        ({ timestamp }) => Date.parse(timestamp) + Number(comparable(timestamp).slice(23)) / 1000,
      )
      const gaps = times.map((time, index) => time - (times[index - 1] ?? time))
      expect(trail.lines.map(({ gap_ms }: { gap_ms: number }) => gap_ms)).toEqual(
        gaps.map((gap) => expect.closeTo(gap, 2)),
      )
      expect(trail.duration_ms).toBeCloseTo((times.at(-1) as number) - (times[0] as number), 2)
      expect(trail.longest_gap.gap_ms).toBeCloseTo(Math.max(...gaps.slice(1)), 2)
      expect(trail.is_cut).toBe(false)
    }
    expect((await server.get('/api/debug/requests/nobody')).status).toBe(404)
  })

  it('shows a reader only what they may see of it', async () => {
    const timestamp = new Date(TO - 1000).toISOString()
    const line = {
      level: 'INFO',
      logger_name: null,
      timestamp,
      extra_data: { request_id: 'shared' },
    } as const
    await add([
      { ...line, message: 'theirs', source: 'camera_1', camera_id: 1 },
      { ...line, message: 'of others', source: 'camera_2', camera_id: 2 },
    ])
    const { body } = await server.send('POST', '/api/keys', { name: 'one', scope: 'read', cameras: [1] })
    const headers = { authorization: `Bearer ${body.data.secret}` }
    const trail = await server.send('GET', '/api/debug/requests/shared', undefined, headers)
    expect(trail.body.data.lines.map(({ log }: { log: ModelRow }) => log.message)).toEqual(['theirs'])
    expect(trail.body.data.longest_gap).toBe(null)
  })
})

describe('the surroundings of a line', () => {
  it.each(['all', 'source', 'camera', 'logger'] as const)(
    'are the lines next to it, same: %s',
    async (same) => {
      const all = newestFirst(rows)
      for (const log of all.filter((_, index) => index % 1900 === 3)) {
        const isNear = (row: ModelRow) => {
          if (same === 'source') return row.source === log.source
          if (same === 'camera')
            return (
              log.camera_id === null ||
              row.camera_id === log.camera_id ||
              row.source === `camera_${log.camera_id}`
            )
          if (same === 'logger') return log.logger_name === null || row.logger_name === log.logger_name
          return true
        }
        const near = all.filter(isNear)
        const at = near.findIndex(({ id }) => id === log.id)
        const context = await dataOf(`/api/logs/${log.id}/context?before=4&after=3&same=${same}`)
        expect(context.logs.map(({ id }: ModelRow) => id)).toEqual(
          near.slice(Math.max(at - 3, 0), at + 5).map(({ id }) => id),
        )
        expect([context.has_newer, context.has_older]).toEqual([at > 3, near.length > at + 5])
        expect(context.log.id).toBe(log.id)
      }
    },
  )
})

describe('loggers', () => {
  it('are counted, the noisiest first', async () => {
    const { loggers, total, searched_to } = await dataOf(
      `/api/debug/loggers?start_date=${SINCE}&end_date=${UNTIL}&limit=500`,
    )
    const present = rows.filter(inRange)
    const expected = [...Map.groupBy(newestFirst(present), ({ logger_name }) => logger_name)]
      .map(([logger_name, of]) => ({
        logger_name,
        count: of.length,
        share: of.length / present.length,
        rate_per_minute: Math.round((of.length / 1440) * 100) / 100,
        by_level: Object.fromEntries(
          Object.entries(byLevel(of)).map(([level, n]) => [level.toLowerCase(), n]),
        ),
        sources: mostFirst(of.map(({ source }) => source)).slice(0, 10),
        last_at: of[0]?.timestamp,
      }))
      .sort((a, b) => b.count - a.count || ((a.logger_name ?? '') < (b.logger_name ?? '') ? -1 : 1))
    expect(loggers).toEqual(expected)
    expect([total, searched_to]).toEqual([present.length, null])
  })
})

describe('fields', () => {
  type Leaf = { row: ModelRow; value: unknown }
  /** The values in `extra_data` by the keys to them, in plain code. */
  function leavesOf(some: ModelRow[]) {
    const leaves = new Map<string, Leaf[]>()
    const walk = (row: ModelRow, value: unknown, path: string[]) => {
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        for (const [key, inner] of Object.entries(value)) walk(row, inner, [...path, key])
      } else if (path.length > 0) {
        const name = path.join('.')
        leaves.set(name, [...(leaves.get(name) ?? []), { row, value }])
      }
    }
    for (const row of some) walk(row, row.extra_data, [])
    return leaves
  }
  const isError = ({ row }: Leaf) => atLeast('ERROR')(row)
  const counted = (leaves: Leaf[]) =>
    [...Map.groupBy(leaves, ({ value }) => value)]
      .map(([value, of]) => ({
        text: String(value),
        count: of.length,
        errors: of.filter(isError).length,
        last_at: newestFirst(of.map(({ row }) => row))[0]?.timestamp,
      }))
      .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON came
  const plain = (values: any[]) => values.map(({ kind: _, q: __, ...value }) => value)

  it.each([
    ['', () => true],
    ['&min_level=WARNING&q=-heater', (row: ModelRow) => atLeast('WARNING')(row) && row.source !== 'heater'],
  ])('are those of the lines themselves, with%s', async (query, matches) => {
    const { fields, total, is_cut, searched_to } = await dataOf(
      `/api/debug/fields?start_date=${SINCE}&end_date=${UNTIL}&limit=500${query}`,
    )
    const matching = rows.filter((row) => inRange(row) && matches(row))
    const leaves = leavesOf(matching)
    expect(fields.map(({ field }: { field: string }) => field).toSorted()).toEqual(
      [...leaves.keys()].toSorted(),
    )
    expect(leaves.size).toBeGreaterThan(5)
    for (const { field, lines, values, distinct, others } of fields) {
      const of = leaves.get(field) ?? []
      const all = counted(of)
      expect([field, lines, distinct]).toEqual([field, of.length, all.length])
      expect(plain(values)).toEqual(all.slice(0, 5))
      expect(others).toBe(all.slice(5).reduce((sum, { count: size }) => sum + size, 0))
    }
    expect([total, is_cut, searched_to]).toEqual([matching.length, false, null])
  })

  it('are told alone with all their values, each with the search that lists its lines', async () => {
    const range = `start_date=${SINCE}&end_date=${UNTIL}`
    const leaves = leavesOf(rows.filter(inRange))
    for (const [name, of] of [...leaves].filter(([field]) => field !== 'request_id').slice(0, 8)) {
      const { fields } = await dataOf(`/api/debug/fields?${range}&limit=500&field=extra_data.${name}`)
      expect(fields.length).toBe(1)
      expect(plain(fields[0].values)).toEqual(counted(of).slice(0, 500))
      for (const { q, count: size } of fields[0].values.slice(0, 3)) {
        expect([name, q, await matchingLines(server, `${range}&q=${encodeURIComponent(q)}`)]).toEqual([
          ...[name, q],
          size,
        ])
      }
    }
  })

  it('tell numbers by their figures, and keep apart what JSON keeps apart', async () => {
    const timestamp = new Date(TO - 2000).toISOString()
    const holding = (extra_data: unknown) =>
      ({ timestamp, level: 'INFO', message: 'm', source: 'fields', extra_data }) as LogRecord
    await add([
      ...Array.from({ length: 100 }, (_, index) => holding({ took: { ms: index + 1 } })),
      holding({ took: { ms: '7' }, 'odd key': true, list: [1, 2], big: '"'.repeat(300) }),
      holding({ took: null, quoted: 'a "b" \\ c' }),
      holding(null),
    ])
    const { fields, total } = await dataOf(`/api/debug/fields?source=fields&end_date=${UNTIL}`)
    // biome-ignore lint/suspicious/noExplicitAny: whatever JSON came
    const of = (name: string) => fields.find(({ field }: any) => field === name)
    expect(total).toBe(103)
    const { numbers, lines, distinct } = of('took.ms')
    expect([lines, distinct]).toEqual([101, 101])
    expect(numbers).toMatchObject({ count: 100, min: 1, max: 100, mean: expect.closeTo(50.5, 6) })
    expect(numbers.p50).toBeCloseTo(50, -0.5)
    expect(numbers.p99).toBeCloseTo(99, -0.5)
    expect(of('took').values).toMatchObject([{ text: 'null', kind: 'null', q: 'extra_data.took:null' }])
    expect(of('odd key').values).toMatchObject([{ text: 'true', kind: 'boolean', q: null }])
    expect(of('list')).toMatchObject({ lines: 1, lists: 1, values: [], others: 0 })
    expect(of('big').values).toMatchObject([{ text: `${'"'.repeat(200)}…`, q: null }])
    const found = await dataOf(`/api/logs?q=${encodeURIComponent(of('quoted').values[0].q)}`)
    expect(found.pagination.total_items).toBe(1)
    const alone = await dataOf(`/api/debug/fields?source=fields&field=took&end_date=${UNTIL}`)
    expect(alone.fields.map(({ field }: { field: string }) => field)).toEqual(['took.ms', 'took'])
    expect((await server.get('/api/debug/fields?field=')).body.message).toMatch(/^field /)
  })
})

describe('services', () => {
  it('are summarised in the order asked for, with what is new in them', async () => {
    const { services, start } = await dataOf(
      '/api/debug/services?service=heater&service=api&service=nobody&hours=24',
    )
    const present = rows.filter(({ timestamp }) => comparable(timestamp) >= comparable(start))
    expect(services.map(({ service }: { service: string }) => service)).toEqual(['heater', 'api', 'nobody'])
    for (const { service, count: size, by_level, last_log } of services) {
      const of = present.filter(({ source }) => source === service)
      expect(size).toBe(of.length)
      expect(Object.values(by_level)).toEqual(LEVELS.map((level) => byLevel(of)[level]))
      expect(last_log?.id).toBe(newestFirst(rows.filter(({ source }) => source === service))[0]?.id)
    }
    expect(services[0].first_seen_errors.map(({ shape }: { shape: string }) => shape)).toEqual([
      'Lens heater <n> draws <n> A',
    ])
    const before = rows.filter((row) => row.source === 'api' && comparable(row.timestamp) < comparable(start))
    const known = new Set(before.filter(atLeast('ERROR')).map(({ message }) => messageShape(message)))
    const api = grouped(present.filter((row) => row.source === 'api' && atLeast('ERROR')(row)))
    expect(comparableGroups(services[1].first_seen_errors)).toEqual(
      api.filter(({ shape }) => !known.has(shape)).slice(0, 20),
    )
    expect(services[2]).toMatchObject({ count: 0, last_log: null, first_seen_errors: [] })
  })

  it('are the busiest when none are named', async () => {
    const { services, start } = await dataOf('/api/debug/services?hours=168')
    const present = rows.filter(({ timestamp }) => comparable(timestamp) >= comparable(start))
    const sizes = [...count(present.map(({ source }) => source)).values()].sort((a, b) => b - a)
    expect(services.map(({ count: size }: { count: number }) => size)).toEqual(sizes)
  })
})

describe('a view whose time is over', () => {
  it.each([
    ['its own', 0, undefined],
    ["its caller's", undefined, 0],
  ])('says down to when everything was looked at, and tells that whole: %s', async (_, scanMs, withinMs) => {
    const { pool } = server.database.database
    const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
    const queries = new SearchQueries({
      logOperations: logs,
      cameras: new CameraService(pool, {} as AuditTrail, async () => undefined),
    })
    const views = new DebuggingViews(logs, queries, scanMs)
    const everything = { min_level: 'DEBUG', start_date: '2020-01-01', end_date: UNTIL }
    const found = await views.errors(everything, { limit: 500, withinMs }, { cameras: null })
    const to = comparable(found.searched_to as string)
    const seen = rows.filter(
      ({ timestamp }) => comparable(timestamp) <= comparable(UNTIL) && comparable(timestamp) >= to,
    )
    expect(found.total).toBeGreaterThan(0)
    expect(found.total).toBeLessThan(rows.length)
    // Others of the last microsecond may not have been looked at yet.
    expect(found.total).toBeLessThanOrEqual(seen.length)
    expect(found.total).toBeGreaterThanOrEqual(
      seen.filter(({ timestamp }) => comparable(timestamp) > to).length,
    )
    await logs.close()
  })

  it('has as much as its caller leaves it, within its own', async () => {
    const { status, body } = await server.get('/api/debug/fields?within_ms=5001')
    expect([status, body.message]).toEqual([400, expect.stringMatching(/^within_ms .*5000/)])
    const inTime = await dataOf(`/api/debug/errors?start_date=${SINCE}&end_date=${UNTIL}&within_ms=5000`)
    expect(inTime.searched_to).toBe(null)
  })
})
