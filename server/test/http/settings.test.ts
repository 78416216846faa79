import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mayBePacked } from '../../src/store/database/packed-state.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../src/store/settings/settings-schema.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
/** Another server on the same database: a change at one has to be in force on both. */
let other: TestServer
beforeAll(async () => {
  server = await startTestServer()
  other = await startTestServer({ database: server.database, dataDirectory: tmpdir() })
})
afterAll(async () => {
  await other.close()
  await server.close()
})

// This machine's disk is not what is tested.
const DEFAULTS = { ...DEFAULT_SETTINGS, disk_reserve_bytes: 0 }
beforeEach(async () => {
  const { status } = await server.send('PUT', '/api/settings', DEFAULTS)
  expect(status).toBe(200)
})

const set = (changes: object) => server.send('PUT', '/api/settings', changes)
/** The stored form of a record sent to the server that did not get the change. */
async function stored(record: object): Promise<Record<string, unknown> | undefined> {
  const { body } = await other.send('POST', '/api/logs', { level: 'INFO', message: 'x', ...record })
  const { first_id } = body.data
  return first_id === null ? undefined : (await other.get(`/api/logs/${first_id}`)).body.data.log
}
/** Less than the 30 seconds after which a server reads its settings again without a notice. */
const soon = { timeout: 10_000, interval: 20 }

const DAY_MS = 86_400_000
const threeDaysAgo = new Date(Date.now() - 3 * DAY_MS).toISOString()
const dayOf = async (record: object) => String((await stored(record))?.timestamp).slice(0, 10)
const then = threeDaysAgo.slice(0, 10)

