import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
/** The start of a minute half an hour ago. */
const base = Math.floor(Date.now() / 60_000) * 60_000 - 1_800_000

beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG' })
  const at = (minute: number) => new Date(base + minute * 60_000).toISOString().replace('Z', '123Z')
  const records = [
    {
      timestamp: at(0),
      level: 'INFO',
      source: 'api',
      message: 'GET /orders (fast)',
      logger_name: 'http.server',
    },
    {
      timestamp: at(1),
      level: 'ERROR',
      source: 'api',
      message: 'Timeout of db',
      extra_data: { trace_id: 'abc', n: 1 },
    },
    { timestamp: at(2), level: 'ERROR', source: 'worker', message: 'timeout of queue', logger_name: 'jobs' },
    { timestamp: at(3), level: 'WARNING', source: 'camera_3', message: 'dark', camera_id: 3 },
    { timestamp: at(4), level: 'INFO', source: 'worker.night', message: 'done', camera_id: 3 },
  ]
  await server.send('POST', '/api/logs', records)
})
afterAll(() => server.close())

const loki = async (
  path: string,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
) => {
  const response = await fetch(`${server.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`, {
    headers: {
      authorization: `Basic ${Buffer.from(`grafana:${server.apiKey}`).toString('base64')}`,
      ...headers,
    },
  })
  const text = await response.text()
  return { status: response.status, text, body: response.ok ? JSON.parse(text) : undefined }
}
const range = { start: `${base - 60_000}000000`, end: `${base + 600_000}000000` }
const lines = async (query: string, more: Record<string, string> = {}): Promise<string[]> => {
  const { body, text } = await loki('query_range', { query, ...range, ...more })
  if (body === undefined) throw new Error(text)
  const values = body.data.result.flatMap(({ values: all }: { values: [string, string][] }) => all)
  return values
    .sort(([a]: [string], [b]: [string]) => (a < b ? -1 : 1))
    .map(([, line]: [string, string]) => line)
}
const ALL = ['GET /orders (fast)', 'Timeout of db', 'timeout of queue', 'dark', 'done']

