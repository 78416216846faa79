// Hostile requests in the other protocols, which no sender makes by mistake.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  expect(server.reports.filter(({ kind }) => kind === 'unexpected')).toEqual([])
  await server.close()
})

const DEEP = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
const DEEP_OBJECT = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x'))
const NANOS = `${Date.now()}000000`

/** Each route, its type, and a body that is good but for a value 10,000 deep. */
const ROUTES: [route: string, type: string, deep: string][] = [
  [
    '/api/events/raw',
    'application/vnd.serilog.clef',
    `{"@mt":"{d}","d":${DEEP_OBJECT},"Application":"deep"}`,
  ],
  [
    '/ingest/clef',
    'application/json',
    `{"Events":[{"MessageTemplate":"deep","Properties":{"d":${DEEP},"app":"deep"}}]}`,
  ],
  ['/_bulk', 'application/x-ndjson', `{"create":{"_index":"deep"}}\n{"d":${DEEP_OBJECT}}\n`],
  [
    '/loki/api/v1/push',
    'application/json',
    `{"streams":[{"stream":{"app":"deep"},"values":[["${NANOS}","{\\"msg\\":\\"a\\",\\"d\\":${DEEP}}"]]}]}`,
  ],
  ['/gelf', 'application/json', `{"short_message":"deep","host":"deep","_d":${DEEP}}`],
  ['/services/collector', 'application/json', `{"source":"deep","event":{"message":"deep","d":${DEEP}}}`],
  ['/api/v2/logs', 'application/json', `[{"message":"deep","service":"deep","d":${DEEP_OBJECT}}]`],
  [
    '/v1/logs',
    'application/json',
    `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"deep"}}]},"scopeLogs":[{"logRecords":[{"body":${'{"arrayValue":{"values":['.repeat(5000)}1${']}}'.repeat(5000)}}]}]}]}`,
  ],
]

const post = (route: string, body: string | Buffer, headers: Record<string, string>) =>
  fetch(server.url + route, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, ...headers },
    body: body as string,
  })

describe.each(ROUTES)('POST %s', (route, type, deep) => {
  it('stores what is nested 10,000 deep, cut where the column ends', async () => {
    const before = (await server.get('/api/logs?source=deep')).body.data.pagination.total_items
    const answer = await post(route, deep, { 'content-type': type })
    expect([answer.status, await answer.text()]).toEqual([
      expect.toSatisfy((code: number) => code < 300),
      expect.anything(),
    ])
    const { logs, pagination } = (await server.get('/api/logs?source=deep')).body.data
    expect(pagination.total_items).toBe(before + 1)
    expect(JSON.stringify(logs[0]).length).toBeLessThan(300_000)
  })

  it('refuses 64 MB packed in 64 kB', async () => {
    expect((await post(route, BOMB, { 'content-type': type, 'content-encoding': 'gzip' })).status).toBe(413)
  })

  it('refuses 17 MB, and what is packed in a way nobody knows', async () => {
    expect((await post(route, Buffer.alloc(17 * 1024 * 1024, ' '), { 'content-type': type })).status).toBe(
      413,
    )
    expect((await post(route, 'x', { 'content-type': type, 'content-encoding': 'lz4' })).status).toBe(415)
  })

  it('refuses bytes that are nothing', async () => {
    const body = Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 7919) % 256))
    const { status } = await post(route, body, { 'content-type': type })
    // In Elasticsearch's reply the items say so.
    expect(status).toBe(route === '/_bulk' ? 200 : 400)
  })
})