/** Each turns its knob on one server and sees the other behave otherwise. */
const KNOBS: { [N in keyof Settings]: () => Promise<void> } = {
  log_level: async () => {
    expect(await stored({ level: 'DEBUG' })).toBeUndefined()
    await set({ log_level: 'debug' })
    await expect.poll(() => stored({ level: 'DEBUG' }), soon).toBeDefined()
  },
  timezone: async () => {
    const range = 'start_date=2026-03-27T12:00:00Z&end_date=2026-03-28T12:00:00Z'
    const bar = async () => {
      const { body } = await other.get(`/api/logs/histogram?${range}&bucket_seconds=86400`)
      return body.data.buckets[0].start
    }
    expect(await bar()).toBe('2026-03-27T00:00:00Z')
    await set({ timezone: 'Asia/Tokyo' })
    await expect.poll(bar, soon).toBe('2026-03-26T15:00:00Z')
  },
  pack_after_days: async () => {
    const packing = async () => (await other.get('/api/packing')).body.data.packing
    expect(await packing()).toMatchObject({ begun_at: null, pack_after_days: 0 })
    await set({ pack_after_days: 1 })
    await expect.poll(packing, soon).toMatchObject({ begun_at: expect.any(String), pack_after_days: 1 })
    await expect.poll(() => mayBePacked()).toBe(true)
    expect((await other.get('/api/logs?limit=1')).status).toBe(200)
    const { body } = await other.send('POST', '/api/packing/unpack', {})
    expect(body.data.packing).toMatchObject({ is_unpacking: true, pack_after_days: 0 })
    await expect.poll(packing).toMatchObject({ begun_at: null, is_unpacking: false })
    await expect.poll(() => mayBePacked()).toBe(false)
  },
  message_max: async () => {
    await set({ message_max: 100 })
    await expect
      .poll(() => stored({ message: 'ä'.repeat(80) }), soon)
      .toMatchObject({ message: 'ä'.repeat(50), extra_data: { truncated_bytes: 60 } })
  },
  join_by_source: async () => {
    const lines = [
      'cannot read',
      '\tat net.Socket.read(Socket.java:7)',
      'Caused by: java.io.EOFException',
      'going on',
    ]
    const joined = async () => {
      const records = lines.map((message) => ({ message, source: 'traces', level: 'ERROR' }))
      const { body } = await other.send('POST', '/api/logs', records)
      return body.data
    }
    expect((await joined()).accepted).toBe(4)
    await set({ join_by_source: { traces: true } })
    await expect.poll(async () => (await joined()).accepted, soon).toBe(2)
    const { logs } = (await other.get('/api/logs?source=traces&limit=2')).body.data
    expect(logs.map(({ message }: { message: string }) => message)).toEqual([
      'going on',
      lines.slice(0, 3).join('\n'),
    ])
  },
  // The page follows it: test/e2e/reading.long.test.ts.
  line_links: async () => {
    const links = { Camera: 'https://app.example/cameras/{camera_id}?at={timestamp}#{extra_data.a.b}' }
    await set({ line_links: links })
    const read = async () => (await other.get('/api/settings')).body.data.settings.line_links
    await expect.poll(read, soon).toEqual(links)
  },
  redaction: async () => {
    await set({ redaction: ['LIC-\\d+', 'customer=\\S+'] })
    const record = {
      message: 'lic-42 of customer=Anna',
      logger_name: 'shop.LIC-1',
      extra_data: { list: ['LIC-7', 1], 'LIC-8': true },
    }
    await expect
      .poll(() => stored(record), soon)
      .toMatchObject({
        message: '*** of ***',
        logger_name: 'shop.***',
        extra_data: { list: ['***', 1] },
      })
  },
  register_cameras: async () => {
    await set({ register_cameras: false })
    let camera = 100
    const isRegistered = async () => {
      await stored({ camera_id: ++camera })
      const { body } = await other.get('/api/cameras')
      return body.data.cameras.some(({ id }: { id: number }) => id === camera)
    }
    await expect.poll(isRegistered, soon).toBe(false)
  },
  max_sources: async () => {
    await set({ max_sources: 1 })
    await expect
      .poll(() => stored({ source: `new ${Math.random()}` }), soon)
      .toMatchObject({ source: 'other', extra_data: { original_source: expect.stringMatching(/^new /) } })
  },
  max_loggers: async () => {
    await stored({ logger_name: 'first' })
    await set({ max_loggers: 1 })
    await expect
      .poll(() => stored({ logger_name: `new ${Math.random()}` }), soon)
      .toMatchObject({
        logger_name: 'other',
        extra_data: { original_logger: expect.stringMatching(/^new /) },
      })
  },
  max_cameras: async () => {
    await stored({ camera_id: 1 })
    await set({ max_cameras: 1 })
    let camera = 1000
    await expect
      .poll(() => stored({ camera_id: ++camera }), soon)
      .toMatchObject({ camera_id: null, extra_data: { original_camera_id: expect.any(Number) } })
  },
  retention_days: async () => {
    await set({ retention_days: 2 })
    // Older than the retention: stored at its arrival, the original time kept.
    await expect.poll(() => dayOf({ timestamp: threeDaysAgo }), soon).not.toBe(then)
    await set({ retention_days: 30 })
    await expect.poll(() => dayOf({ timestamp: threeDaysAgo }), soon).toBe(then)
  },
  retention_by_level: async () => {
    await set({ retention_by_level: { error: 1 } })
    await expect.poll(() => dayOf({ timestamp: threeDaysAgo, level: 'ERROR' }), soon).not.toBe(then)
    expect(await dayOf({ timestamp: threeDaysAgo })).toBe(then)
  },
  retention_by_source: async () => {
    await set({ retention_by_source: { door: 1 } })
    await expect.poll(() => dayOf({ timestamp: threeDaysAgo, source: 'door' }), soon).not.toBe(then)
    expect(await dayOf({ timestamp: threeDaysAgo, source: 'window' })).toBe(then)
  },
  retention_max_bytes: async () => {
    await stored({ timestamp: threeDaysAgo })
    const reasons = async () => {
      const { body } = await other.get('/api/logs/retention')
      return body.data.partitions.map(({ reason }: { reason: string }) => reason)
    }
    expect(await reasons()).not.toContain('size')
    await set({ retention_max_bytes: 1 })
    await expect.poll(reasons, soon).toContain('size')
    const { body } = await other.send('POST', '/api/logs/retention')
    expect(body.data.deleted_count).toBeGreaterThan(0)
  },
  disk_reserve_bytes: async () => {
    const write = async () => (await other.send('POST', '/api/logs', { level: 'INFO', message: 'x' })).status
    expect(await write()).toBe(200)
    const { blocks, bsize } = await statfs(tmpdir())
    await set({ disk_reserve_bytes: blocks * bsize + 1 })
    await expect.poll(write, soon).toBe(507)
    await set({ disk_reserve_bytes: 0 })
    await expect.poll(write, soon).toBe(200)
  },
  request_logging: async () => {
    const lines = () => other.reports.filter(({ kind }) => kind === 'request').length
    const told = async (method: string, path: string) => {
      const before = lines()
      await other.send(method, path, method === 'GET' ? undefined : {})
      // Lines are reported after the reply.
      await expect.poll(() => other.system.app.server.listening).toBe(true)
      return lines() > before
    }
    expect(await told('GET', '/api/cameras')).toBe(false)
    await set({ request_logging: 'all' })
    await expect.poll(() => told('GET', '/api/cameras'), soon).toBe(true)
    await set({ request_logging: 'off' })
    await expect.poll(() => told('POST', '/api/redaction/test'), soon).toBe(false)
  },
}

