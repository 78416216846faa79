import { request } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEvents } from '../support/event-client.ts'
import { randomRuns } from '../support/random-runs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  await server.send('POST', '/api/cameras', { id: 3, name: 'Front Door' })
  await server.send('POST', '/api/logs', [
    {
      level: 'ERROR',
      message: 'connection timeout',
      source: 'camera_3',
      camera_id: 3,
      extra_data: { retry_count: 5 },
    },
    { level: 'ERROR', message: 'connection timeout, retry', source: 'api', extra_data: { retry_count: 2 } },
    { level: 'WARNING', message: '[disk] 93% used at rtsp://x', source: 'api_gateway' },
    { level: 'INFO', message: 'frame captured', source: 'worker' },
  ])
})

afterAll(() => server.close())

const search = (q: string, path = '/api/logs') => server.get(`${path}?q=${encodeURIComponent(q)}`)

/** Characters and words that the syntax, regular expressions or SQL take for more than text. */
const PIECES = [
  ...String.raw`" \ ( ) / - or * % _ İ ß 9 level: camera: source: id: message: > <= e999 , ' -- ;`.split(' '),
  ...String.raw`extra_data.a.b: extra_data.0: [[: :]] (? { } + ^ $ \m \u12 ***= [a-`.split(' '),
  ...[' ', 'or ', '\0', '\u{1F600}'],
]

