import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type EventClient, openEvents } from '../support/event-client.ts'
import { holdStreams } from '../support/held-streams.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const clients: EventClient[] = []

beforeAll(async () => {
  server = await startTestServer()
})

afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

afterAll(() => server.close())

async function subscribe(path: string, headers: Record<string, string> = {}): Promise<EventClient> {
  const client = await openEvents(`${server.url}${path}`, {
    authorization: `Bearer ${server.apiKey}`,
    ...headers,
  })
  clients.push(client)
  return client
}

const post = (...messages: string[]) =>
  server.send(
    'POST',
    '/api/logs',
    messages.map((message) => ({ message, level: 'INFO', source: 'worker' })),
  )

const messages = (client: EventClient) =>
  client.events.flatMap(({ data }) => data.rows ?? []).map((row: { message: string }) => row.message)

describe('GET /api/events', () => {
  it('tells of each new row as the specification has it', async () => {
    const client = await subscribe('/api/events')
    const { body } = await server.send('POST', '/api/logs', {
      level: 'ERROR',
      message: 'x'.repeat(150),
      source: 'camera_1',
      camera_id: 1,
    })
    await client.until((events) => events.some(({ event }) => event === 'log_entry_created'))
    const { id, data } = client.events.find(({ event }) => event === 'log_entry_created') ?? {}
    expect(id).toMatch(/^[\w-]{22}$/)
    expect(data).toEqual({
      type: 'log_entry_created',
      data: {
        log_id: body.data.first_id,
        level: 'ERROR',
        source: 'camera_1',
        camera_id: 1,
        message: 'x'.repeat(100),
        timestamp: expect.any(String),
      },
      priority: 'normal',
      source: 'logging_system',
    })
  })

  it('says how many rows came when they come too fast to be read', async () => {
    const client = await subscribe('/api/events')
    const { body } = await post(...Array.from({ length: 300 }, (_, index) => `line ${index}`))
    await client.until((events) => events.length > 0)
    const [first] = client.events
    expect([first?.event, first?.data.data]).toEqual([
      'log_entries_created',
      { count: 300, first_id: body.data.first_id, last_id: body.data.last_id },
    ])
  })

  it('tells of cleanups, settings and cameras', async () => {
    const client = await subscribe('/api/events')
    await server.send('PUT', '/api/settings', { timezone: 'Europe/Berlin' })
    await server.send('POST', '/api/cameras', { id: 4, name: 'Garden' })
    await server.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
    const told = (type: string) => client.events.find(({ event }) => event === type)?.data.data
    await client.until(() => ['settings_changed', 'camera_changed', 'logs_cleaned'].every(told))
    expect(told('settings_changed')).toEqual({ names: ['timezone'] })
    expect(told('camera_changed')).toEqual({ camera_id: 4 })
    expect(told('logs_cleaned')).toMatchObject({ deleted_count: expect.any(Number), days_kept: 0 })
  })
})

