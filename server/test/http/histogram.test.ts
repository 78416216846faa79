import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const

/** Over four days around the change of clocks in Europe, a prime number of seconds apart. */
const LINES = Array.from({ length: 400 }, (_, index) => ({
  timestamp: new Date(Date.parse('2026-03-27T00:00:03.5Z') + index * 863_000).toISOString(),
  level: LEVELS[index % 5] as (typeof LEVELS)[number],
  message: index % 3 === 0 ? 'timeout' : 'capture',
  source: 'worker',
}))

beforeAll(async () => {
  server = await startTestServer()
  await server.send('POST', '/api/logs', LINES, { 'x-import': 'true' })
})

afterAll(() => server.close())

const START = '2026-03-27T05:17:11Z'
const END = '2026-03-30T19:43:59.999Z'

it.each([
  [86_400, 'UTC', ''],
  [86_400, 'Europe/Berlin', ''],
  [86_400, 'Asia/Kathmandu', ''],
  [3600, 'Asia/Kolkata', ''],
  [43_200, 'America/New_York', ''],
  [1800, 'UTC', '&level=ERROR'],
  [300, 'UTC', '&search=timeout'],
  [3600, 'Asia/Kolkata', '&search=timeout'],
])('bars of %d seconds in %s%s add up to the lines they hold', async (seconds, zone, more) => {
  const query = `start_date=${START}&end_date=${END}&bucket_seconds=${seconds}&timezone=${zone}${more}`
  const { body } = await server.get(`/api/logs/histogram?${query}`)
  const lines = LINES.filter(({ timestamp, level, message }) => {
    if (timestamp < START || timestamp > END) return false
    return (
      (!more.includes('level') || level === 'ERROR') && (!more.includes('search') || message === 'timeout')
    )
  })
  expect(body.data.total).toBe(lines.length)
  const starts: string[] = body.data.buckets.map(({ start }: { start: string }) => start)
  body.data.buckets.forEach((bucket: Record<string, number>, index: number) => {
    const from = Date.parse(starts[index] ?? '')
    const to = Date.parse(starts[index + 1] ?? '2099-01-01T00:00:00Z')
    const held = lines.filter(({ timestamp }) => Date.parse(timestamp) >= from && Date.parse(timestamp) < to)
    for (const level of LEVELS) {
      expect(bucket[level.toLowerCase()]).toBe(held.filter((line) => line.level === level).length)
    }
  })
})

it.each([
  ['timezone=Mars/Olympus', /timezone must be an IANA name such as Europe\/Berlin; it is "Mars\/Olympus"/],
  ['timezone=%2B02:00', /timezone must be an IANA name/],
  ['bucket_seconds=0', /bucket_seconds must be at least 1/],
  ['bucket_seconds=1', /more than 2000 bars/],
])('%s is refused with a sentence', async (query, message) => {
  const { status, body } = await server.get(
    `/api/logs/histogram?start_date=${START}&end_date=${END}&${query}`,
  )
  expect([status, body.message]).toEqual([400, expect.stringMatching(message)])
})
