import { once } from 'node:events'
import { gunzipSync } from 'node:zlib'
import type { LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MAINTENANCE_LOCK } from '../../src/store/database/exclusive-access.ts'
import { SqlParameters } from '../../src/store/database/sql-parameters.ts'
import { EXPORT_FIELDS, EXPORT_FORMATS, lineExpression } from '../../src/store/export/export-format.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { records } from '../store/arbitraries.ts'
import { record } from '../store/some-records.ts'
import { download, openDownload } from '../support/download.ts'
import { openEvents } from '../support/event-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const RECORD_FIELDS = ['timestamp', 'level', 'source', 'camera_id', 'logger_name', 'message', 'extra_data']

let server: TestServer
let sent: LogRecord[]

beforeAll(async () => {
  server = await startTestServer()
  sent = fc.sample(records, { numRuns: 500, seed: 6 })
  await store(sent)
})
afterAll(() => server.close())

async function store(some: LogRecord[]): Promise<{ first_id: number }> {
  const { body } = await server.send('POST', '/api/logs', some, { 'x-import': 'true' })
  expect(body.data.accepted).toBe(some.length)
  return body.data
}

const auth = () => ({ authorization: `Bearer ${server.apiKey}` })
const get = (query: string, headers: Record<string, string> = {}) =>
  download(`${server.url}/api/logs/export?${query}`, { ...auth(), ...headers })
const linesOf = (body: Buffer) => body.toString().split('\n').slice(0, -1)
const rowsOf = (body: Buffer) => linesOf(body).map((line) => JSON.parse(line))

/** The rows of a list, oldest first, with these fields alone. */
async function listed(query: string, fields: readonly string[], target = server) {
  const rows: Record<string, unknown>[] = []
  for (let cursor = ''; ; ) {
    const { body } = await target.get(`/api/logs?limit=1000&${query}${cursor && `&cursor=${cursor}`}`)
    rows.push(...body.data.logs)
    if (body.data.pagination.next_cursor === null) break
    cursor = encodeURIComponent(body.data.pagination.next_cursor)
  }
  return rows.reverse().map((row) => Object.fromEntries(fields.map((field) => [field, row[field]])))
}

async function auditOf(action: string) {
  const { body } = await server.get(`/api/audit?action=${action}&limit=1`)
  return body.data.entries[0]
}

