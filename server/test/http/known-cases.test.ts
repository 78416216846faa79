// Requests made up after public bug reports (server/test/cases): the reply to each, and the stored rows. And bodies in
// every encoding, on every way in.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { startWayIn } from '../support/way-in.ts'

const { server, post } = await startWayIn()
await server.send('PUT', '/api/settings', { retention_days: 0 })

const JSON_TYPE = 'application/json'
const PROTOBUF = 'application/x-protobuf'
const NDJSON = 'application/x-ndjson'
const CLEF = 'application/vnd.serilog.clef'
const JOURNAL = 'application/vnd.fdo.journal'
const at = (clock: string) => `2026-11-29T${clock}Z`

/** The body of a case with the times of this year, so that none is ahead of the clock. */
const bodyOf = (file: string) => readFileSync(join(import.meta.dirname, '../cases', file))

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
type Row = any

async function newest(count: number): Promise<Row[]> {
  if (count === 0) return []
  const { logs } = (await server.get('/api/logs?limit=1000')).body.data
  return logs.toSorted((a: Row, b: Row) => Number(a.id) - Number(b.id)).slice(-count)
}

async function total(): Promise<number> {
  return (await server.get('/api/logs?limit=1')).body.data.pagination.total_items
}

type Case = {
  file: string
  path: string
  type: string
  headers?: Record<string, string>
  method?: string
  status: number
  reply?: RegExp
  rows: object[]
}