describe('q', () => {
  it.each([
    ['level:error camera:"front door" -retry', ['connection timeout']],
    ['source:api*', ['connection timeout, retry', '[disk] 93% used at rtsp://x']],
    ['extra_data.retry_count:>3', ['connection timeout']],
    ['/^conn.*retry$/ or [DISK]', ['connection timeout, retry', '[disk] 93% used at rtsp://x']],
    ['level:>=warning -level:error', ['[disk] 93% used at rtsp://x']],
    ['camera:nobody', []],
    ['a\0', []],
  ])('%j finds what it says', async (q, messages) => {
    const { status, body } = await search(q)
    expect([status, body.message]).toEqual([200, 'Logs fetched successfully'])
    expect(body.data.logs.map((log: { message: string }) => log.message).sort()).toEqual(messages.sort())
    expect(body.data.filters_applied).toEqual({ q })
    expect(body.data.pagination).toMatchObject({
      total_items: messages.length,
      total_is_exact: true,
      searched_to: null,
    })
    const stats = await search(q, '/api/logs/stats')
    expect(stats.body.data.summary.total_logs).toBe(messages.length)
    const { levels } = await search(q, '/api/logs/facets').then(({ body }) => ({ levels: body.data.level }))
    expect(levels.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(messages.length)
    const histogram = await search(q, '/api/logs/histogram')
    expect(histogram.body.data.total).toBe(messages.length)
  })

  it.each(['search', 'q', 'source', 'logger_name', 'request_id'])(
    'no text of %s breaks anything',
    async (name) => {
      for (const text of ['%00', 'a%00b', '%ED%A0%80', '%', '\\', "'", '"a', '<b>', '('.repeat(900)]) {
        const { status } = await server.get(`/api/logs?${name}=${text === '%' ? '%25' : text}`)
        expect([200, 400]).toContain(status)
      }
    },
  )

  it('answers any text, found or refused with the place, and never fails', async () => {
    const pieces = fc.constantFrom(...PIECES)
    const text = fc.array(pieces, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (written, isRegex) => {
        const q = isRegex ? `/${written}/` : written
        const { status, body } = await search(q)
        if (status === 200) return
        expect([status, body.code]).toEqual([400, 'INVALID_QUERY'])
        expect(body.position).toBeGreaterThanOrEqual(1)
        expect(body.position).toBeLessThanOrEqual(q.length + 1)
      }),
      { numRuns: randomRuns(300) },
    )
    expect(server.reports.filter(({ kind }) => kind === 'unexpected')).toEqual([])
  })

  it.each(['a'.repeat(10_000), '('.repeat(1001), '"'.repeat(1001)])('refuses what is too long', async (q) => {
    expect((await search(q)).status).toBe(400)
  })

  it('finds nothing by the name of a camera that was deleted, and its lines by its id', async () => {
    await server.send('POST', '/api/cameras', { id: 9, name: 'Gone' })
    const line = { message: 'of the ninth', source: 'camera_9', camera_id: 9 }
    await server.send('POST', '/api/logs', line)
    const found = async (q: string) => (await search(q)).body.data.logs.length
    expect([await found('camera:"gone"'), await found('camera:9')]).toEqual([1, 1])
    await server.send('DELETE', '/api/cameras/9')
    expect([await found('camera:"gone"'), await found('camera:9')]).toEqual([0, 1])
    expect(await found('-camera:"gone" "of the ninth"')).toBe(1)
    expect(await found('camera:none "of the ninth"')).toBe(1)
  })

  it('decides on live rows as on stored ones', async () => {
    const q = encodeURIComponent(
      'level:>=error camera:"front door" /LENS (dirty|fogged)/ -test extra_data.x:>1',
    )
    const client = await openEvents(`${server.url}/api/logs/stream?q=${q}`, {
      authorization: `Bearer ${server.apiKey}`,
    })
    const line = { level: 'CRITICAL', camera_id: 3, source: 'worker', extra_data: { x: 2 } }
    await server.send('POST', '/api/logs', [
      { ...line, message: 'lens dirty, a test' },
      { ...line, message: 'lens dirty', extra_data: { x: '2' } },
      { ...line, message: 'lens dirty', camera_id: 4 },
      { ...line, message: 'Lens Fogged' },
    ])
    try {
      await client.until((events) => events.length > 0)
      const rows = client.events.flatMap(({ data }) => data.rows)
      expect(rows.map(({ message }: { message: string }) => message)).toEqual(['Lens Fogged'])
    } finally {
      client.close()
    }
    const { body } = await server.get(`/api/logs?q=${q}`)
    expect(body.data.pagination.total_items).toBe(1)
  })

  it('narrows the logs of a camera', async () => {
    const { body } = await search('timeout', '/api/logs/cameras/3')
    expect([body.data.count, body.data.logs.length]).toEqual([1, 1])
  })

  it.each([
    [
      '"open',
      1,
      String.raw`A quote is not closed at position 1. Close it with ", or write \" inside quotes for the character itself.`,
    ],
    [
      'ok "a \\"',
      4,
      String.raw`A quote is not closed at position 4. Close it with ", or write \" inside quotes for the character itself.`,
    ],
    ['a (b', 3, 'A bracket is not closed at position 3. Close it with ), or put the text in quotes.'],
    ['a b )', 5, 'A closing bracket has no opening bracket at position 5. Remove it, or put it in quotes.'],
    ['a ( )', 3, 'A pair of brackets is empty at position 3. Fill or remove it, or put it in quotes.'],
    [
      'x /(/',
      3,
      'The regular expression is invalid (parentheses () not balanced) at position 3. Correct it, or quote it to search for the text.',
    ],
    [
      '/[a/',
      1,
      'The regular expression is invalid (brackets [] not balanced) at position 1. Correct it, or quote it to search for the text.',
    ],
    [
      String.raw`/(a)\1/`,
      5,
      'The regular expression has a back-reference at position 5. Write the text out.',
    ],
    [
      'level:loud',
      7,
      '"loud" is not a level at position 7. Use one of DEBUG, INFO, WARNING, ERROR, CRITICAL, or quote the whole term to search for the text.',
    ],
  ])('%j is refused with the position %d and what to do', async (q, position, message) => {
    for (const path of ['', '/stats', '/histogram', '/facets', '/stream', '/export', '/cameras/3']) {
      const { status, body } = await search(q, `/api/logs${path}`)
      expect(body).toMatchObject({
        success: false,
        status_code: 400,
        code: 'INVALID_QUERY',
        position,
        message,
      })
      expect(status).toBe(400)
    }
  })
})

describe('a caller who goes away', () => {
  it('takes the statement along', async () => {
    const { pool } = server.database.database
    const blocker = await pool.connect()
    await blocker.query('begin; lock table logs in access exclusive mode')
    try {
      const asking = request(`${server.url}/api/logs?q=retry`, {
        headers: { authorization: `Bearer ${server.apiKey}` },
      })
      asking.on('error', () => undefined)
      asking.end()
      await expect.poll(waiting).toBeGreaterThan(0)
      asking.destroy()
      await expect.poll(waiting).toBe(0)
    } finally {
      await blocker.query('rollback')
      blocker.release()
    }
    expect(server.reports.filter(({ kind }) => kind === 'unexpected')).toEqual([])

    async function waiting() {
      // Jobs may wait as well.
      const { rows } = await pool.query(`
        select pid
        from pg_stat_activity
        where datname = current_database() and state = 'active' and wait_event_type = 'Lock'
          and query like '%/* search_in_order */%'`)
      return rows.length
    }
  })
})
