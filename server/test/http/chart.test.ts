import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { foldValues } from '../../src/store/reading/value-folds.ts'
import { matchingLines } from '../support/matching-lines.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { CHART_LINES, CHART_START, type ChartAsked, chartGroups, measureOf } from './chart-model.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  const { body } = await server.send('POST', '/api/logs', CHART_LINES, { 'x-import': 'true' })
  expect(body.data.accepted).toBe(CHART_LINES.length)
  await server.send('PUT', '/api/cameras/2', { name: 'Front Door' })
})

afterAll(() => server.close())

const START = new Date(CHART_START + 7 * 60_000).toISOString()
const END = new Date(CHART_START + 3.9 * 3_600_000).toISOString()
const RANGE = `start_date=${START}&end_date=${END}`
const inRange = CHART_LINES.filter(({ timestamp }) => timestamp >= START && timestamp <= END)

const inRangeSince = (from: number) => CHART_LINES.filter(({ timestamp }) => Date.parse(timestamp) >= from)

type Series = {
  values: (string | null)[]
  labels: string[]
  lines: number
  value: number | null
  points: (number | null)[]
  filter: Record<string, string | (string | number)[]> | null
}

async function chart(query: string, headers: Record<string, string> = {}) {
  const { status, body } = await server.send('GET', `/api/logs/chart?${query}`, undefined, headers)
  expect([query, status, body.message]).toEqual([query, 200, 'Log chart fetched successfully'])
  return body.data
}

const queryOf = ({ measure, field, by = [] }: ChartAsked) =>
  [`measure=${measure}`, ...(field ? [`field=${field}`] : []), ...by.map((name) => `by=${name}`)].join('&')

const about = (value: number | null) => (value === null ? null : expect.closeTo(value, 6))

describe('a chart is what a plain calculation over the same lines gives', () => {
  it.each<ChartAsked & { more?: string }>([
    { measure: 'count' },
    { measure: 'count', by: ['level'] },
    { measure: 'count', by: ['source', 'level'] },
    { measure: 'count', by: ['camera_id'] },
    { measure: 'rate', by: ['camera_id', 'source'] },
    { measure: 'count', by: ['logger_name'] },
    { measure: 'count', by: ['level'], more: 'search=timeout' },
    { measure: 'count', field: 'status', by: ['extra_data.status'] },
    { measure: 'distinct', field: 'source', by: ['level'] },
    { measure: 'distinct', field: 'camera_id' },
    { measure: 'distinct', field: 'status', by: ['source'] },
    { measure: 'distinct', field: 'logger_name' },
    { measure: 'distinct', field: 'duration_ms', by: ['level'], more: 'search=timeout' },
    { measure: 'distinct', field: 'camera_id', by: ['logger_name'] },
    { measure: 'distinct', field: 'duration_ms', by: ['source', 'status'] },
    { measure: 'sum', field: 'duration_ms' },
    { measure: 'avg', field: 'duration_ms', by: ['camera_id'] },
    { measure: 'min', field: 'extra_data.duration_ms', by: ['status', 'source'] },
    { measure: 'max', field: 'duration_ms', by: ['level'], more: 'search=timeout' },
    { measure: 'p50', field: 'duration_ms', by: ['source'] },
    { measure: 'p95', field: 'duration_ms', by: ['camera_id', 'logger_name'] },
    { measure: 'p99', field: 'http.took' },
  ])('%j', async ({ more = '', ...asked }) => {
    const lines = inRange.filter(({ message }) => more === '' || message === 'timeout')
    const groups = chartGroups(lines, asked)
    const data = await chart(`${RANGE}&${queryOf(asked)}&limit=50&bucket_seconds=600&timezone=UTC&${more}`)
    const totals = await chart(`${RANGE}&${queryOf(asked)}&limit=50&totals=true&${more}`)
    const starts: number[] = data.buckets.map((start: string) => Date.parse(start))
    const series: Series[] = data.series
    const keys = series.map(({ values }) => JSON.stringify(values))
    expect(keys.toSorted()).toEqual([...groups.keys()].toSorted())
    expect(series.map(({ lines: own }) => own)).toEqual(
      keys.map((key) => groups.get(key)?.length).toSorted((a, b) => Number(b) - Number(a)),
    )
    for (const { values, value, points } of series) {
      const own = groups.get(JSON.stringify(values)) ?? []
      const seconds = (from: number, to: number) => Math.max(1, (to - from) / 1000)
      const steps = starts.map((start, index) => {
        const [from, to] = [start, starts[index + 1] ?? Number.POSITIVE_INFINITY]
        const within = own.filter(({ line }) => {
          const at = Date.parse(line.timestamp)
          return at >= from && at < to
        })
        const length = seconds(Math.max(from, Date.parse(START)), Math.min(to, Date.parse(END)))
        return measureOf(
          asked.measure,
          within.map((one) => one.value),
          length,
        )
      })
      expect([values, points]).toEqual([values, steps.map(about)])
      const whole = measureOf(
        asked.measure,
        own.map((one) => one.value),
        seconds(Date.parse(START), Date.parse(END)),
      )
      const total = totals.series.find((one: Series) => JSON.stringify(one.values) === JSON.stringify(values))
      expect([values, value, total.value, total.points]).toEqual([values, about(whole), about(whole), []])
    }
    expect(data).toMatchObject({
      total_groups: groups.size,
      other: null,
      searched_to: null,
      stopped_by: null,
    })
    expect(totals).toMatchObject({ bucket_seconds: null, buckets: [], total_groups: groups.size })
  })
})

