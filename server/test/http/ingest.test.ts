import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

const stored = async () => (await server.get('/api/logs')).body.data.logs
const ndjson = { 'content-type': 'application/x-ndjson' }

describe('POST /api/logs', () => {
  beforeEach(async () => {
    server = await startTestServer()
  })

  afterEach(() => server.close())

  it.each([
    ['one record', '{"message":"a"}', 1],
    ['an array', '[{"message":"a"},{"message":"b"}]', 2],
    ['one record a line', '{"message":"a"}\r\n\n{"message":"b"}\n{"message":"c"}', 3],
  ])('takes %s', async (_name, body, count) => {
    const { status, body: answer } = await server.send('POST', '/api/logs', body, ndjson)
    expect([status, answer.data.accepted, answer.data.rejected]).toEqual([200, count, []])
    expect(await stored()).toHaveLength(count)
  })

  it('takes gzip', async () => {
    const body = gzipSync('{"message":"packed"}')
    await server.send('POST', '/api/logs', body, { ...ndjson, 'content-encoding': 'gzip' })
    expect((await stored())[0].message).toBe('packed')
  })

  it('stores the good records though others are bad, and says which and why', async () => {
    const lines = ['{"message":"one"}', '{}', 'not json', '[4]', '{"message":"five"}']
    const { body } = await server.send('POST', '/api/logs', lines.join('\n'), ndjson)
    expect(body.data).toMatchObject({ accepted: 2, rejected_count: 3 })
    expect(body.data.rejected.map(({ index }: { index: number }) => index)).toEqual([1, 2, 3])
    expect(body.data.rejected[0].reason).toMatch(/^the record is empty/)
    expect(body.data.rejected[2].reason).toMatch(/JSON object/)
    expect((await stored()).map(({ message }: { message: string }) => message).sort()).toEqual([
      'five',
      'one',
    ])
  })

  it('maps the levels of other systems and keeps the original', async () => {
    await server.send('PUT', '/api/settings', { log_level: 'DEBUG' })
    const levels = ['TRACE', 'warn', 'NOTICE', 'fatal', 30]
    await server.send(
      'POST',
      '/api/logs',
      levels.map((level, index) => ({ level, message: `m${index}` })),
    )
    const rows = (await stored()).sort((a: { message: string }, b: { message: string }) =>
      a.message < b.message ? -1 : 1,
    )
    expect(rows.map(({ level }: { level: string }) => level)).toEqual([
      'DEBUG',
      'WARNING',
      'INFO',
      'CRITICAL',
      'INFO',
    ])
    expect(rows[0].extra_data).toEqual({ original_level: 'TRACE' })
  })

  it('keeps a number of hundreds of digits as a text, which is as exact and no longer', async () => {
    const extra_data = {
      large: [1e308, -1e41],
      small: 1e-300,
      usual: [1.5e25, -2.5e-12, 0, 7],
      text: '1e+300',
    }
    await server.send('POST', '/api/logs', { message: 'numbers', extra_data })
    const { rows } = await server.database.database.pool.query(
      `select extra_data::text as text from logs where message = 'numbers'`,
    )
    expect(rows[0].text.length).toBeLessThan(200)
    expect(JSON.parse(rows[0].text)).toEqual({
      ...{ large: ['1e+308', '-1e+41'], small: '1e-300', usual: [1.5e25, -2.5e-12, 0, 7], text: '1e+300' },
    })
  })

  it('masks credentials wherever they stand', async () => {
    await server.send('POST', '/api/logs', {
      message: 'cannot open rtsp://admin:hunter2@10.0.0.1/stream',
      extra_data: { rtsp_url: 'rtsp://admin:hunter2@10.0.0.1/', deep: [{ password: 'hunter2' }] },
    })
    const text = JSON.stringify(await stored())
    expect(text).not.toContain('hunter2')
    expect(text).toContain('rtsp://***:***@10.0.0.1/stream')
  })

  it('holds back what is below the level people set, and counts it', async () => {
    await server.send('PUT', '/api/settings', { log_level: 'ERROR' })
    const records = ['DEBUG', 'INFO', 'ERROR', 'CRITICAL'].map((level) => ({ level, message: level }))
    const { body } = await server.send('POST', '/api/logs', records)
    expect(body.data).toMatchObject({ accepted: 2, filtered: 2, rejected: [] })
    const imported = await server.send('POST', '/api/logs', records, { 'x-import': 'true' })
    expect(imported.body.data).toMatchObject({ accepted: 4, filtered: 0 })
  })

  it('stores a line of a wrong clock at its arrival and keeps the time it came with', async () => {
    const sent = { message: 'from 1970', timestamp: '1970-01-01T00:00:12.5Z' }
    const before = Date.now()
    const { body } = await server.send('POST', '/api/logs', sent)
    expect([body.data.accepted, body.data.retimed]).toEqual([1, 1])
    expect(body.message).toBe('Stored 1 log entry, 1 at the time of arrival')
    const [row] = await stored()
    expect(Date.parse(row.timestamp)).toBeGreaterThanOrEqual(before)
    expect(row.extra_data).toEqual({ original_timestamp: '1970-01-01T00:00:12.5Z' })
  })

  it('creates the cameras that records name, unless that is off', async () => {
    await server.send('POST', '/api/logs', { message: 'hello', camera_id: 12 })
    await server.send('PUT', '/api/settings', { register_cameras: false })
    await server.send('POST', '/api/logs', { message: 'hello', camera_id: 13 })
    const { body } = await server.get('/api/cameras')
    expect(body.data.cameras.map(({ id, name }: { id: number; name: string }) => [id, name])).toEqual([
      [12, 'Camera 12'],
    ])
    const reports = () => server.reports.filter(({ kind }) => kind === 'camera')
    expect(reports()).toHaveLength(1)
    await server.send('PUT', '/api/settings', { register_cameras: true })
    const many = Array.from({ length: 30 }, (_, index) => ({ message: 'hello', camera_id: 100 + index }))
    await server.send('POST', '/api/logs', many)
    expect(reports().slice(1)).toMatchObject([{ detail: { length: 30 } }])
  })

  it('refuses a batch none of which could be stored, with the reason of each record, once and for all', async () => {
    const headers = { ...ndjson, 'x-sender': crypto.randomUUID(), 'x-batch': '3' }
    const bad = '{}\n{"message":\n'
    const { status, body } = await server.send('POST', '/api/logs', bad, headers)
    expect([status, body.success, body.code]).toEqual([400, false, 'INVALID_REQUEST'])
    expect(body.message).toMatch(/^All 2 records were refused, nothing was stored; record 0: /)
    expect(body.data).toMatchObject({
      accepted: 0,
      rejected_count: 2,
      rejected: [{ index: 0 }, { index: 1 }],
    })
    expect((await server.send('POST', '/api/logs', bad, headers)).status).toBe(400)
    const earlier = { ...headers, 'x-batch': '2' }
    const late = await server.send('POST', '/api/logs', '{"message":"late"}', earlier)
    expect([late.status, late.body.data.accepted]).toEqual([200, 0])
    const mixed = await server.send('POST', '/api/logs', `{"message":"good"}\n${bad}`, {
      ...headers,
      'x-batch': '4',
    })
    expect([mixed.status, mixed.body.data.accepted, mixed.body.data.rejected_count]).toEqual([200, 1, 2])
    const filtered = await server.send(
      'POST',
      '/api/logs',
      '{"message":"a","level":"DEBUG"}\n{"level":"INFO"}',
      ndjson,
    )
    expect([filtered.status, filtered.body.data.filtered]).toEqual([200, 1])
  })

  it('stores a batch of a sender once', async () => {
    const headers = { ...ndjson, 'x-sender': crypto.randomUUID(), 'x-batch': '7' }
    const first = await server.send('POST', '/api/logs', '{"message":"once"}', headers)
    const second = await server.send('POST', '/api/logs', '{"message":"once"}', headers)
    expect(second.body.data).toEqual(first.body.data)
    expect(await stored()).toHaveLength(1)
  })

  it('keeps senders of keys apart: another key with the same uuid swallows no batch', async () => {
    const key = async (name: string) => {
      const { body } = await server.send('POST', '/api/keys', { name, scope: 'ingest' })
      return { ...ndjson, authorization: `Bearer ${body.data.secret}` }
    }
    const [one, other] = [await key('one'), await key('other')]
    const mark = { 'x-sender': crypto.randomUUID(), 'x-batch': '9' }
    // A mark from before marks belonged to keys: the first key that uses it has its batches known.
    await server.database.database.pool.query(
      'insert into senders (sender, last_batch, accepted) values ($1, 8, 1)',
      [mark['x-sender']],
    )
    const before = (await stored()).length
    const send = (message: string, headers: object) =>
      server.send('POST', '/api/logs', JSON.stringify({ message }), { ...mark, ...headers })
    await send('known', { ...one, 'x-batch': '8' })
    await send('of the one', one)
    await send('of the other', other)
    await send('of the one', one)
    const messages = (await stored())
      .slice(0, (await stored()).length - before)
      .map(({ message }: { message: string }) => message)
    expect(messages.sort()).toEqual(['of the one', 'of the other'])
  })
})