describe("Loki's query API", () => {
  it.each([
    ['{source=~".+"}', ALL],
    ['{source="api"}', ALL.slice(0, 2)],
    ['{source!="api"}', ALL.slice(2)],
    ['{source=~"api|worker.*"}', [ALL[0], ALL[1], ALL[2], ALL[4]]],
    ['{source=~"(api|camera_3)"} # a comment', [ALL[0], ALL[1], ALL[3]]],
    ['{level="error"}', ALL.slice(1, 3)],
    ['{level=~"ERR.*|warning", source!~"work.*"}', [ALL[1], ALL[3]]],
    ['{camera="3"}', ALL.slice(3)],
    ['{camera=""}', ALL.slice(0, 3)],
    ['{logger_name="jobs"}', [ALL[2]]],
    ['{logger_name!~"jobs|http.*"}', [ALL[1], ALL[3], ALL[4]]],
    ['{source=~".+"} |= "Timeout"', [ALL[1]]],
    ['{source=~".+"} |~ "(?i)timeout"', ALL.slice(1, 3)],
    ['{source=~".+"} != "imeout" !~ "^d.*e$"', [ALL[0], ALL[3]]],
    ['{source=~".+"} |= `(fast)`', [ALL[0]]],
    ['{source=~".+"} |= "dark" or "done" | level="WARNING"', [ALL[3]]],
    ['{source=~".+"} | trace_id="abc" | drop __error__', [ALL[1]]],
    ['{source="nobody"}', []],
  ])('%s', async (query, expected) => {
    expect(await lines(query)).toEqual(expected)
  })

  it('answers streams with labels, nanoseconds, both directions, and metadata to who asks for it', async () => {
    const { body } = await loki(
      'query_range',
      { query: '{source="api"}', ...range, limit: '1' },
      {
        'x-loki-response-encoding-flags': 'categorize-labels',
      },
    )
    expect(body).toEqual({
      status: 'success',
      data: {
        resultType: 'streams',
        encodingFlags: ['categorize-labels'],
        result: [
          {
            stream: { source: 'api', level: 'ERROR' },
            values: [
              [
                `${base + 60_000}123000`,
                'Timeout of db',
                { structuredMetadata: { trace_id: 'abc', n: '1' } },
              ],
            ],
          },
        ],
        stats: {},
      },
    })
    expect(await lines('{source="api"}', { limit: '1', direction: 'forward' })).toEqual([ALL[0]])
    expect(await lines('{source=~".+"}', { end: `${base + 120_000}123000` })).toEqual(ALL.slice(0, 2))
  })

  it.each([
    ['sum(count_over_time({source=~".+"}[5m]))', [[{}, '5']]],
    [
      'sum by (level) (count_over_time({source=~".+"}[5m]))',
      [
        [{ level: 'ERROR' }, '2'],
        [{ level: 'INFO' }, '2'],
        [{ level: 'WARNING' }, '1'],
      ],
    ],
    [
      'sum(count_over_time({source=~".+"}[5m])) by (camera)',
      [
        [{}, '3'],
        [{ camera: '3' }, '2'],
      ],
    ],
    ['sum by (logger_name) (count_over_time({source="worker"}[5m]))', [[{ logger_name: 'jobs' }, '1']]],
    [
      'count_over_time({source="api"} |= "Timeout" [5m])',
      [[{ level: 'ERROR', n: '1', source: 'api', trace_id: 'abc' }, '1']],
    ],
    ['sum by (trace_id) (count_over_time({source="api"} | n > 0 [5m]))', [[{ trace_id: 'abc' }, '1']]],
    ['topk(1, sum by (source) (count_over_time({source=~"api|camera_3"}[5m])))', [[{ source: 'api' }, '2']]],
    ['sum by (detected_level) (count_over_time({service_name="api"}[5m])) > 1', []],
    ['sum(count_over_time({source=~".+"}[5m] @ 0)) or vector(7)', [[{}, '7']]],
    ['sum(rate({level="ERROR"}[10m]))', [[{}, String(2 / 600)]]],
    ['vector(1)+vector(1)', [[{}, '2']]],
    [
      'sum by (constructor, __proto__) (label_replace(count_over_time({source="api"}[5m]), "a", "$1", "toString", "(.*)"))',
      [[{}, '2']],
    ],
  ])('answers %s at an instant', async (query, expected) => {
    const { body } = await loki('query', { query, time: `${base / 1000 + 300}` })
    expect(body.data.resultType).toBe('vector')
    const found = body.data.result.map(({ metric, value }: { metric: object; value: [number, string] }) => {
      expect(value[0]).toBe(base / 1000 + 300)
      return [metric, value[1]]
    })
    const sorted = (all: unknown[]) => all.map((one) => JSON.stringify(one)).sort()
    expect(sorted(found)).toEqual(sorted(expected))
  })

  it('counts over time by label, in windows that overlap', async () => {
    const query = 'sum by (level) (count_over_time({source=~"api|worker"}[2m]))'
    const { body } = await loki('query_range', {
      query,
      ...range,
      start: `${base / 1000}`,
      end: `${base / 1000 + 300}`,
      step: '60s',
    })
    expect(body.data.resultType).toBe('matrix')
    const errors = body.data.result.find(
      ({ metric }: { metric: { level: string } }) => metric.level === 'ERROR',
    )
    expect(errors.values).toEqual([
      [base / 1000 + 120, '1'],
      [base / 1000 + 180, '2'],
      [base / 1000 + 240, '1'],
    ])
  })

  it('takes the selectors of series in both spellings, and as logcli asks for all of them', async () => {
    const count = async (parameters: [string, string][]) => {
      const query = new URLSearchParams([...Object.entries(range), ...parameters])
      const { body, text } = await loki(`series?${query}&`, {})
      return body?.data.length ?? text
    }
    const all = await count([['match[]', '{source=~".+"}']])
    expect(await count([['match', '{source=~".+"}']])).toBe(all)
    expect(await count([['match', '{}']])).toBe(all)
    const both: [string, string][] = [
      ['match', '{source="api"}'],
      ['match', '{source="api"}'],
      ['match[]', '{source="worker"}'],
    ]
    expect(await count(both)).toBe((await count(both.slice(0, 1))) + (await count(both.slice(2))))
  })

  it('knows labels, their values, and the streams there are', async () => {
    expect((await loki('labels', {})).body.data).toEqual(['camera', 'level', 'logger_name', 'source'])
    expect((await loki('label/source/values', range)).body.data).toEqual([
      'api',
      'camera_3',
      'worker',
      'worker.night',
    ])
    expect((await loki('label/camera/values', range)).body.data).toEqual(['3'])
    expect(
      (await loki('label/logger_name/values', { ...range, query: '{source="worker"}' })).body.data,
    ).toEqual(['jobs'])
    expect((await loki('label/pod/values', range)).body.data).toEqual([])
    const { body } = await loki('series', { ...range, 'match[]': '{source="api"}' })
    expect(body.data).toHaveLength(2)
    expect(body.data).toContainEqual({ level: 'ERROR', source: 'api' })
    expect((await loki('status/buildinfo', {})).body.version).toMatch(/^3\./)
  })

  it.each([
    ['query_range', { query: '' }, /parse error/],
    [
      'query_range',
      { query: '{source="api"' },
      /parse error at line 1, col 14: syntax error: unexpected \$end, expecting \} or ,/,
    ],
    ['query_range', { query: '{source=api}' }, /parse error at line 1, col 9/],
    ['query_range', { query: '{source="api"} |~ "("' }, /parse error : stage .*missing closing \)/],
    ['query_range', { query: 'quantile_over_time(0.9, {a="b"}[1m])' }, /without unwrap/],
    [
      'query_range',
      { query: 'sum(rate({source="api"}[1m]) | json)' },
      /line 1, col 30: syntax error: unexpected \|/,
    ],
    ['query', { query: '{source="api"}' }, /change your query to a range query/],
    ['query', { query: 'rate({source="api"} | line_format "{{" [1m])' }, /unclosed action/],
    ['query', { query: `rate({source="api"} |~ "${'(a|b){50}'.repeat(20)}" [1m])` }, /too large/],
    ['query', { query: `${'('.repeat(200)}1${')'.repeat(200)}` }, /more than 100 expressions/],
    ['query_range', { query: '{source="api"}', step: '0' }, /zero or negative/],
    ['query_range', { query: '{source="api"}', limit: '6000' }, /max entries limit/],
    ['query_range', { query: '{source="api"}', start: 'soon' }, /cannot parse "soon"/],
    [
      'query_range',
      { query: 'rate({a="b"}[1m])', start: '0', end: '100000000', step: '1' },
      /maximum resolution of 11,000/,
    ],
    ['series', {}, /0 matcher groups/],
    ['detected_fields', {}, /parse error/],
    ['rules', {}, /not supported here/],
  ] as const)('answers %s %o in words', async (path, parameters, words) => {
    const { status, text } = await loki(path, parameters as unknown as Record<string, string>)
    expect(status).toBe(path === 'rules' ? 404 : 400)
    expect(text).toMatch(words)
  })

  it('shows nobody what is not theirs', async () => {
    const none = await fetch(`${server.url}/loki/api/v1/labels`)
    expect(none.status).toBe(401)
    const { body } = await server.send('POST', '/api/keys', { name: 'writes', scope: 'ingest' })
    const ingest = { authorization: `Bearer ${body.data.secret}` }
    expect((await loki('query', { query: '{source="api"}' }, ingest)).status).toBe(403)
  })

  it.each([
    [
      { cameras: [3] },
      ALL.slice(3),
      { source: ['camera_3', 'worker.night'], level: ['INFO', 'WARNING'], count: '2' },
    ],
    [{ min_level: 'ERROR' }, ALL.slice(1, 3), { source: ['api', 'worker'], level: ['ERROR'], count: '2' }],
  ])(
    'shows a key of %o its part alone, in lines, counts, labels and series',
    async (limits, mine, { source, level, count }) => {
      const { body } = await server.send('POST', '/api/keys', {
        name: JSON.stringify(limits),
        scope: 'read',
        ...limits,
      })
      const key = { authorization: `Bearer ${body.data.secret}` }
      const found = await loki('query_range', { query: '{source=~".+"}', ...range }, key)
      const shown = found.body.data.result.flatMap(({ values }: { values: string[][] }) =>
        values.map(([, line]) => line),
      )
      expect(shown.sort()).toEqual(mine.toSorted())
      const counted = await loki(
        'query',
        { query: 'sum(count_over_time({source=~".+"}[10m]))', time: `${base / 1000 + 540}` },
        key,
      )
      expect(counted.body.data.result[0].value[1]).toBe(count)
      expect((await loki('label/source/values', range, key)).body.data).toEqual(source)
      expect((await loki('label/level/values', range, key)).body.data).toEqual(level)
      expect((await loki('label/logger_name/values', range, key)).body.data).toEqual(
        'cameras' in limits ? [] : ['jobs'],
      )
      const { body: series } = await loki('series', { ...range, 'match[]': '{source=~".+"}' }, key)
      expect(series.data).toHaveLength(2)
    },
  )
})