describe('an export', () => {
  it.each([
    '',
    'level=ERROR&level=CRITICAL',
    'camera_id=2',
    'min_level=WARNING&source=api&source=camera_1&exclude_camera_id=3',
    'search=timeout',
    'q=message:timeout%20or%20camera:4',
    'q=-captured',
    'q=message:/fr.me/',
    'start_date=2026-03-31T00:00:00Z&end_date=2026-04-01T08:00:00.5Z',
    'request_id=nobody',
  ])('holds what the list shows, oldest first, for ?%s', async (query) => {
    const { status, headers, body, trailers } = await get(query)
    expect(status).toBe(200)
    const rows = rowsOf(body)
    expect(rows).toEqual(await listed(query, RECORD_FIELDS))
    expect(headers['x-export-total']).toBe(String(rows.length))
    expect(headers['x-export-total-is-exact']).toBe('true')
    expect(headers['content-type']).toBe('application/x-ndjson; charset=utf-8')
    expect(headers['content-disposition']).toMatch(/^attachment; filename="logs-[\dT-]+\.ndjson"$/)
    expect(trailers).toEqual({ 'x-export-rows': String(rows.length), 'x-export-removed': '0' })
  })

  it('comes in chosen columns and the newest first', async () => {
    const fields = ['camera_name', 'id', 'message']
    const { body } = await get(`${fields.map((field) => `fields=${field}`).join('&')}&order=newest`)
    expect(rowsOf(body)).toEqual((await listed('', fields)).reverse())
    expect(Object.keys(rowsOf(body)[0])).toEqual(fields)
  })

  it('comes packed by encoding, or as a packed file', async () => {
    const plain = (await get('')).body
    const encoded = await get('', { 'accept-encoding': 'gzip' })
    expect(encoded.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(encoded.body)).toEqual(plain)
    expect(encoded.trailers['x-export-rows']).toBe('500')
    const file = await get('compress=gzip', { 'accept-encoding': 'gzip' })
    expect(file.headers['content-encoding']).toBeUndefined()
    expect(file.headers['content-type']).toBe('application/gzip')
    expect(file.headers['content-disposition']).toContain('.ndjson.gz"')
    expect(gunzipSync(file.body)).toEqual(plain)
    expect(file.trailers['x-export-rows']).toBe('500')
  })

  it('is stored again by ingest as it was, row for row', async () => {
    const { first_id } = await store(HARD)
    const again = await startTestServer()
    try {
      const { body } = await get('')
      const answer = await again.send('POST', '/api/logs', body, {
        'x-import': 'true',
        'content-type': 'application/x-ndjson',
      })
      expect(answer.body.data).toMatchObject({ accepted: sent.length + HARD.length, rejected_count: 0 })
      expect(await listed('', RECORD_FIELDS, again)).toEqual(await listed('', RECORD_FIELDS))
      // And the second export is the first, byte for byte.
      const second = await download(`${again.url}/api/logs/export`, auth())
      expect(second.body.equals(body)).toBe(true)
    } finally {
      await again.close()
      const ids = HARD.map((_, index) => `id:${first_id + index}`).join(' or ')
      await server.send('POST', '/api/logs/delete', { q: ids, confirm_rows: HARD.length })
    }
  })

  it('has no camera where the camera was deleted', async () => {
    await store([record({ message: 'of a camera', camera_id: 50, source: 'camera_50' })])
    await server.send('PUT', '/api/cameras/50', { name: 'Fifty' })
    const line = async () => rowsOf((await get('source=camera_50&fields=camera_id&fields=camera_name')).body)
    expect(await line()).toEqual([{ camera_id: 50, camera_name: 'Fifty' }])
    await server.send('DELETE', '/api/cameras/50')
    expect(await line()).toEqual([{ camera_id: null, camera_name: null }])
  })

  it('comes with every choice of fields though cameras were deleted', async () => {
    await server.send('DELETE', '/api/cameras/4')
    const choices = EXPORT_FIELDS.flatMap((one) => [[one], EXPORT_FIELDS.filter((field) => field !== one)])
    for (const fields of choices) {
      const query = fields.map((field) => `fields=${field}`).join('&')
      const rows = rowsOf((await get(`camera_id=3&${query}`)).body)
      expect(rows, query).toEqual(await listed('camera_id=3', fields))
      const csv = await get(`camera_id=3&format=csv&${query}`)
      expect(csv.trailers['x-export-rows'], query).toBe(String(rows.length))
    }
    const everything = await listed('', ['camera_id'])
    expect(everything.length).toBeGreaterThan(0)
    expect(everything.filter(({ camera_id }) => camera_id === 4)).toEqual([])
  })

  it('is not the only way out that works while the logs of a deleted camera are still to be rewritten', async () => {
    const { first_id } = await store([
      record({
        message: 'of a camera',
        camera_id: 60,
        source: 'camera_60',
        extra_data: { request_id: 'r 60' },
      }),
    ])
    // The job that rewrites them waits.
    const session = await server.database.database.connect()
    await session.query('select pg_advisory_lock($1)', [MAINTENANCE_LOCK])
    await server.send('DELETE', '/api/cameras/60')
    const query = encodeURIComponent('{source="camera_60"}')
    const since = `${Date.now() - 3_600_000}000000`
    const ways = [
      ...['', 'search=camera', 'q=message:/cam.ra/', 'camera_id=60', 'source=camera_60'].flatMap((filter) =>
        ['', '/stats', '/histogram', '/facets', '/export'].map((path) => `/api/logs${path}?${filter}`),
      ),
      '/api/logs/search?query=camera',
      '/api/logs/sources',
      `/api/logs/${first_id}`,
      ...['all', 'source', 'camera'].map((same) => `/api/logs/${first_id}/context?same=${same}`),
      ...['errors', 'new', 'loggers', 'fields', 'services', 'requests/r%2060'].map(
        (view) => `/api/debug/${view}`,
      ),
      '/api/cameras',
      '/api/cameras/activity',
      ...[query, encodeURIComponent('count_over_time({source="camera_60"}[5m])')].map(
        (asked) => `/loki/api/v1/query_range?start=${since}&query=${asked}`,
      ),
      `/loki/api/v1/series?match[]=${query}`,
      '/loki/api/v1/labels',
      '/loki/api/v1/label/camera_id/values',
    ]
    try {
      for (const way of ways) {
        const reply = await fetch(server.url + way, { headers: auth() })
        // A reply repeats the filter.
        const text = (await reply.text()).replace(/"filters_applied":\{[^}]*\}/, '')
        expect([way, reply.status]).toEqual([way, 200])
        expect([way, text.includes('"camera_id":60')]).toEqual([way, false])
      }
      const stream = await openEvents(
        `${server.url}/api/logs/stream?source=camera_60&last_event_id=0.*`,
        auth(),
      )
      await stream.until((events) => events.length > 0)
      expect(stream.events[0]?.data.rows).toMatchObject([{ message: 'of a camera', camera_id: null }])
      stream.close()
    } finally {
      await session.end()
    }
  })

  it.each(EXPORT_FORMATS)('has no parameter that its statement does not read, in %s', (format) => {
    for (let choice = 1; choice < 2 ** EXPORT_FIELDS.length; choice++) {
      const fields = EXPORT_FIELDS.filter((_, index) => choice & (1 << index))
      const parameters = new SqlParameters()
      const text = lineExpression(format, fields, [4], parameters)
      for (const index of parameters.values.keys()) expect(text, String(fields)).toContain(`$${index + 1}::`)
    }
  })

  it('is not begun by a HEAD', async () => {
    const { status } = await fetch(`${server.url}/api/logs/export`, { method: 'HEAD', headers: auth() })
    expect(status).toBe(400)
  })

  it('refuses what is wrong with the query before it begins', async () => {
    for (const [query, code] of [
      ['format=xml', 'INVALID_REQUEST'],
      ['fields=password', 'INVALID_REQUEST'],
      ['level=LOUD', 'INVALID_LEVEL'],
      ['q=(', 'INVALID_QUERY'],
    ]) {
      const { status, body } = await get(query as string)
      expect([query, status, JSON.parse(body.toString()).code]).toEqual([query, 400, code])
    }
  })

  it('is written down as begun and as done', async () => {
    await get('level=ERROR&format=csv')
    const asked = { filters: { level: 'ERROR' }, format: 'csv' }
    expect((await auditOf('logs.export.started')).after).toMatchObject(asked)
    // An export requested earlier may end after it.
    const entries = async () => (await server.get('/api/audit?action=logs.export')).body.data.entries
    await expect.poll(entries).toContainEqual(
      expect.objectContaining({
        action: 'logs.export',
        actor: expect.stringMatching(/^key /),
        after: expect.objectContaining({ ...asked, removed: 0 }),
      }),
    )
  })
})