it('counts lines into steps that begin at no minute, over a change of the clocks', async () => {
  const data = await chart(
    `start_date=${START}&end_date=2026-03-30&bucket_seconds=5000&timezone=Europe/Berlin&limit=1`,
  )
  const starts: number[] = data.buckets.map((start: string) => Date.parse(start))
  const found = inRangeSince(Date.parse(START)).map(({ timestamp }) => Date.parse(timestamp))
  const expected = starts.map(
    (start, index) =>
      found.filter((at) => at >= start && at < (starts[index + 1] ?? Number.POSITIVE_INFINITY)).length,
  )
  expect(data.series[0].points).toEqual(expected)
})

it('tells which lines have no number', async () => {
  const { left_out, lines } = await chart(`${RANGE}&measure=p95&field=duration_ms`)
  const found = inRange.map(({ extra_data }) => extra_data?.duration_ms ?? null)
  const odd = found.filter(
    (value) =>
      value === 'n/a' ||
      value === '' ||
      value === '0x10' ||
      typeof value === 'boolean' ||
      (typeof value === 'object' && value !== null),
  )
  const texts = new Set(['n/a', '', '0x10', 'true', '[1]', '{"ms": 1}'])
  expect(left_out.examples).toHaveLength(5)
  expect(left_out.examples.filter((text: string) => !texts.has(text))).toEqual([])
  expect(left_out).toMatchObject({
    without_field: found.filter((value) => value === null).length,
    not_numbers: odd.length,
  })
  expect(lines + odd.length + left_out.without_field).toBe(inRange.length)
})

it.each(['count', 'sum', 'p50', 'distinct'])(
  'puts all groups but those with most lines into other: %s',
  async (measure) => {
    const field = measure === 'count' ? '' : '&field=duration_ms'
    const asked = { measure, by: ['source', 'level'], ...(field && { field: 'duration_ms' }) }
    const { series, other, total_groups, lines } = await chart(
      `${RANGE}&${queryOf(asked)}&limit=3&bucket_seconds=3600&timezone=UTC`,
    )
    const groups = chartGroups(inRange, asked)
    const listed = new Set(series.map(({ values }: Series) => JSON.stringify(values)))
    const rest = [...groups].filter(([key]) => !listed.has(key)).flatMap(([, own]) => own)
    expect([series.length, total_groups, other.groups, other.lines]).toEqual([
      3,
      groups.size,
      groups.size - 3,
      rest.length,
    ])
    expect(other.value).toEqual(
      about(
        measureOf(
          measure,
          rest.map(({ value }) => value),
          1,
        ),
      ),
    )
    expect(series.reduce((sum: number, { lines: own }: Series) => sum + own, other.lines)).toBe(lines)
  },
)

it('names the filter that lists the lines of each series, and cameras by their names', async () => {
  const { series } = await chart(`${RANGE}&by=camera_id&by=status&limit=100`)
  expect(series.some(({ labels }: Series) => labels[0] === 'Front Door')).toBe(true)
  let listed = 0
  for (const { filter, lines, values } of series as Series[]) {
    // A line of camera 2 may come from the source of another, and is then found by both.
    if (filter === null || values[0] === '2') continue
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(filter))
      for (const one of [value].flat()) query.append(name, String(one))
    const found = await matchingLines(server, `${RANGE}&${query}`)
    expect([values, found]).toEqual([values, lines])
    listed++
  }
  expect(listed).toBeGreaterThan(8)
})

