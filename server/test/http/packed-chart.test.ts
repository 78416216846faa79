// Charts of a field over packed lines are those over the same lines as rows, also on a server that starts afterwards.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { packPartition } from '../../src/store/partitions/pack-partition.ts'
import { beginPacking } from '../../src/store/partitions/packing-switch.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const DAY = 86_400_000
const START = Math.floor(Date.now() / DAY) * DAY - 5 * DAY
const LINES = 60_000
const BATCH = 5000
const RANGE = `start_date=${new Date(START + 1234.5).toISOString()}&end_date=${new Date(START + 2 * DAY - 4321).toISOString()}`

// 30,000 different numbers, far more than are kept one by one; some as texts, some missing, some other.
const extraOf = (index: number) => {
  const ms = ((index * 7919) % 30_000) / 10
  if (index % 50 === 7) return { took: { ms: `${ms}` } }
  if (index % 50 === 8) return { took: { ms: ['slow', null, { of: 1 }][((index / 50) % 3) | 0] } }
  return index % 50 === 9 ? null : { took: { ms: index % 2 === 0 ? ms : -ms }, retries: index % 4 }
}

const lineOf = (index: number) => ({
  timestamp: new Date(START + (index / LINES) * 2 * DAY).toISOString(),
  level: index % 11 === 0 ? 'ERROR' : 'INFO',
  message: 'frame stored',
  source: `camera_${index % 3}`,
  logger_name: index % 5 === 0 ? 'app.capture' : null,
  camera_id: index % 4 === 0 ? (index % 3) + 1 : null,
  extra_data: extraOf(index),
})

let server: TestServer
let second: TestServer
let reader: string

beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG', retention_days: 3650 })
  for (let from = 0; from < LINES; from += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => lineOf(from + index))
    const { body } = await server.send('POST', '/api/logs', batch, { 'x-import': 'true' })
    expect(body.data.accepted).toBe(BATCH)
  }
  const created = await server.send('POST', '/api/keys', { name: 'reader', scope: 'read', cameras: [1] })
  reader = created.body.data.secret
})

afterAll(async () => {
  await second?.close()
  await server.close()
})

const QUESTIONS = ['p95', 'sum', 'avg', 'min'].flatMap((measure) => [
  `measure=${measure}&field=took.ms`,
  `measure=${measure}&field=took.ms&by=camera_id&by=level`,
  `measure=${measure}&field=retries&by=source&logger_name=app.capture`,
  `measure=${measure}&field=took.ms&by=logger_name&q=-source:camera_1 level:INFO`,
])

// biome-ignore lint/suspicious/noExplicitAny: the reply of a chart
async function chart(target: TestServer, query: string, key: string): Promise<any> {
  const path = `/api/logs/chart?${RANGE}&buckets=30&limit=50&within_ms=60000&${query}`
  const { status, body } = await target.send('GET', path, undefined, { authorization: `Bearer ${key}` })
  expect([query, status]).toEqual([query, 200])
  return body.data
}

const inOrder = (texts: string[]) => texts.toSorted()

it('charts packed lines as it does rows', async () => {
  const before = new Map<string, Awaited<ReturnType<typeof chart>>>()
  const asked = [server.apiKey, reader].flatMap((key) => QUESTIONS.map((query) => ({ key, query })))
  for (const { key, query } of asked) before.set(key + query, await chart(server, query, key))
  const { pool } = server.database.database
  await pool.query('update log_partitions set closed_at = now()')
  await beginPacking(pool)
  let packed = 0
  server.system.logOperations.partitions.reload()
  for (const partition of await server.system.logOperations.partitions.list())
    packed += (await packPartition(pool, partition)).packed
  expect(packed).toBe(LINES)
  // Whoever opened a block would find that it is damaged.
  await pool.query('update log_blocks set extra_sum = extra_sum + 1')
  second = await startTestServer({ database: server.database })
  for (const { key, query } of asked) {
    const expected = before.get(key + query)
    const found = await chart(second, query, key)
    const isQuantile = query.startsWith('measure=p')
    const about = (value: number | null) =>
      value === null
        ? null
        : expect.closeTo(value, isQuantile ? -Math.log10(Math.max(2e-9, Math.abs(value) * 0.04)) : 5)
    for (const [index, series] of expected.series.entries()) {
      expect([query, found.series[index].values, found.series[index].lines]).toEqual([
        ...[query, series.values, series.lines],
      ])
      expect([query, found.series[index].value]).toEqual([query, about(series.value)])
      expect([query, found.series[index].points]).toEqual([query, series.points.map(about)])
    }
    expect([found.series.length, found.lines, found.sample, found.searched_to]).toEqual([
      ...[expected.series.length, expected.lines, null, null],
    ])
    expect({ ...found.left_out, examples: inOrder(found.left_out.examples) }).toEqual({
      ...expected.left_out,
      examples: inOrder(expected.left_out.examples),
    })
  }
})