const CASES: Case[] = [
  {
    ...{ file: 'loki/l10c_snappyenc.body', path: '/loki/api/v1/push', type: PROTOBUF, status: 204 },
    headers: { 'content-encoding': 'snappy' },
    rows: [{ message: 'content-encoding snappy', source: 'lk' }],
  },
  {
    ...{ file: 'loki/l13b_deflate.body', path: '/loki/api/v1/push', type: JSON_TYPE, status: 204 },
    headers: { 'content-encoding': 'deflate' },
    rows: [{ source: 'lk' }],
  },
  {
    ...{ file: 'loki/l11_badescape.body', path: '/loki/api/v1/push', type: PROTOBUF, status: 204 },
    rows: [{ message: 'bad escapes in a label' }],
  },
  {
    ...{ file: 'loki/l15_03.body', path: '/loki/api/v1/push', type: JSON_TYPE, status: 204 },
    rows: [{ level: 'WARNING', message: 'WARN no colon here' }],
  },
  {
    ...{ file: 'loki/l20_cri.body', path: '/loki/api/v1/push', type: JSON_TYPE, status: 204 },
    rows: [
      { level: 'ERROR', message: 'ERROR cri inside' },
      { message: 'docker inside' },
      { level: 'WARNING', message: expect.stringContaining('own time inside') },
      { level: 'ERROR', message: 'json own time' },
    ],
  },
  {
    ...{ file: 'loki/l21_sevnum.body', path: '/loki/api/v1/push', type: JSON_TYPE, status: 204 },
    rows: [
      { level: 'ERROR', message: 'sev number meta' },
      { level: 'WARNING', message: 'detected meta' },
    ],
  },
  {
    ...{ file: 'otlp/o07_enum.body', path: '/v1/logs', type: JSON_TYPE, status: 200 },
    rows: [
      { level: 'ERROR', message: 'enum name' },
      { level: 'ERROR', message: 'enum as digits' },
    ],
  },
  {
    ...{ file: 'otlp/o08_ids.body', path: '/v1/logs', type: JSON_TYPE, status: 200 },
    rows: [
      { extra_data: { trace_id: '7+8py1sPlLqG5c9Xm8WBgQ==', span_id: 'q83vEjRWeJA=' } },
      { extra_data: { trace_id: '5B8EFFF798038103D269B633813FC60C', span_id: 'EEE19B7EC3C1B174' } },
      { extra_data: { trace_id: '[157,48,54]' } },
      { message: 'empty id' },
    ],
  },
  {
    ...{ file: 'otlp/o09_sev.body', path: '/v1/logs', type: JSON_TYPE, status: 200 },
    rows: ['WARNING', 'ERROR', 'CRITICAL', 'DEBUG', 'CRITICAL', 'INFO', 'ERROR', 'INFO', 'ERROR'].map(
      (level) => ({ level }),
    ),
  },
  {
    ...{ file: 'otlp/o10_snake.body', path: '/v1/logs', type: JSON_TYPE, status: 200 },
    rows: [{ level: 'ERROR', message: 'snake case', timestamp: at('09:10:00') }],
  },
  {
    ...{ file: 'otlp/o11_raw.body', path: '/v1/logs', type: JSON_TYPE, status: 400 },
    reply: /resourceLogs.*timestamp, body, trace_id/,
    rows: [],
  },
  {
    ...{ file: 'otlp/o12d_oldscope.body', path: '/v1/logs', type: JSON_TYPE, status: 200 },
    rows: [{ message: 'old instrumentationLibraryLogs', timestamp: at('09:10:00') }],
  },
  {
    ...{ file: 'elasticsearch/e05_ops.body', path: '/_bulk', type: NDJSON, status: 200 },
    // As Elasticsearch answers about a document that it does not have.
    reply:
      /"errors":false.*"status":201.*"delete":.*"result":"not_found".*"status":404.*"create":.*"status":201/,
    rows: [
      { message: 'update doc', source: 'es', timestamp: at('09:20:05.123') },
      { message: 'create after delete', source: 'es' },
      { message: 'upsert', source: 'es' },
    ],
  },
  {
    ...{ file: 'elasticsearch/e07b_doc.body', path: '/my-index/_doc', type: JSON_TYPE, status: 201 },
    rows: [{ message: 'single _doc', source: 'es', timestamp: at('09:20:14.123') }],
  },
  {
    ...{ file: 'elasticsearch/e07c_create.body', path: '/my-index/_create/abc', method: 'PUT' },
    ...{ type: JSON_TYPE, status: 201 },
    rows: [{ message: 'single _create', source: 'es' }],
  },
  {
    ...{ file: 'elasticsearch/e07d_type.body', path: '/my-index/mytype/_bulk', type: NDJSON, status: 200 },
    rows: [{ message: 'typed bulk', source: 'es' }],
  },
  {
    ...{ file: 'elasticsearch/e12_fluentbit.body', path: '/_bulk', type: NDJSON, status: 200 },
    rows: [
      { level: 'ERROR', message: expect.stringMatching(/ERROR from tail$/), source: 'shop' },
      { level: 'ERROR', message: 'json in log', source: 'fluent-bit' },
      { level: 'INFO', message: expect.stringContaining('cpu_p') },
    ],
  },
  {
    ...{ file: 'elasticsearch/e13_filebeat.body', path: '/_bulk', type: NDJSON, status: 200 },
    rows: [
      { level: 'WARNING' },
      { level: 'ERROR', message: 'ecs levels' },
      { level: 'ERROR', message: 'syslog sev' },
      { message: 'array\nmessage' },
      { message: expect.stringContaining('win') },
      { message: 'only event.original' },
    ],
  },
  {
    ...{ file: 'seq/q04_renderings.body', path: '/api/events/raw?clef', type: CLEF, status: 201 },
    rows: [
      { message: 'HTTP GET in 12.3457 ms and 25.6 %' },
      { message: 'h1 ok' },
      { message: expect.stringMatching(/^fewer 1 /) },
      { message: expect.stringMatching(/^r not array /) },
    ],
  },
]

describe('requests of the known cases', () => {
  it.each(CASES)('$file', async ({ file, path, type, headers, method, status, reply, rows }) => {
    const before = await total()
    const answer = await post(path, bodyOf(file), { 'content-type': type, ...headers }, method)
    expect([answer.status, await answer.text()]).toEqual([
      status,
      reply === undefined ? expect.anything() : expect.stringMatching(reply),
    ])
    expect((await total()) - before).toBe(rows.length)
    expect(await newest(rows.length)).toMatchObject(rows)
  })
})