describe('POST /api/logs, of what cannot be read,', () => {
  beforeAll(async () => {
    server = await startTestServer()
  })

  afterAll(() => server.close())

  it.each([
    ['nothing', '', {}, 400, /body is empty/],
    ['an unknown encoding', 'x', { 'content-encoding': 'lz4' }, 415, /Content-Encoding lz4/],
    ['gzip that is none', 'x', { 'content-encoding': 'gzip' }, 400, /not valid gzip/],
    [
      'gzip that breaks off',
      gzipSync('{"message":"a"}'.repeat(50)).subarray(0, 20),
      { 'content-encoding': 'gzip' },
      400,
      /not valid gzip/,
    ],
    [
      'a gzip bomb',
      gzipSync(Buffer.alloc(64 * 1024 * 1024, 32)),
      { 'content-encoding': 'gzip' },
      413,
      /16 MB/,
    ],
    ['too much', Buffer.alloc(17 * 1024 * 1024, 32), {}, 413, /16 MB/],
    ['a sender that is no uuid', '{"message":"a"}', { 'x-sender': 'me', 'x-batch': '1' }, 400, /X-Sender/],
    [
      'a batch that is not a number',
      '{"message":"a"}',
      { 'x-sender': crypto.randomUUID(), 'x-batch': '0' },
      400,
      /X-Batch/,
    ],
  ])('refuses %s with a sentence', async (_name, body, headers, status, message) => {
    const answer = await server.send('POST', '/api/logs', body, {
      ...ndjson,
      ...(headers as Record<string, string>),
    })
    expect([answer.status, answer.body.status_code]).toEqual([status, status])
    expect(answer.body.message).toMatch(message)
    expect(await stored()).toEqual([])
  })
})
