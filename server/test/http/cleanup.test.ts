import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

beforeEach(async () => {
  server = await startTestServer()
})

afterEach(() => server.close())

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
const lines = (count: number, days: number) =>
  Array.from({ length: count }, (_, index) => ({
    message: `line ${index}`,
    timestamp: daysAgo(days),
    source: 'old',
  }))

it('deletes what is older than the days to keep and says how many in words', async () => {
  await server.send('POST', '/api/logs', [...lines(1247, 31), ...lines(3, 29)], { 'x-import': 'true' })
  const preview = await server.get('/api/logs/cleanup?days_to_keep=30')
  expect(preview.body.data).toMatchObject({ would_delete: 1247, days_kept: 30 })
  const { body } = await server.send('DELETE', '/api/logs/cleanup?days_to_keep=30')
  expect(body).toMatchObject({
    success: true,
    message: 'Cleaned up 1,247 old log entries',
    data: { deleted_count: 1247, days_kept: 30 },
  })
  const { body: left } = await server.get('/api/logs')
  expect([left.data.logs.length, left.data.pagination.total_items]).toEqual([3, 3])
})

it('deletes everything for 0 days', async () => {
  await server.send('POST', '/api/logs', [...lines(5, 400), ...lines(427, 1), ...lines(2, 0)], {
    'x-import': 'true',
  })
  const { body } = await server.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
  expect(body).toMatchObject({
    message: 'Cleaned up 434 old log entries',
    data: { deleted_count: 434, days_kept: 0 },
  })
  const { body: left } = await server.get('/api/logs')
  expect([left.data.logs, left.data.pagination.total_items]).toEqual([[], 0])
  expect((await server.get('/api/logs/sources')).body.data.total_sources).toBe(0)
})

it.each(['366', '-1', 'all'])('refuses %s days', async (days) => {
  const { status, body } = await server.send('DELETE', `/api/logs/cleanup?days_to_keep=${days}`)
  expect(status).toBe(400)
  expect(body.message).toMatch(/^days_to_keep must be/)
})