it('names the filter of a value however it is written, and cuts no character of a long one in half', async () => {
  const odd = [
    5,
    '5',
    '5.0',
    '05',
    1e-7,
    1e21,
    '1E21',
    'NaN',
    'null',
    true,
    'true',
    '',
    `x${'😀'.repeat(200)}`,
  ]
  const lines = odd.map((value) => ({
    ...{ level: 'INFO', message: 'odd', source: 'odd', timestamp: '2026-01-05T12:00:00Z' },
    extra_data: { odd: value },
  }))
  await server.send('POST', '/api/logs', lines, { 'x-import': 'true' })
  const day = 'source=odd&start_date=2026-01-05&end_date=2026-01-06'
  const { series, left_out } = await chart(`${day}&measure=count&by=odd&limit=50&totals=true`)
  expect(series).toHaveLength(11)
  for (const { filter, lines: own, values } of series as Series[]) {
    if (filter === null) continue
    const found = await matchingLines(server, `${day}&q=${encodeURIComponent(String(filter.q))}`)
    expect([values, filter.q, found]).toEqual([values, filter.q, own])
  }
  expect(left_out.examples).toEqual([])
  const long = (series as Series[]).find(({ filter }) => filter === null)?.values[0]
  expect(long).toBe(`x${'😀'.repeat(99)}…`)
  const sum = await chart(`${day}&measure=sum&field=odd&totals=true`)
  expect(sum.left_out.examples).toContain(`x${'😀'.repeat(24)}`)
})