it('seq/q09e_apikeyq.body: a key in the address is taken where Seq takes one, and written down nowhere', async () => {
  await server.send('PUT', '/api/settings', { request_logging: 'all' })
  const { body } = await server.send('POST', '/api/keys', { name: 'seq', scope: 'ingest' })
  const { secret } = body.data
  const send = (path: string) =>
    fetch(server.url + path, {
      ...{ method: 'POST', body: bodyOf('seq/q09e_apikeyq.body') },
      headers: { 'content-type': CLEF },
    })
  const statuses = []
  for (const path of ['/api/events/raw?clef&apiKey=', '/ingest/clef?apiKey=', '/api/v2/logs?dd-api-key=']) {
    statuses.push((await send(path + secret)).status)
  }
  expect(statuses).toEqual([201, 201, 202])
  expect(await newest(3)).toMatchObject([{ message: 'key in query' }, { message: 'key in query' }, {}])
  // Ours take none, and neither do those that read.
  const reading = await server.send('POST', '/api/keys', { name: 'loki', scope: 'read' })
  const asked = await fetch(`${server.url}/loki/api/v1/labels?token=${reading.body.data.secret}`)
  expect(asked.status).toBe(401)
  expect((await send(`/api/logs?apiKey=${secret}`)).status).toBe(401)
  expect(JSON.stringify(server.reports)).not.toContain(secret)
  const found = await server.get(`/api/logs?search=${secret.slice(3)}`)
  expect(found.body.data.pagination.total_items).toBe(0)
})

/** A text, repeated often enough that packing pays, as another writer framed it in snappy. */
const FRAMED = Buffer.from(
  '/wYAAHNOYVBwWQBHAADTxZ8fcqB7Im1lc3NhZ2UiOiJmcmFtZWQgYnkgYW5vdGhlcidzIHdyaXRlciwgZtIcAEwiLCJzb3VyY2UiOiJmcmFtZWQifQ==',
  'base64',
)
const BLOCK = FRAMED.subarray(18)

/** A block of literals alone, which any reader of snappy takes. */
function snappyBlock(bytes: Uint8Array): Buffer {
  const length: number[] = []
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) + 128)
    if (rest < 128) break
  }
  const size = bytes.length - 1
  return Buffer.concat([Buffer.from([...length, 61 << 2, size & 255, size >> 8]), bytes])
}

const PACKERS: [name: string, pack: (bytes: Buffer) => Uint8Array][] = [
  ['gzip', zlib.gzipSync],
  ['X-GZIP', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['Deflate', zlib.deflateRawSync],
  ['zlib', zlib.deflateSync],
  ['br', zlib.brotliCompressSync],
  ['snappy', snappyBlock],
  ['x-snappy', snappyBlock],
  ['', (bytes) => bytes],
  [' identity ', (bytes) => bytes],
]
const hasZstd = typeof zlib.zstdCompressSync === 'function'
if (hasZstd) PACKERS.push(['zstd', zlib.zstdCompressSync], ['ZSTD', zlib.zstdCompressSync])

const NANOS = `${Date.now()}000000`
const ROUTES: [path: string, type: string, body: string][] = [
  ['/api/logs', JSON_TYPE, '{"message":"packed","source":"packed"}'],
  ['/loki/api/v1/push', JSON_TYPE, `{"streams":[{"stream":{"app":"packed"},"values":[["${NANOS}","a"]]}]}`],
  ['/v1/logs', JSON_TYPE, '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}'],
  ['/_bulk', NDJSON, '{"create":{"_index":"packed"}}\n{"message":"a"}\n'],
  ['/api/events/raw?clef', CLEF, '{"@m":"packed","Application":"packed"}'],
  [
    '/otlp/v1/logs',
    JSON_TYPE,
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}',
  ],
  ['/elastic/packed/_doc', JSON_TYPE, '{"message":"a"}'],
  ['/gelf', JSON_TYPE, '{"version":"1.1","host":"packed","short_message":"a"}'],
  ['/services/collector/event', JSON_TYPE, '{"event":"a"}'],
  ['/services/collector/raw', 'text/plain', 'a'],
  ['/api/v2/logs', JSON_TYPE, '[{"message":"a"}]'],
  ['/upload', JOURNAL, `__REALTIME_TIMESTAMP=${Date.now()}000\nMESSAGE=a\n\n`],
]