/** Records that are hard to write down and read again. */
const HARD: LogRecord[] = [
  record({ message: '', extra_data: {} }),
  record({ message: 'lines\nand\r\ntabs\tand "quotes" and \\ and \u0001 and 😀 and \u2028' }),
  record({ message: 'x'.repeat(200_000), source: 'worker "1"\n', logger_name: '' }),
  record({ extra_data: { deep: { list: [1, 2.5, -0.001, 1e21, 1e300, 1e-7, null, true, { a: 'b' }] } } }),
  record({ extra_data: { id: 7, camera_name: 'a name of their own', timestamp: 'text', __proto__x: 1 } }),
  record({ extra_data: { big: '12345678901234567890', long: 'é'.repeat(20_000) } }),
  record({ timestamp: '2026-03-30T21:30:00.000001Z', camera_id: 3, level: 'CRITICAL' }),
]

describe('an export as CSV', () => {
  it('has a head, quotes what needs quotes and nothing that a spreadsheet runs', async () => {
    const { first_id } = await store([
      record({
        message: '=cmd|calc',
        source: '@source',
        logger_name: '-name',
        timestamp: '2026-05-01T00:00:00Z',
      }),
      record({ message: 'say "hi",\nplease', timestamp: '2026-05-01T00:00:01.5Z', extra_data: { a: '=1' } }),
      record({ message: 'a;=1+1;b\t@x;c=2;"-1', timestamp: '2026-05-01T00:00:01.7Z' }),
      record({ message: '＋1', timestamp: '2026-05-01T00:00:02Z', camera_id: 1, level: 'ERROR' }),
    ])
    const { body, headers } = await get(
      'format=csv&start_date=2026-05-01T00:00:00Z&end_date=2026-05-01T00:00:02Z',
    )
    expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
    expect(body.toString()).toBe(
      [
        'id,timestamp,level,source,camera_id,camera_name,logger_name,message,extra_data',
        `${first_id},2026-05-01T00:00:00Z,INFO,"'@source",,,"'-name","'=cmd|calc",`,
        `${first_id + 1},2026-05-01T00:00:01.5Z,INFO,"worker",,,,"say ""hi"",\nplease","{""a"": ""=1""}"`,
        `${first_id + 2},2026-05-01T00:00:01.7Z,INFO,"worker",,,,"a;'=1+1;b\t'@x;c=2;'""-1",`,
        `${first_id + 3},2026-05-01T00:00:02Z,ERROR,"worker",1,"Camera 1",,"'＋1",`,
        '',
      ].join('\r\n'),
    )
    const q = [0, 1, 2, 3].map((index) => `id:${first_id + index}`).join(' or ')
    await server.send('POST', '/api/logs/delete', { q, confirm_rows: 4 })
  })
})