describe('each setting changes what another server does within two seconds', () => {
  it.each(Object.entries(KNOBS))('%s', (_name, turn) => turn())
})

it('has a schema that says of each what it is, may be and was at first', async () => {
  const { schema } = (await server.get('/api/settings/schema')).body.data
  const { settings } = (await server.get('/api/settings')).body.data
  expect(Object.keys(schema.properties)).toEqual(Object.keys(settings))
  for (const property of Object.values(schema.properties)) {
    expect(property).toMatchObject({ type: expect.any(String), description: expect.any(String) })
    expect(property).toHaveProperty('default')
  }
  expect(schema.properties.message_max).toMatchObject({ minimum: 100, maximum: 262144, unit: 'bytes' })
})

describe('a value that is none is refused with its field and the limit', () => {
  it.each([
    [{ message_max: 10 }, /^message_max .* from 100 to 262144/],
    [{ request_logging: 'some' }, /^request_logging .* off, changes, all/],
    [{ redaction: 'LIC' }, /^redaction .* list of patterns, at most 50/],
    [{ redaction: ['fine', 'a(?=b)'] }, /^redaction\[1\] .* at character 2: a look-around/],
    [{ redaction: ['(a)\\1'] }, /^redaction\[0\] .* at character 4: a back-reference/],
    [{ timezone: 'Mars/Olympus' }, /^timezone .*Mars\/Olympus/],
    [{ retention_days: -1 }, /^retention_days must be a whole number of days from 0 to 36500\.$/],
    [{ retention_by_level: { loud: 1 } }, /^Invalid log level/],
    [{ retention_by_level: { error: 1.5 } }, /^retention_by_level\.ERROR .* of days from 0 to 36500/],
    [{ retention_by_source: { '': 1 } }, /^A name in retention_by_source must have 1 to 100 characters/],
    [{ retention_by_source: [1] }, /^retention_by_source must be an object of names and days, at most 100/],
    [{ retention_max_bytes: null }, /^retention_max_bytes .* of bytes from 0 to 9007199254740991/],
    [{ register_cameras: 'yes' }, /^register_cameras must be true or false/],
    [{ timezone: 5 }, /^timezone must be text/],
    [{ log_level: 'LOUD' }, /^Invalid log level. Must be one of: DEBUG/],
    [{ line_links: { A: 5 } }, /^line_links\.A must be text/],
    [{ line_links: { A: 'javascript:alert(1)' } }, /^line_links\.A must begin with http:\/\/ or https:\/\//],
    [{ line_links: { A: 'https://{source}/x' } }, /^line_links\.A must begin .* a \{value\} before the path/],
    [{ line_links: { A: 'https://a.example{source}/x' } }, /^line_links\.A must begin/],
    [{ line_links: { A: 'https://me:{id}@a.example/' } }, /^line_links\.A must begin/],
    [{ line_links: { A: 'https://a.example\\@b.example/{id}' } }, /^line_links\.A must begin/],
    [{ line_links: { A: '//a.example/{id}' } }, /^line_links\.A must begin/],
    [
      { line_links: { A: 'https://a.example/{camera}' } },
      /^line_links\.A has \{camera\}, which is not a value/,
    ],
    [{ line_links: { A: 'https://a.example/{id' } }, /^line_links\.A has an unmatched \{ or \}/],
    [{ line_links: { A: 'https://a.example/a b' } }, /^line_links\.A must not contain spaces/],
    [
      { line_links: { A: `https://a.example/${'a'.repeat(2000)}` } },
      /^line_links\.A must have at most 2000 char/,
    ],
    [{ line_links: [] }, /^line_links must be an object of names and text, at most 20/],
    [{ colour: 'red' }, /^colour is not a setting. Settings: log_level/],
  ])('%j', async (changes, sentence) => {
    const { status, body } = await set(changes)
    expect([status, body.message]).toEqual([400, expect.stringMatching(sentence)])
    expect((await server.get('/api/settings')).body.data.settings).toEqual(DEFAULTS)
  })
})
