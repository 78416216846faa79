// The JSON examples of the specification, field by field and word by word.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

/** With microseconds, as the store gives it back. */
const hoursAgo = (hours: number) =>
  new Date(Date.now() - hours * 3_600_000).toISOString().replace(/\d{3}Z$/, '123456Z')

const LINES = [
  {
    level: 'ERROR',
    message: 'Camera connection timeout after 30 seconds',
    timestamp: hoursAgo(1),
    camera_id: 1,
    source: 'camera_1',
    logger_name: 'camera_worker',
    extra_data: { retry_count: 3, timeout_duration: 30 },
  },
  { level: 'ERROR', message: 'connection refused', timestamp: hoursAgo(2), camera_id: 1, source: 'camera_1' },
  { level: 'ERROR', message: 'Connection reset', timestamp: hoursAgo(3), camera_id: 1, source: 'camera_1' },
  {
    level: 'INFO',
    message: 'Image captured successfully',
    timestamp: hoursAgo(4),
    camera_id: 1,
    source: 'camera_1',
  },
  { level: 'WARNING', message: 'Disk is getting full', timestamp: hoursAgo(5), source: 'worker' },
  { level: 'CRITICAL', message: 'Disk is full', timestamp: hoursAgo(6), source: 'worker' },
  { level: 'DEBUG', message: 'tick', timestamp: hoursAgo(7), source: 'system' },
  { level: 'INFO', message: 'a connection of long ago', timestamp: hoursAgo(40 * 24), source: 'system' },
]

beforeAll(async () => {
  server = await startTestServer()
  await server.send('POST', '/api/cameras', { id: 1, name: 'Front Door Camera' })
  await server.send('POST', '/api/cameras', { id: 7, name: 'Silent Camera' })
  const stored = await server.send('POST', '/api/logs', LINES, { 'x-import': 'true' })
  expect(stored.body.data).toMatchObject({ accepted: LINES.length, rejected: [], filtered: 0 })
})

afterAll(() => server.close())

describe('GET /api/logs', () => {
  it('answers the comprehensive query of the specification', async () => {
    const { status, body } = await server.get(
      '/api/logs?level=ERROR&camera_id=1&search=connection&page=1&limit=2',
    )
    expect(status).toBe(200)
    expect(body).toMatchObject({
      success: true,
      message: 'Logs fetched successfully',
      data: {
        pagination: {
          page: 1,
          limit: 2,
          total_pages: 2,
          total_items: 3,
          has_next: true,
          has_previous: false,
        },
        filters_applied: { level: 'ERROR', camera_id: 1, search: 'connection' },
      },
    })
    expect(body.data.filters_applied).toEqual({ level: 'ERROR', camera_id: 1, search: 'connection' })
    expect(body.data.logs).toHaveLength(2)
    expect(body.data.logs[0]).toEqual({
      id: expect.any(Number),
      level: 'ERROR',
      message: 'Camera connection timeout after 30 seconds',
      timestamp: LINES[0]?.timestamp,
      camera_id: 1,
      camera_name: 'Front Door Camera',
      source: 'camera_1',
      logger_name: 'camera_worker',
      extra_data: { retry_count: 3, timeout_duration: 30 },
    })
  })

  it('pages by number and by cursor to the same rows', async () => {
    const byNumber = await server.get('/api/logs?limit=3&page=2')
    const first = await server.get('/api/logs?limit=3')
    const byCursor = await server.get(`/api/logs?limit=3&cursor=${first.body.data.pagination.next_cursor}`)
    expect(byCursor.body.data.logs).toEqual(byNumber.body.data.logs)
    const back = await server.get(`/api/logs?limit=3&cursor=${byCursor.body.data.pagination.previous_cursor}`)
    expect(back.body.data.logs).toEqual(first.body.data.logs)
  })

  it('finds no logs of a camera nobody knows, which is not an error', async () => {
    const { status, body } = await server.get('/api/logs?camera_id=999')
    expect([status, body.data.logs, body.data.pagination.total_items]).toEqual([200, [], 0])
  })

  it('takes levels in any case, several of them, and a lower bound', async () => {
    const levels = async (query: string) =>
      (await server.get(`/api/logs?${query}`)).body.data.logs.map((log: { level: string }) => log.level)
    expect(await levels('level=critical&level=Debug')).toEqual(['CRITICAL', 'DEBUG'])
    expect(await levels('min_level=error')).toEqual(['ERROR', 'ERROR', 'ERROR', 'CRITICAL'])
  })

  it('has inclusive date bounds, a naive one being UTC', async () => {
    const at = LINES[4]?.timestamp ?? ''
    const naive = at.replace('Z', '')
    const { body } = await server.get(
      `/api/logs?start_date=${naive}&end_date=${encodeURIComponent(at.replace('Z', '+00:00'))}`,
    )
    expect(body.data.logs.map((log: { message: string }) => log.message)).toEqual(['Disk is getting full'])
    expect(body.data.filters_applied).toMatchObject({ start_date: naive })
  })
})