describe('while an export runs', () => {
  let big: TestServer
  const ROWS = 60_000
  const open = (query = '') =>
    openDownload(`${big.url}/api/logs/export?${query}`, { authorization: `Bearer ${big.apiKey}` })
  /** The places of those that went a moment ago may still be taken. */
  const openWhenFree = (query?: string) =>
    vi.waitUntil(async () => {
      const reply = await open(query)
      if (reply.statusCode === 200) return reply
      reply.resume()
      return false
    }, 60_000)
  const restOf = async (reply: Awaited<ReturnType<typeof open>>) => {
    const parts: Buffer[] = []
    for await (const part of reply) parts.push(part as Buffer)
    return rowsOf(Buffer.concat(parts))
  }
  const statements = async () =>
    (
      await big.database.database.pool.query(
        `select count(*) as n from pg_stat_activity
        where datname = current_database() and query like '%read_chunk%' and state = 'active' and pid <> pg_backend_pid()`,
      )
    ).rows[0].n
  const auditOfBig = async (action: string) =>
    (await big.get(`/api/audit?action=${action}&limit=1`)).body.data.entries[0]

  beforeAll(async () => {
    big = await startTestServer()
    const logs = new LogOperations({
      pool: big.database.database.pool,
      settings: new SettingsStore(big.database.database.pool),
    })
    const from = Date.parse('2026-06-01T00:00:00Z')
    const line = 'x'.repeat(300)
    for (let batch = 0; batch < ROWS; batch += 5000) {
      await logs.addLogEntries(
        Array.from({ length: 5000 }, (_, index) =>
          record({
            timestamp: new Date(from + (batch + index) * 4000).toISOString(),
            message: `${line} ${batch + index}`,
            camera_id: 1 + (index % 2),
          }),
        ),
      )
    }
    await logs.close()
  })
  afterAll(() => big.close())

  it('leaves out what comes later, also among what is still to be read', { tags: ['long'] }, async () => {
    const reply = await open()
    await once(reply, 'readable')
    const late = [
      record({ message: 'late', timestamp: '2026-06-03T00:00:00Z' }),
      record({ message: 'later', timestamp: '2026-06-01T00:00:00Z' }),
    ]
    const { body } = await big.send('POST', '/api/logs', late, { 'x-import': 'true' })
    const rows = await restOf(reply)
    expect(rows.length).toBe(ROWS)
    expect(rows.filter(({ message }) => message.startsWith('late'))).toEqual([])
    const q = `id:${body.data.first_id} or id:${body.data.last_id}`
    await big.send('POST', '/api/logs/delete', { q, confirm_rows: 2 })
  })

  it('waits for a slow reader without anything running on the database', { tags: ['long'] }, async () => {
    const reply = await open()
    await once(reply, 'readable')
    const transactions = async () =>
      (
        await big.database.database.pool.query(
          `select count(*) as n from pg_stat_activity where datname = current_database() and state like 'idle in%'`,
        )
      ).rows[0].n
    const atWork = async () => (await statements()) + (await transactions())
    await expect.poll(atWork).toBe(0)
    expect((await restOf(reply)).length).toBe(ROWS)
  })

  it('ends its statement and says so when the reader goes', async () => {
    // Backreferences over 300 equal letters take PostgreSQL a long time.
    const reply = await open(`q=${encodeURIComponent(String.raw`message:/(x*)(x*)\1\2y/`)}`)
    await expect.poll(statements).toBe(1)
    reply.destroy()
    await expect.poll(async () => (await auditOfBig('logs.export.failed'))?.after.rows).toBe(0)
    await expect.poll(statements).toBe(0)
    const read = await open()
    await once(read, 'readable')
    read.destroy()
    await expect.poll(async () => (await auditOfBig('logs.export.failed')).after.total).toBe(ROWS)
  })

  it('tells the log of this server why it broke off', async () => {
    const { pool } = big.database.database
    const reply = await open()
    await once(reply, 'readable')
    await pool.query('alter table logs rename to logs_away')
    try {
      await expect(restOf(reply)).rejects.toThrow('aborted')
    } finally {
      await pool.query('alter table logs_away rename to logs')
    }
    const broken = () => big.reports.filter(({ kind }) => kind === 'stream')
    const error = expect.objectContaining({ message: expect.stringContaining('"logs" does not exist') })
    await expect
      .poll(broken)
      .toMatchObject([{ detail: { route: '/api/logs/export', isForeseen: false, error } }])
    // Written when the export is over, which is after its report.
    const audited = async () => (await auditOfBig('logs.export.failed')).after.error
    await expect.poll(audited).toContain('"logs" does not exist')
  })

  it('refuses a third of one caller, and takes it when one has ended', async () => {
    const running = await Promise.all([1, 2].map(() => open()))
    const refused = await open()
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '10'])
    refused.resume()
    for (const reply of running) reply.destroy()
    await expect
      .poll(async () => {
        const again = await open('camera_id=99')
        again.resume()
        await once(again, 'end')
        return again.statusCode
      })
      .toBe(200)
  })

  it('tells at the end how many rows were removed before they were read', { tags: ['long'] }, async () => {
    const [all, some] = await Promise.all([openWhenFree(), openWhenFree('search=xxx')])
    await Promise.all([once(all, 'readable'), once(some, 'readable')])
    const filter = { camera_id: [2], start_date: '2026-06-02T00:00:00Z' }
    const { body } = await big.send('POST', '/api/logs/delete/preview', filter)
    const { rows } = body.data
    await big.send('POST', '/api/logs/delete', { ...body.data.filters_applied, confirm_rows: rows })
    const kept = await restOf(all)
    expect(rows).toBeGreaterThan(15_000)
    expect(all.headers['x-export-total']).toBe(String(ROWS))
    expect(all.trailers).toEqual({
      'x-export-rows': String(kept.length),
      'x-export-removed': String(ROWS - kept.length),
    })
    expect(ROWS - kept.length).toBeGreaterThan(10_000)
    await restOf(some)
    expect(some.trailers['x-export-removed']).toBe('unknown')
    await expect.poll(async () => (await auditOfBig('logs.export'))?.after.removed).not.toBe(0)
  })
})

