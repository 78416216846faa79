// The requests of Grafana's Loki data source, Logs Drilldown and logcli, each as they write it. docs/grafana.md lists them.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
/** The start of a minute half an hour ago. */
const base = Math.floor(Date.now() / 60_000) * 60_000 - 1_800_000
const at = (second: number) => new Date(base + second * 1000).toISOString()

beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG' })
  const records = Array.from({ length: 60 }, (_, index) => ({
    timestamp: at(index * 10),
    level: index % 10 === 0 ? 'ERROR' : 'INFO',
    source: index % 2 === 0 ? 'api' : 'camera_3',
    ...(index % 2 === 1 && { camera_id: 3 }),
    logger_name: 'http',
    message:
      index % 2 === 0
        ? `method=GET status=${index % 10 === 0 ? 500 : 200} took=${index}ms`
        : `{"frame":${index}}`,
    extra_data: { duration_ms: index, http: { route: '/a' } },
  }))
  await server.send('POST', '/api/logs', records)
})
afterAll(() => server.close())

const nanos = { start: `${base}000000`, end: `${base + 600_000}000000` }
const iso = { start: at(0), end: at(600) }
const ask = async (
  path: string,
  parameters: Record<string, string> | [string, string][],
  init: RequestInit = {},
  key = server.apiKey,
) => {
  const response = await fetch(`${server.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`, {
    ...init,
    headers: { authorization: `Basic ${Buffer.from(`grafana:${key}`).toString('base64')}`, ...init.headers },
  })
  const text = await response.text()
  return { status: response.status, text, body: /^[[{]/.test(text) ? JSON.parse(text) : undefined }
}

describe("Grafana's data source", () => {
  it('tests the connection', async () => {
    const { body } = await ask('query', {
      query: 'vector(1)+vector(1)',
      time: nanos.end,
      direction: 'backward',
    })
    expect(body.data.result).toEqual([{ metric: {}, value: [base / 1000 + 600, '2'] }])
  })

  it('shows lines with their labels told apart', async () => {
    const { body } = await ask(
      'query_range',
      { query: '{source="api"} | logfmt', ...nanos, direction: 'backward', limit: '1', step: '2000ms' },
      {
        headers: { 'x-loki-response-encoding-flags': 'categorize-labels', 'x-query-tags': 'Source=grafana' },
      },
    )
    expect(body.data.encodingFlags).toEqual(['categorize-labels'])
    expect(body.data.result).toEqual([
      {
        stream: { source: 'api', level: 'INFO', logger_name: 'http' },
        values: [
          [
            `${base + 580_000}000000`,
            'method=GET status=200 took=58ms',
            {
              structuredMetadata: { duration_ms: '58', http_route: '/a' },
              parsed: { method: 'GET', status: '200', took: '58ms' },
            },
          ],
        ],
      },
    ])
  })

  it('shows the volume by level from the kept counts', async () => {
    const { body } = await ask('query_range', {
      query: 'sum by (level, detected_level) (count_over_time({source=~".+"} |= `` | drop __error__[2m]))',
      ...{ ...nanos, step: '120000ms', direction: 'backward' },
    })
    const totals = Object.fromEntries(
      body.data.result.map(
        ({ metric, values }: { metric: { level: string }; values: [number, string][] }) => [
          metric.level,
          values.reduce((sum, [, value]) => sum + Number(value), 0),
        ],
      ),
    )
    expect(totals).toEqual({ ERROR: 6, INFO: 54 })
  })

  it('asks for lines around one, in both directions', async () => {
    const around = async (direction: string, range: { start: string; end: string }) => {
      const { body } = await ask('query_range', { query: '{source="api"}', ...range, direction, limit: '2' })
      return body.data.result.flatMap(({ values }: { values: [string, string][] }) =>
        values.map(([time]) => time),
      )
    }
    const middle = `${base + 300_000}000000`
    expect((await around('forward', { start: middle, end: nanos.end })).sort()).toEqual([
      middle,
      `${base + 320_000}000000`,
    ])
    expect((await around('backward', { start: nanos.start, end: middle })).sort()).toEqual([
      `${base + 260_000}000000`,
      `${base + 280_000}000000`,
    ])
  })

  it('fills the query editor', async () => {
    expect((await ask('labels', nanos)).body.data).toEqual(['camera', 'level', 'logger_name', 'source'])
    expect((await ask('labels', { ...nanos, query: '{source="api"}' })).body.data).not.toContain('camera')
    expect((await ask('label/level/values', { ...nanos, query: '{source="camera_3"}' })).body.data).toEqual([
      'INFO',
    ])
    expect((await ask('label/service_name/values', nanos)).body.data).toEqual(['api', 'camera_3'])
    const { body } = await ask('series', { ...nanos, 'match[]': '{source="camera_3"}' })
    expect(body.data).toEqual([{ source: 'camera_3', camera: '3', level: 'INFO', logger_name: 'http' }])
    const stats = await ask('index/stats', { ...nanos, query: '{source="api"}' })
    expect(stats.body).toMatchObject({ streams: 2, entries: 30 })
    expect(stats.body.bytes).toBeGreaterThan(900)
    const labels = await ask('detected_labels', { ...nanos, query: '{source=~".+"}' })
    expect(labels.body.detectedLabels).toContainEqual({ label: 'source', cardinality: 2 })
    const fields = await ask('detected_fields', { ...nanos, query: '{source="api"}', limit: '1000' })
    expect(fields.body.fields).toContainEqual({
      label: 'took',
      type: 'duration',
      cardinality: 30,
      parsers: ['logfmt'],
    })
    expect(fields.body.fields).toContainEqual({
      label: 'http_route',
      type: 'string',
      cardinality: 1,
      parsers: null,
    })
    const ofJson = await ask('detected_fields', { ...nanos, query: '{source="camera_3"}' })
    expect(ofJson.body.fields).toContainEqual({
      ...{ label: 'frame', type: 'int', cardinality: 30, parsers: ['json'], jsonPath: ['frame'] },
    })
    const values = await ask('detected_field/status/values', {
      ...nanos,
      query: '{source="api"}',
      limit: '10',
    })
    expect(values.body.values.sort()).toEqual(['200', '500'])
  })

  it('sends long questions as a form', async () => {
    const form = new URLSearchParams({ query: 'sum(count_over_time({source=~".+"}[10m]))', time: nanos.end })
    const { body, status } = await ask('query', {}, { method: 'POST', body: form })
    expect(status).toBe(200)
    expect(Number(body.data.result[0].value[1])).toBeGreaterThan(50)
  })

  it('evaluates alerts at an instant, also where nothing is', async () => {
    const query = 'sum(rate({source="api"} | logfmt | status >= 500 [10m])) > 0'
    expect((await ask('query', { query, time: nanos.end })).body.data.result).toHaveLength(1)
    expect((await ask('query', { query, time: '1000000000' })).body.data.result).toEqual([])
    expect((await ask('query', { query: '2 * 3', time: '1000000000' })).body.data).toMatchObject({
      ...{ resultType: 'scalar', result: [1_000_000_000, '6'] },
    })
  })
})

describe('Logs Drilldown', () => {
  it('asks for limits, volumes, patterns and fields', async () => {
    const limits = await ask('drilldown-limits', {})
    expect(limits.body).toMatchObject({ pattern_ingester_enabled: true, limits: { volume_enabled: true } })
    const volume = await ask('index/volume', { ...iso, query: '{service_name=~`.+`}', limit: '5000' })
    expect(volume.body.data.result.map(({ metric }: { metric: object }) => metric)).toEqual([
      { service_name: 'api' },
      { service_name: 'camera_3' },
    ])
    const byLabel = await ask('index/volume', { ...iso, query: '{source="api"}', aggregateBy: 'labels' })
    expect(byLabel.body.data.result).toHaveLength(3)
    const overTime = await ask('index/volume_range', {
      ...iso,
      query: '{source=~".+"}',
      step: '5m',
      targetLabels: 'level',
    })
    expect(overTime.body.data.resultType).toBe('matrix')
    expect(overTime.body.data.result[0].values.length).toBeGreaterThan(1)
    const patterns = await ask('patterns', { ...iso, query: '{source="api"}', step: '60s' })
    expect(patterns.body.data[0]).toMatchObject({
      pattern: 'method=GET status=<_> took=<_>ms',
      level: 'INFO',
    })
    const total = patterns.body.data.flatMap(({ samples }: { samples: [number, number][] }) => samples)
    expect(total.reduce((sum: number, [, count]: [number, number]) => sum + count, 0)).toBe(30)
    const level = await ask('query_range', {
      query:
        'sum by (detected_level) (count_over_time({service_name="api"} | json | logfmt | drop __error__, __error_details__ [1m]))',
      ...{ ...nanos, step: '60s' },
    })
    expect(level.body.data.result.map(({ metric }: { metric: object }) => metric)).toContainEqual({
      detected_level: 'INFO',
    })
  })
})

describe('logcli and editors', () => {
  it('asks for series, the format of a query and the build', async () => {
    expect((await ask('series', { ...nanos, match: '{source="api"}' })).body.data).toHaveLength(2)
    const format = await ask('format_query', { query: 'sum(rate({source="api"}|json[5m]))by(x)' })
    expect(format.body.data).toBe('sum by (x)(rate({source="api"} | json[5m]))')
    expect((await ask('status/buildinfo', {})).body.version).toMatch(/^3\./)
    expect((await ask('status/config', {})).text).toContain('max_query_series: 500')
  })
})

it('shows a key of one camera nothing of the others', async () => {
  const { body } = await server.send('POST', '/api/keys', { name: 'camera', scope: 'read', cameras: [3] })
  const key: string = body.data.secret
  const mine = async (path: string, parameters: Record<string, string>) =>
    JSON.stringify((await ask(path, { ...nanos, query: '{source=~".+"}', ...parameters }, {}, key)).body)
  for (const path of [
    'labels',
    'detected_labels',
    'detected_fields',
    'index/volume',
    'index/volume_range',
    'patterns',
    'index/stats',
    'query_range',
  ]) {
    const answer = await mine(path, {})
    expect(answer).not.toMatch(/method|"api"|ERROR|took/)
    expect(answer).toMatch(/camera_3|frame|source|30/)
  }
  const counted = await mine('query', {
    query: 'sum by (source) (count_over_time({source=~".+"} | json [20m]))',
    time: nanos.end,
  })
  expect(counted).toContain('"30"')
  expect(counted).not.toContain('api')
})

it('answers every query of the example dashboard', async () => {
  const dashboard = JSON.parse(
    readFileSync(new URL('../../../examples/grafana/dashboard.json', import.meta.url), 'utf8'),
  )
  const queries: string[] = dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  )
  expect(queries.length).toBeGreaterThan(4)
  for (const query of queries) {
    const written = query
      .replaceAll('$__auto', '1m')
      .replaceAll('$__range', '1h')
      .replaceAll('$source', '.+')
      .replaceAll('$search', '')
    const { status, body } = await ask('query_range', { query: written, ...nanos, step: '60s' })
    expect([written, status]).toEqual([written, 200])
    expect(body.data.result.length).toBeGreaterThan(0)
  }
})
