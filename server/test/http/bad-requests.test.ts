// The errors for bad requests: they name the field, its limit and its value; nothing is done by half.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server.close())

describe('a query', () => {
  it.each([
    ['/api/logs?limit=0', 'limit must be at least 1; it is 0.'],
    ['/api/logs?limit=many', 'limit must be a whole number.'],
    [`/api/logs?search=${'x'.repeat(1001)}`, 'search must have at most 1,000 characters; it has 1,001.'],
    [`/api/logs?${'source=a&'.repeat(101)}`.slice(0, -1), 'source must have at most 100 values; it has 101.'],
    ['/api/logs/search?query=', 'query must have at least 1 character.'],
    ['/api/logs/stats?hour=3', 'hour is not a known parameter; known are hours'],
    ['/api/logs?levle=ERROR', 'levle is not a known parameter; known are level, min_level'],
    ['/api/cameras?id=3', 'id is not a known parameter; this route has none.'],
  ])('%s', async (path, sentence) => {
    const { status, body } = await server.get(path)
    expect(body.message).toContain(sentence)
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'INVALID_REQUEST' })
  })
})

it('deletes nothing when the days are mistyped or missing', async () => {
  await server.send('POST', '/api/logs', [{ message: 'old', timestamp: '2025-01-01T00:00:00Z' }], {
    'x-import': 'true',
  })
  const refused = await server.send('DELETE', '/api/logs/cleanup?days=900')
  expect([refused.status, refused.body.message]).toEqual([400, 'days_to_keep is required.'])
  const missing = await server.send('DELETE', '/api/logs/cleanup')
  expect([missing.status, missing.body.message]).toEqual([400, 'days_to_keep is required.'])
  expect((await server.get('/api/logs?search=old')).body.data.logs).toHaveLength(1)
})

describe('a level', () => {
  it.each([
    [{ scope: 'lens', target: '1', level: 'DEBUG' }, 'scope'],
    [{ scope: 'camera', target: 'front door', level: 'DEBUG' }, 'target'],
    [{ scope: 'source', target: '', level: 'DEBUG' }, 'target'],
    [{ scope: 'source', target: 'x'.repeat(201), level: 'DEBUG' }, '200'],
    [{ scope: 'source', target: 'api', level: 'LOUD' }, 'DEBUG, INFO'],
    [{ scope: 'source', target: 'api', level: 'DEBUG', minutes: 0 }, 'minutes'],
    [{ scope: 'source', target: 'api', level: 'DEBUG', minutes: 1e9 }, '527040'],
    [{ scope: 'source', target: 'api', level: 'DEBUG', expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
    [{ scope: 'source', target: 'api', level: 'DEBUG', max_lines_per_minute: -1 }, 'max_lines_per_minute'],
    [{ scope: 'source', target: 'api', level: 'DEBUG', reason: 'r'.repeat(501) }, 'reason'],
    [{ log_level: 'LOUD' }, 'DEBUG, INFO'],
  ])('%j is refused and names what is wrong', async (override, named) => {
    const { status, body } = await server.send('PUT', '/api/levels', override)
    expect(status).toBe(400)
    expect(body.message).toContain(named)
    expect((await server.get('/api/levels')).body.data).toMatchObject({ log_level: 'INFO', overrides: [] })
  })
})

describe('a body', () => {
  it.each([
    [{ name: '' }, 'name must have at least 1 character.'],
    [{ id: 0, name: 'x' }, 'id must be at least 1; it is 0.'],
    [{ nmae: 'x', name: 'y' }, 'nmae is not a known field; known are id, name.'],
    [{}, 'name is required.'],
  ])('%j for a camera', async (body, sentence) => {
    const refused = await server.send('POST', '/api/cameras', body)
    expect(refused.body.message).toContain(sentence)
    expect(refused.status).toBe(400)
  })

  it.each(['application/xml', 'multipart/form-data; boundary=x', 'image/png'])(
    'of log records sent as %s is refused, naming what is taken',
    async (type) => {
      const refused = await server.send('POST', '/api/logs', '{"message":"m"}', { 'content-type': type })
      expect(refused.body.message).toContain('send application/json, application/x-ndjson or text/plain')
      expect(refused.status).toBe(415)
    },
  )

  it.each([
    'application/json; charset=utf-8',
    'application/vnd.api+json',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
    'text/plain',
  ])('of log records sent as %s is stored', async (type) => {
    const stored = await server.send('POST', '/api/logs', '{"message":"m"}', { 'content-type': type })
    expect(stored.body.message).toBe('Stored 1 log entry')
  })

  it('says in one line how many records were stored and how many not', async () => {
    const stored = await server.send('POST', '/api/logs', '{"message":"a"}\n{"message":"b"}\n{', {
      'content-type': 'application/x-ndjson',
    })
    expect(stored.body.message).toBe('Stored 2 log entries, rejected 1')
  })
})
