// Senders of ever new names and times; docs/security.md has the figures.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

const MOST = 20
let server: TestServer
let keys: string[]

beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', {
    ...{ max_sources: MOST, max_loggers: MOST, max_cameras: MOST, retention_days: 0 },
  })
  keys = await Promise.all(['greedy', 'modest'].map(made))
})
afterAll(() => server.close())

async function made(name: string): Promise<string> {
  return (await server.send('POST', '/api/keys', { name, scope: 'ingest' })).body.data.secret
}

const send = (key: string | undefined, records: object[]) =>
  fetch(`${server.url}/api/logs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(records),
  })
const manyNames = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => {
    const name = `n${from + index}`
    return { level: 'INFO', message: name, source: name, logger_name: name, camera_id: 1 + from + index }
  })

it('takes half of the names from one key, then all there may be; rows and counts say other', async () => {
  const [greedy, modest] = keys
  expect((await send(greedy, manyNames(500))).status).toBe(200)
  // A second batch finds no room, and those that are known stay known.
  expect((await send(greedy, [...manyNames(50, 500), ...manyNames(1)])).status).toBe(200)
  const { body: rows } = await server.get('/api/logs?source=other&limit=1000')
  expect(rows.data.logs).toHaveLength(540)
  for (const { message, camera_id, logger_name, extra_data } of rows.data.logs) {
    expect({ camera_id, logger_name }).toEqual({ camera_id: null, logger_name: 'other' })
    const camera = Number(message.slice(1)) + 1
    const originals = { original_source: message, original_logger: message, original_camera_id: camera }
    expect(extra_data).toEqual(originals)
  }
  const told = server.reports.filter(({ kind }) => kind === 'names')
  expect(told.map(({ detail }) => (detail as { kind: string }).kind).sort()).toEqual([
    'camera',
    'logger',
    'source',
  ])
  await send(modest, manyNames(100, 1000))
  const { body } = await server.get('/api/logs/sources')
  const named = body.data.sources.filter(({ source }: { source: string }) => /^n\d/.test(source))
  expect(named).toHaveLength(MOST)
  const counted = body.data.sources.find(({ source }: { source: string }) => source === 'other')
  expect(counted.log_count).toBe(540 + 90)
  const { body: diagnosis } = await server.get('/api/diagnostics')
  const check = diagnosis.data.checks.find(({ name }: { name: string }) => name === 'names')
  expect(check.verdict).toBe('warning')
  expect(check.cause).toContain(`The limit of ${MOST} sources is reached`)
})

it('gives months to so many old lines of one key, a century to the rest', async () => {
  const partitions = async () =>
    (await server.database.database.pool.query('select 1 from log_partitions')).rows.length
  const months = Array.from({ length: 12 * 45 }, (_, month) => ({
    ...{ level: 'INFO', message: 'old', source: 'n0' },
    timestamp: new Date(Date.UTC(1971, month)).toISOString(),
  }))
  const before = await partitions()
  expect((await send(keys[0], months)).status).toBe(200)
  expect((await partitions()) - before).toBeLessThanOrEqual(242)
  expect(
    (await server.get('/api/logs/stats?start_date=1971-01-01&end_date=2016-01-01')).body.data.summary
      .total_logs,
  ).toBe(months.length)
})