describe('exports beside writers', () => {
  it('hold whole batches, those acknowledged before and as many rows as their head says', async () => {
    const busy = await startTestServer()
    try {
      const acknowledged: string[] = []
      let isWriting = true
      const writers = [0, 1, 2, 3].map(async (writer) => {
        for (let batch = 0; isWriting; batch++) {
          const message = `batch ${writer} ${batch}`
          const lines = Array.from({ length: 20 }, () => ({
            message,
            timestamp: new Date(Date.now() - Math.random() * 7_200_000).toISOString(),
          }))
          await busy.send('POST', '/api/logs', lines)
          acknowledged.push(message)
        }
      })
      await expect.poll(() => acknowledged.length).toBeGreaterThan(20)
      for (let run = 0; run < 6; run++) {
        const before = [...acknowledged]
        const query = `fields=message${run % 2 ? '&order=newest&search=batch' : ''}`
        const { body, headers, trailers } = await download(`${busy.url}/api/logs/export?${query}`, auth())
        const counts = [...Map.groupBy(rowsOf(body), ({ message }) => message)]
        expect(counts.filter(([, of]) => of.length !== 20)).toEqual([])
        const exported = new Set(counts.map(([message]) => message))
        expect(before.filter((message) => !exported.has(message))).toEqual([])
        expect(trailers['x-export-removed']).toBe('0')
        if (run % 2 === 0) expect(trailers['x-export-rows']).toBe(headers['x-export-total'])
      }
      isWriting = false
      await Promise.all(writers)
    } finally {
      await busy.close()
    }
  })
})