describe('Content-Encoding', () => {
  it.each(ROUTES)('is taken in all its forms by POST %s', async (path, type, body) => {
    const before = await total()
    // Its body is endless, and a block of snappy is unpacked as a whole.
    const packers = PACKERS.filter(([name]) => path !== '/upload' || !/snappy/i.test(name))
    for (const [encoding, pack] of packers) {
      const headers = { 'content-type': type, 'content-encoding': encoding }
      const answer = await post(path, pack(Buffer.from(body)), headers)
      expect([encoding, answer.status < 300, await answer.text()]).toEqual([
        encoding,
        true,
        expect.anything(),
      ])
    }
    expect((await total()) - before).toBe(packers.length)
  })

  it.each(['x-snappy-framed', 'snappy'])('%s is read in frames and in one block', async (encoding) => {
    for (const body of [FRAMED, BLOCK]) {
      const headers = { 'content-type': JSON_TYPE, 'content-encoding': encoding }
      expect((await post('/api/logs', body, headers)).status).toBe(200)
      expect(await newest(1)).toMatchObject([{ source: 'framed' }])
    }
  })

  const bomb = Buffer.alloc(17 * 1024 * 1024, 32)
  it.each([...PACKERS.filter(([name]) => /[a-z]/.test(name) && !/snappy|ident/.test(name))])(
    '%s that unpacks to 17 MB is refused',
    async (encoding, pack) => {
      const headers = { 'content-type': JSON_TYPE, 'content-encoding': encoding }
      expect((await post('/api/logs', pack(bomb), headers)).status).toBe(413)
    },
  )

  const changed = Buffer.from(FRAMED)
  changed[changed.length - 3] = 0
  it.each([
    ['deflate', Buffer.from('x'), 400, /valid deflate/],
    ['deflate', Buffer.alloc(0), 400, /valid deflate/],
    ['br', zlib.brotliCompressSync(Buffer.from('{"message":"a"}')).subarray(0, 9), 400, /valid br/],
    ['snappy', changed, 400, /valid snappy/],
    ['snappy', FRAMED.subarray(0, 40), 400, /valid snappy/],
    ['x-snappy', Buffer.from([0xff, 0xff, 0xff, 0x7f, 0, 0]), 413, /16 MB/],
    ...(hasZstd ? [['zstd', Buffer.from('xxxx'), 400, /valid zstd/] as const] : []),
    ['lz4', Buffer.from('x'), 415, /lz4.*gzip, deflate, br,.* snappy or none/],
    ['gzip, deflate', Buffer.from('x'), 415, /gzip, deflate is not supported/],
    ['constructor', Buffer.from('x'), 415, /constructor is not supported/],
  ] as const)('%s that is broken or unknown is refused', async (encoding, body, status, reason) => {
    const headers = { 'content-type': JSON_TYPE, 'content-encoding': encoding }
    const answer = await post('/api/logs', body, headers)
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(reason)])
  })
})

describe('OTLP of another shape', () => {
  it.each([
    ['{"resourceLogs":{"scopeLogs":[]}}', /resourceLogs/],
    ['{"resourceLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}', /scopeLogs.*logRecords/],
    ['{"resourceLogs":[{"scopeLogs":[{"records":[{"body":{"stringValue":"a"}}]}]}]}', /logRecords.*records/],
    ['{"resourceLogs":[5]}', /a resource must be a JSON object/],
    ['{"resourceSpans":[]}', /resourceLogs.*resourceSpans/],
    ['[{"body":"a"}]', /JSON object/],
  ])('is refused with what was expected: %s', async (body, reason) => {
    const before = await total()
    const answer = await post('/v1/logs', body, { 'content-type': JSON_TYPE })
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringMatching(reason)])
    expect(await total()).toBe(before)
  })

  it.each([
    '{"resourceLogs":[{"instrumentation_library_logs":[{"instrumentation_library":{"name":"old"},"logs":[{"name":"n","body":{"string_value":"old"},"attributes":[{"key":"k","value":{"int_value":"7"}}]}]}]}]}',
    '{"resource_logs":[{"resource":{},"scopeLogs":[{"scope":{"name":"old"},"log_records":[{"body":{"stringValue":"old"},"attributes":[{"key":"k","value":{"intValue":7}}]}]}]}]}',
  ])('is read where it is known: %s', async (body) => {
    expect((await post('/v1/logs', body, { 'content-type': JSON_TYPE })).status).toBe(200)
    expect(await newest(1)).toMatchObject([{ message: 'old', logger_name: 'old', extra_data: { k: 7 } }])
  })
})