describe('GET /api/logs/stats', () => {
  it('answers with the summary of the specification', async () => {
    const { body } = await server.get('/api/logs/stats?hours=24')
    expect(body).toEqual({
      success: true,
      message: 'Log statistics fetched successfully',
      data: {
        summary: {
          total_logs: 7,
          critical_count: 1,
          error_count: 3,
          warning_count: 1,
          info_count: 1,
          debug_count: 1,
          unique_sources: 3,
          unique_cameras: 1,
          first_log_at: LINES[6]?.timestamp,
          last_log_at: LINES[0]?.timestamp,
        },
        period_hours: 24,
        metadata: {
          generated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          data_range: { first_log: LINES[6]?.timestamp, last_log: LINES[0]?.timestamp },
          coverage: { unique_sources: 3, unique_cameras: 1 },
        },
      },
    })
  })
})

describe('GET /api/logs/sources', () => {
  it('covers everything kept', async () => {
    const { body } = await server.get('/api/logs/sources')
    expect(body).toEqual({
      success: true,
      message: 'Log sources fetched successfully',
      data: {
        sources: [
          {
            source: 'camera_1',
            log_count: 4,
            last_log_at: LINES[0]?.timestamp,
            error_count: 3,
            warning_count: 0,
          },
          {
            source: 'system',
            log_count: 2,
            last_log_at: LINES[6]?.timestamp,
            error_count: 0,
            warning_count: 0,
          },
          {
            source: 'worker',
            log_count: 2,
            last_log_at: LINES[4]?.timestamp,
            error_count: 0,
            warning_count: 1,
          },
        ],
        total_sources: 3,
      },
    })
  })
})

describe('GET /api/logs/search', () => {
  it('answers the search of the specification', async () => {
    const { body } = await server.get(
      '/api/logs/search?query=timeout&camera_id=1&level=ERROR&page=1&limit=20',
    )
    expect(body).toMatchObject({
      success: true,
      message: 'Log search completed successfully',
      data: {
        logs: [{ level: 'ERROR', message: LINES[0]?.message, camera_id: 1, source: 'camera_1' }],
        search_query: 'timeout',
        pagination: { page: 1, limit: 20, total_pages: 1, total_items: 1 },
      },
    })
    expect(body.data.filters_applied).toEqual({ camera_id: 1, level: 'ERROR' })
  })
})

describe('GET /api/logs/cameras/:id', () => {
  it('answers with the newest rows of the camera and how many it has', async () => {
    const { body } = await server.get('/api/logs/cameras/1?limit=2')
    expect(body).toMatchObject({
      success: true,
      message: 'Camera logs fetched successfully',
      data: {
        camera_id: 1,
        count: 4,
        logs: [{ message: LINES[0]?.message }, { message: LINES[1]?.message }],
      },
    })
  })

  it('knows a camera without logs, and says so of one it does not know', async () => {
    expect((await server.get('/api/logs/cameras/7')).body.data).toMatchObject({
      logs: [],
      camera_id: 7,
      count: 0,
    })
    const unknown = await server.get('/api/logs/cameras/999')
    expect(unknown.body).toMatchObject({
      success: false,
      message: 'Camera with ID 999 not found',
      status_code: 404,
    })
    expect(unknown.status).toBe(404)
  })
})

describe('errors', () => {
  it.each([
    ['/api/logs?level=LOUD', 400, 'Invalid log level. Must be one of: DEBUG, INFO, WARNING, ERROR, CRITICAL'],
    ['/api/logs?start_date=yesterday', 400, 'Invalid start_date format. Use ISO format.'],
    ['/api/logs?end_date=2025-02-30', 400, 'Invalid end_date format. Use ISO format.'],
    ['/api/logs?limit=1001', 400, 'limit must be at most 1000; it is 1001.'],
    ['/api/logs?page=0', 400, 'page must be at least 1; it is 0.'],
    ['/api/logs/stats?hours=169', 400, 'hours must be at most 168; it is 169.'],
    ['/api/logs/search', 400, 'query is required.'],
    ['/api/nothing', 404, 'There is no route GET /api/nothing'],
  ])('%s is answered with a sentence', async (path, status, message) => {
    const answer = await server.get(path)
    expect(answer.body).toMatchObject({ success: false, message, status_code: status })
    expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'))
    expect(answer.status).toBe(status)
  })
})
