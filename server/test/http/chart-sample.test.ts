import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fold } from '../../src/store/reading/fold-statement.ts'
import { foldSample } from '../../src/store/reading/sampled-folds.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const DAY = 86_400_000
const DAYS = 7
// So late that each day is a partition: statements read them apart.
const START = Math.floor(Date.now() / DAY) * DAY - (DAYS + 1) * DAY
const [FROM, TO] = [START, START + DAYS * DAY - 1].map((at) => new Date(at).toISOString()) as [string, string]
const LINES = 60_000
const BATCH = 5000
const RANGE = `start_date=${FROM}&end_date=${TO}`

let server: TestServer

// Even numbers of the source api are twice as large; a tenth of the lines has no number.
const lineOf = (index: number) => ({
  timestamp: new Date(START + (index / LINES) * DAYS * DAY).toISOString(),
  level: 'INFO',
  message: index % 2 === 0 ? 'GET /api/frames' : 'job done',
  source: index % 2 === 0 ? 'api' : 'worker',
  extra_data: index % 10 === 9 ? {} : { ms: ((index * 7919) % 1000) * (index % 2 === 0 ? 2 : 1) },
})

beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG', retention_days: 3650 })
  for (let from = 0; from < LINES; from += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => lineOf(from + index))
    const { body } = await server.send('POST', '/api/logs', batch, { 'x-import': 'true' })
    expect(body.data.accepted).toBe(BATCH)
  }
})

afterAll(() => server.close())

const ask = (query: string) =>
  fetch(`${server.url}/api/logs/chart?${query}`, {
    headers: { authorization: `Bearer ${server.apiKey}` },
  })

async function chart(query: string) {
  const { status, body } = await server.get(`/api/logs/chart?${RANGE}&buckets=24&${query}`)
  expect([query, status]).toEqual([query, 200])
  return body.data
}

it('measures all of many lines when there is time', async () => {
  const data = await chart('measure=avg&field=ms&by=source')
  expect([data.sample, data.searched_to, data.stopped_by]).toEqual([null, null, null])
  expect([data.lines, data.left_out.without_field]).toEqual([54_000, 6000])
  for (const { values, value, lines } of data.series) {
    const own = Array.from({ length: LINES }, (_, index) => lineOf(index)).filter(
      ({ source, extra_data }) => source === values[0] && extra_data.ms !== undefined,
    )
    expect(lines).toBe(own.length)
    expect(value).toBeCloseTo(own.reduce((sum, line) => sum + (line.extra_data.ms ?? 0), 0) / own.length, 3)
  }
})

it('measures all lines of a text that many have', async () => {
  const data = await chart('measure=p50&field=ms&search=frames')
  // All even lines have a number.
  expect([data.lines, data.left_out.without_field, data.sample, data.searched_to]).toEqual([
    ...[LINES / 2, 0, null, null],
  ])
})

it.each(['', '&search=frames'])('says of how many lines it is when there is not: %s', async (search) => {
  // The time for a first answer is over with the first statement.
  const data = await chart(`measure=p95&field=ms&by=source&within_ms=50${search}`)
  const { sample, series } = data
  if (sample === null) return expect([search, data.searched_to]).not.toEqual(['', null])
  expect(data).toMatchObject({ searched_to: null, stopped_by: 'time', is_estimate: true })
  expect(sample.share).toBeGreaterThan(0)
  expect(sample.share).toBeLessThan(1)
  expect(sample.lines).toBe(data.lines + data.left_out.without_field)
  expect(sample.of).toBe(search === '' ? LINES : null)
  for (const { values, value, points } of series) {
    const whole = values[0] === 'api' ? 1900 : 950
    expect(Math.abs(value / whole - 1)).toBeLessThan(0.1)
    // The sample is of all days.
    expect(points.indexOf(null)).toBe(-1)
  }
})

it('begins with a piece of all days, in case there is no time for another', async () => {
  const starts = Array.from({ length: DAYS * 4 }, (_, step) => START + (step * DAY) / 4)
  const filter = { visibility: { cameras: null }, start: FROM, end: TO }
  const fold: Fold = { kind: 'avg', field: ['ms'], by: [], starts }
  const pieces = server.system.logOperations.scan(foldSample, filter, undefined, fold, LINES)
  for await (const { cells, share } of pieces) {
    expect(share).toBeLessThan(1)
    expect(new Set(cells.map(({ step }) => step))).toEqual(new Set(starts.keys()))
    return
  }
  expect.unreachable('There are pieces')
})

it('tells the chart so far while it reads, and the reply as the last line', async () => {
  const response = await ask(`${RANGE}&measure=p95&field=ms&progress=true&within_ms=60000`)
  expect(response.headers.get('content-type')).toContain('application/x-ndjson')
  const lines = (await response.text())
    .trim()
    .split('\n')
    .map((line: string) => JSON.parse(line))
  const { success, data } = lines.at(-1)
  expect([success, data.lines, data.sample]).toEqual([true, 54_000, null])
  for (const { progress } of lines.slice(0, -1)) {
    if ('series' in progress) expect(progress.sample.share).toBeLessThan(1)
  }
})

it('answers a mistake in the same form', async () => {
  const response = await ask(`${RANGE}&measure=p95&progress=true`)
  expect(await response.json()).toMatchObject({ success: false, code: 'INVALID_REQUEST' })
})