it('measures numbers of any size and spelling, and leaves out what no double holds', async () => {
  // Texts: JavaScript has no such numbers.
  const numbers = ['1e400', '-1e400', '1e-400', '1.5e308', '-2.5', '"3"', '"1e2"', '1e-7', '5.0', '"1e999"']
  const lines = numbers.map((number, index) => {
    const at = `2026-01-06T12:00:0${index}Z`
    return `{"level":"INFO","message":"number","source":"number","timestamp":"${at}","extra_data":{"n":${number}}}`
  })
  const response = await fetch(`${server.url}/api/logs`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${server.apiKey}`, 'x-import': 'true' },
      'content-type': 'application/x-ndjson',
    },
    body: lines.join('\n'),
  })
  expect(response.ok).toBe(true)
  const day = 'source=number&start_date=2026-01-06&end_date=2026-01-07&field=n&totals=true'
  const figureOf = async (measure: string) => (await chart(`${day}&measure=${measure}`)).series[0].value
  expect(await figureOf('min')).toBe(-2.5)
  expect(await figureOf('max')).toBe(1.5e308)
  expect(await figureOf('p50')).toBe(3)
  expect(await figureOf('p95')).toBe(1.5e308)
  expect(await figureOf('sum')).toBe(1.5e308)
  expect((await figureOf('avg')) / (1.5e308 / 7)).toBeCloseTo(1, 9)
})

it('says where percentiles and distinct counts are estimates, which are within 1 % and 5 %', async () => {
  const values = Array.from({ length: 2000 }, (_, index) => 10 + index * 0.37)
  const lines = values.map((ms, index) => ({
    ...{ level: 'INFO', message: 'many', source: 'many', timestamp: '2026-01-07T12:00:00Z' },
    extra_data: { ms, few: Math.floor(ms) % 300, number: index % 2 ? index >> 1 : `${index >> 1}` },
  }))
  await server.send('POST', '/api/logs', lines, { 'x-import': 'true' })
  const day = 'source=many&start_date=2026-01-07&end_date=2026-01-08&measure=p95&totals=true'
  const many = await chart(`${day}&field=ms`)
  const true95 = values[1899] as number
  expect(many.is_estimate).toBe(true)
  expect(Math.abs(many.series[0].value / true95 - 1)).toBeLessThan(0.01)
  const few = await chart(`${day}&field=few`)
  const sorted = values.map((ms) => Math.floor(ms) % 300).toSorted((a, b) => a - b)
  expect([few.is_estimate, few.series[0].value]).toEqual([false, sorted[1899]])
  const distinct = await chart(`${day.replace('p95', 'distinct')}&field=ms`)
  expect(distinct.is_estimate).toBe(true)
  expect(Math.abs(distinct.series[0].value / 2000 - 1)).toBeLessThan(0.05)
  // A number and the same as a text are one value, also where a search has the lines read one by one.
  for (const search of ['', '&search=many']) {
    const numbers = await chart(`${day.replace('p95', 'distinct')}&field=number${search}`)
    expect([numbers.is_estimate, numbers.series[0].value]).toEqual([false, 1000])
  }
})

it('looks at the newest second alone first, and answers in time where the database is not done with it', async () => {
  const filter = { visibility: { cameras: null }, start: START, end: END }
  const fold = { kind: 'sum', field: ['duration_ms'], by: [], starts: [Date.parse(START)] } as const
  const first = await server.system.logOperations.scan(foldValues, filter, undefined, fold).next()
  expect(Date.parse(END) - Date.parse(first.value?.searched_to)).toBeLessThanOrEqual(1000)
  const client = await server.database.database.pool.connect()
  try {
    await client.query('begin; lock table logs in access exclusive mode')
    const none = await chart(`${RANGE}&measure=sum&field=duration_ms&within_ms=50`)
    expect([none.lines, Date.parse(none.searched_to), none.stopped_by]).toEqual([0, Date.parse(END), 'time'])
  } finally {
    await client.query('rollback')
    client.release()
  }
})

it('shows a reader with one camera the share of it alone', async () => {
  const { body } = await server.send('POST', '/api/keys', { name: 'one', scope: 'read', cameras: [1] })
  const headers = { authorization: `Bearer ${body.data.secret}` }
  const own = inRange.filter(({ camera_id }) => camera_id === 1)
  for (const by of ['camera_id', 'logger_name']) {
    const { lines } = await chart(`${RANGE}&by=${by}&limit=50`, headers)
    expect(lines).toBe(own.length)
  }
  const { series } = await chart(`${RANGE}&measure=max&field=duration_ms&totals=true`, headers)
  const numbers = chartGroups(own, { measure: 'max', field: 'duration_ms' }).get('[]') ?? []
  expect(series[0].value).toBe(Math.max(...numbers.map(({ value }) => value as number)))
})

it.each([
  ['', 0],
  ['measure=distinct&field=source', 0],
  ['measure=sum&field=duration_ms', 0],
  ['measure=p95&field=duration_ms', null],
])('of a time without lines is empty: %s', async (query, value) => {
  const data = await chart(`start_date=2001-01-01&end_date=2001-01-02&buckets=4&timezone=UTC&${query}`)
  expect(data.series).toEqual([
    { values: [], labels: [], lines: 0, value, points: data.buckets.map(() => value), filter: {} },
  ])
  expect((await chart(`start_date=2001-01-01&end_date=2001-01-02&by=status&${query}`)).series).toEqual([])
})

it.each([
  ["duration_ms'; drop table logs; --"],
  ['{}'],
  ['$.*'],
  ['0'],
  ['\u0000'],
  ['constructor'],
  ['__proto__'],
  ['%'],
  ['x'.repeat(300)],
])('reads a field of any name: %s', async (name) => {
  const data = await chart(
    `${RANGE}&measure=sum&field=${encodeURIComponent(name)}&by=${encodeURIComponent(name)}`,
  )
  expect([data.series, data.left_out.without_field]).toEqual([[], inRange.length])
})

it.each([
  ['measure=p95', 'field is required for the measure p95, for example field=duration_ms.'],
  ['measure=distinct', 'field is required for the measure distinct, for example field=source.'],
  [
    'measure=sum&field=level',
    'field must be a key of extra_data for the measure sum; level holds no numbers.',
  ],
  ['measure=mean', 'measure'],
  ['by=source&by=source', 'by names source twice.'],
  ['by=logger&by=logger_name', 'by names logger_name twice.'],
  ['by=a&by=b&by=c', 'by must have at most 2 values; it has 3.'],
  [`field=${'a.'.repeat(20)}b`, 'field must have at most 20 keys joined by dots; it has 21.'],
  ['field=a..b', 'field must have a key on each side of its dots; "a..b" does not.'],
  [`by=${'x'.repeat(301)}`, '300'],
  ['limit=101', 'limit must be at most 100; it is 101.'],
  ['bucket_seconds=1', 'bucket_seconds cuts the range into more than 2000 steps; it is 1.'],
  ['limit=100&buckets=2000&bucket_seconds=8', 'limit times the steps of the range must be at most 100,000'],
  ['timezone=Mars/Olympus', 'timezone must be an IANA name'],
])('refuses %s with a sentence', async (query, sentence) => {
  const { status, body } = await server.get(`/api/logs/chart?${RANGE}&${query}`)
  expect([status, body.message]).toEqual([400, expect.stringContaining(sentence)])
})
