// Which requests become lines of the server's own, over real HTTP.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RequestLine } from '../../src/http/request-log.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** The reported lines about requests to these routes. */
const told = (route: string) =>
  server.reports
    .filter(({ kind }) => kind === 'request')
    .map(({ detail }) => detail as RequestLine)
    .filter(({ extra_data }) => extra_data.route === route)

const record = { message: 'captured' }
const nanos = `${Date.now()}000000`
/** One of each way in, as its senders send it. */
const WAYS_IN: [path: string, body: unknown][] = [
  ['/api/logs', record],
  ['/loki/api/v1/push', { streams: [{ stream: { app: 'shop' }, values: [[nanos, 'captured']] }] }],
  ['/api/events/raw?clef', JSON.stringify({ '@t': new Date().toISOString(), '@m': 'captured' })],
  ['/_bulk', `{"create":{"_index":"shop"}}\n${JSON.stringify(record)}\n`],
  ['/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'captured' } }] }] }] }],
]

it('tells of no request that brings lines, by whichever protocol: each would write another', async () => {
  for (const [path, body] of WAYS_IN) {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    expect([path, response.status < 300]).toEqual([path, true])
  }
  await server.send('POST', '/api/redaction/test', { message: 'told last' })
  await expect.poll(() => told('/api/redaction/test')).toHaveLength(1)
  const routes = WAYS_IN.map(([path]) => path.replace(/\?.*/, ''))
  expect(routes.flatMap(told)).toEqual([])
})

it('does not call slow what waits on purpose until a level changes', async () => {
  const { headers } = await server.get('/api/levels')
  const held = await fetch(`${server.url}/api/levels?wait=2`, {
    headers: { authorization: `Bearer ${server.apiKey}`, 'if-none-match': headers.get('etag') ?? '' },
  })
  expect(held.status).toBe(304)
  await server.send('POST', '/api/cameras', { name: 'told last' })
  await expect.poll(() => told('/api/cameras')).toHaveLength(1)
  expect(told('/api/levels')).toEqual([])
})