describe('GET /api/logs/stream', () => {
  it('sends whole rows that match the filter, and headers that proxies understand', async () => {
    const client = await subscribe('/api/logs/stream?level=ERROR&search=TimeOut')
    await server.send('POST', '/api/logs', [
      { level: 'ERROR', message: 'RTSP timeout', source: 'camera_2', camera_id: 2, extra_data: { retry: 1 } },
      { level: 'INFO', message: 'no timeout at all', source: 'worker' },
      { level: 'ERROR', message: 'refused', source: 'worker' },
    ])
    await client.until(() => messages(client).length > 0)
    expect(messages(client)).toEqual(['RTSP timeout'])
    expect(client.events[0]?.data.rows[0]).toMatchObject({
      camera_id: 2,
      camera_name: 'Camera 2',
      extra_data: { retry: 1 },
    })
    expect(client.headers.get('content-type')).toMatch('text/event-stream')
    expect(client.headers.get('x-accel-buffering')).toBe('no')
  })

  it('resumes after the last event without gap or repeat', async () => {
    const first = await subscribe('/api/logs/stream')
    await post('one', 'two')
    await first.until(() => messages(first).length === 2)
    const lastId = first.lastId()
    first.close()
    await post('three')
    await post('four', 'five')
    const byHeader = await subscribe('/api/logs/stream', { 'last-event-id': lastId })
    const byParameter = await subscribe(`/api/logs/stream?last_event_id=${lastId}`)
    await post('six')
    for (const client of [byHeader, byParameter]) {
      await client.until(() => messages(client).length >= 4)
      expect(messages(client)).toEqual(['three', 'four', 'five', 'six'])
    }
  })

  it('resumes in the middle of a batch', async () => {
    const client = await subscribe('/api/events')
    await post('one', 'two', 'three')
    await client.until((events) => events.length === 3)
    const resumed = await subscribe(`/api/logs/stream?last_event_id=${client.events[1]?.id}`)
    await resumed.until(() => messages(resumed).length > 0)
    expect(messages(resumed)).toEqual(['three'])
  })

  it('answers a position that left the feed with a reset', async () => {
    await post('one')
    await post('two')
    await server.database.database.pool.query(
      'delete from log_feed where id < (select max(id) from log_feed)',
    )
    const client = await subscribe('/api/logs/stream?last_event_id=0.*')
    await client.until((events) => events.length > 0)
    expect(client.events[0]).toMatchObject({ event: 'reset' })
  })

  it('answers a position that this database has not come to with a reset, and goes on from there', async () => {
    await post('one')
    for (const path of ['/api/logs/stream', '/api/events']) {
      const client = await subscribe(`${path}?last_event_id=999999.*`)
      await client.until((events) => events.length > 0)
      expect(client.events[0]).toMatchObject({ event: 'reset', data: { reason: 'position_unknown' } })
      await post(`after ${path}`)
      await client.until((events) => events.length > 1)
    }
  })

  it('tells an open stream by a reset that an older database was restored, and goes on from there', async () => {
    const client = await subscribe('/api/logs/stream')
    for (const message of ['one', 'two', 'three']) await post(message)
    await client.until(() => messages(client).length === 3)
    const { pool } = server.database.database
    // As a backup of before the last two batches leaves it.
    await pool.query('delete from log_feed where id >= (select max(id) from log_feed) - 1')
    await pool.query(`select setval('log_feed_ids', (select max(id) from log_feed))`)
    await client.until((events) => events.some(({ event }) => event === 'reset'))
    const reset = client.events.find(({ event }) => event === 'reset')
    expect(reset?.data).toEqual({ reason: 'position_unknown' })
    await post('after the restore')
    await client.until(() => messages(client).includes('after the restore'))
    expect(messages(client)).toEqual(['one', 'two', 'three', 'after the restore'])
  })

  it('ends where reading fails, says why in the log of this server, and is resumed without a gap', async () => {
    const { pool } = server.database.database
    const paths = ['/api/logs/stream', '/api/events']
    const [lines] = await Promise.all(paths.map((path) => subscribe(path)))
    await post('one')
    await lines?.until(() => lines.events.length > 0)
    await pool.query('alter table log_feed rename to log_feed_away')
    const broken = () => server.reports.filter(({ kind }) => kind === 'stream')
    await expect.poll(() => broken().length).toBe(2)
    await Promise.all(clients.map((client) => client.ended))
    await pool.query('alter table log_feed_away rename to log_feed')
    const details = broken().map(
      ({ detail }) => detail as { route: string; error: unknown; isForeseen: boolean },
    )
    expect(details.map(({ route }) => route).sort()).toEqual(paths.toSorted())
    for (const { error, isForeseen } of details)
      expect([String(error), isForeseen]).toEqual([expect.stringContaining('log_feed'), false])
    await post('two')
    const resumed = await subscribe(`/api/logs/stream?last_event_id=${lines?.lastId()}`)
    await resumed.until((events) => events.length > 0)
    expect(messages(resumed)).toEqual(['two'])
    const metrics = await fetch(`${server.url}/metrics`, {
      headers: { authorization: `Bearer ${server.apiKey}` },
    })
    expect(await metrics.text()).toContain('timelapser_streams_broken_total{route="/api/events"} 1')
  })

  it('skips what is too fast for the reader only when it asked for that, and says how much', async () => {
    const all = await subscribe('/api/logs/stream')
    const some = await subscribe('/api/logs/stream?max_batch=10')
    await post(...Array.from({ length: 1200 }, (_, index) => `line ${index}`))
    await all.until(() => messages(all).length === 1200)
    await some.until((events) => events.length > 0)
    expect([some.events[0]?.data.skipped, messages(some)[0], messages(some).at(-1)]).toEqual([
      1190,
      'line 1190',
      'line 1199',
    ])
  })

  it('ends events early where rows are long, so that a slow client has taken one in time', async () => {
    const client = await subscribe('/api/logs/stream?source=long')
    const long = Array.from({ length: 8 }, (_, index) => ({
      ...{ level: 'INFO', source: 'long', message: `${index} ${'x'.repeat(100_000)}` },
    }))
    await server.send('POST', '/api/logs', long)
    const rowsOf = (events: EventClient['events']) => events.flatMap(({ data }) => data.rows ?? [])
    await client.until((events) => rowsOf(events).length === long.length)
    expect(client.events.map(({ data }) => data.rows.length)).toEqual([3, 3, 2])
    const again = await subscribe(`/api/logs/stream?source=long&last_event_id=${client.events[0]?.id}`)
    await again.until((events) => rowsOf(events).length === 5)
    expect(rowsOf(again.events)[0].message).toMatch(/^3 /)
  })

  it.each(['/api/events', '/api/logs/stream'])(
    'has no head of %s alone, which would never end',
    async (path) => {
      const headers = { authorization: `Bearer ${server.apiKey}` }
      expect((await fetch(server.url + path, { method: 'HEAD', headers })).status).toBeGreaterThanOrEqual(400)
    },
  )

  it('refuses a key the five hundred and first, and lets others in; one that is closed makes room', async () => {
    const { body } = await server.send('POST', '/api/keys', { name: 'crowd', scope: 'read' })
    const headers = { authorization: `Bearer ${body.data.secret}` }
    const streams = holdStreams()
    try {
      const ask = () => streams.open(`${server.url}/api/logs/stream`, headers)
      for (let count = 0; count < 500; count += 50) {
        expect(await Promise.all(Array.from({ length: 50 }, ask))).toEqual(Array(50).fill(200))
      }
      const refused = await fetch(`${server.url}/api/logs?limit=1`, { headers })
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10'])
      expect(await refused.text()).toMatch(/500 requests and streams of this user or key are open/)
      expect((await server.get('/api/logs?limit=1')).status).toBe(200)
      expect(streams.count()).toBe(500)
      streams.closeFirst()
      await expect
        .poll(async () => (await fetch(`${server.url}/api/logs?limit=1`, { headers })).status)
        .toBe(200)
    } finally {
      streams.closeAll()
    }
  })

  it('refuses a position that is none', async () => {
    const { status, body } = await server.get('/api/logs/stream?last_event_id=yesterday')
    expect([status, body.code]).toEqual([400, 'INVALID_CURSOR'])
  })

  it.each(['a'.repeat(22), '1.99999999999'])('takes the position %s', async (position) => {
    const client = await subscribe(`/api/logs/stream?last_event_id=${position}`)
    expect(client.lastId()).toMatch(/^[\w-]{22}$/)
  })

  it('tells who sees few lines nothing of the batches of others', async () => {
    const { body } = await server.send('POST', '/api/keys', { name: 'one', scope: 'read', cameras: [71] })
    const authorization = { authorization: `Bearer ${body.data.secret}` }
    const post = (camera_id: number) =>
      server.send('POST', '/api/logs', { message: `of ${camera_id}`, camera_id })
    for (const path of ['/api/logs/stream', '/api/events']) {
      const [limited, all] = [await subscribe(path, authorization), await subscribe(path)]
      const rowsOf = ({ events }: EventClient) =>
        events.filter(({ event }) => /^log_(rows|entry)/.test(event))
      for (let batch = 0; batch < 3; batch++) {
        await post(72)
        await all.until(() => rowsOf(all).length === batch + 1)
      }
      await post(71)
      await limited.until(() => rowsOf(limited).length === 1)
      // The start and the line: no position moved for what is hidden, and no two ids are the same or say a number.
      expect([limited.ids().length, new Set([...limited.ids(), ...all.ids()]).size]).toEqual([
        2,
        2 + all.ids().length,
      ])
      await post(71)
      const resumed = await subscribe(`${path}?last_event_id=${limited.lastId()}`, authorization)
      await resumed.until((events) => events.length > 0)
      expect(resumed.events.map(({ event }) => event)).not.toContain('reset')
      // Numbers that are made up are answered alike, whether or not there is a batch of that number.
      for (const made of ['1.*', '999999999.*']) {
        const guessed = await subscribe(`${path}?last_event_id=${made}`, authorization)
        await guessed.until((events) => events.length > 0)
        expect(guessed.events[0]).toMatchObject({ event: 'reset', data: { reason: 'position_unknown' } })
      }
    }
  })
})
