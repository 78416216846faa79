import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
/** Another server on the same database: what is changed on one has to be in force on both. */
let other: TestServer
beforeAll(async () => {
  server = await startTestServer()
  other = await startTestServer({ database: server.database })
})
afterAll(async () => {
  await other.close()
  await server.close()
})

const DEFAULTS = {
  log_level: 'INFO',
  timezone: 'UTC',
  retention_days: 30,
  retention_by_level: {},
  retention_by_source: {},
  retention_max_bytes: 0,
  disk_reserve_bytes: 0,
  register_cameras: true,
  message_max: 262144,
  redaction: [],
  request_logging: 'changes',
}
beforeEach(async () => {
  const { status } = await server.send('PUT', '/api/settings', DEFAULTS)
  expect(status).toBe(200)
})

const set = (changes: object) => server.send('PUT', '/api/settings', changes)
/** What becomes of a record sent to the server that was not asked to change. */
async function stored(record: object): Promise<Record<string, unknown> | undefined> {
  const { body } = await other.send('POST', '/api/logs', { level: 'INFO', message: 'x', ...record })
  const { first_id } = body.data
  return first_id === null ? undefined : (await other.get(`/api/logs/${first_id}`)).body.data.log
}
/** The notice has two seconds. */
const soon = { timeout: 2000, interval: 20 }

describe('each setting is in force on every server within two seconds', () => {
  it('log_level', async () => {
    expect(await stored({ level: 'DEBUG' })).toBeUndefined()
    await set({ log_level: 'DEBUG' })
    await expect.poll(() => stored({ level: 'DEBUG' }), soon).toBeDefined()
  })

  it('timezone', async () => {
    await set({ timezone: 'Asia/Tokyo' })
    const seen = async () => (await other.get('/api/settings')).body.data.settings.timezone
    await expect.poll(seen, soon).toBe('Asia/Tokyo')
  })

  it('message_max', async () => {
    await set({ message_max: 100 })
    await expect
      .poll(() => stored({ message: 'ä'.repeat(80) }), soon)
      .toMatchObject({
        message: 'ä'.repeat(50),
        extra_data: { truncated_bytes: 60 },
      })
  })

  it('redaction', async () => {
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
  })

  it('register_cameras', async () => {
    await set({ register_cameras: false })
    let camera = 100
    await expect
      .poll(async () => {
        await stored({ camera_id: ++camera })
        return (await other.get('/api/cameras')).body.data.cameras.some(
          ({ id }: { id: number }) => id === camera,
        )
      }, soon)
      .toBe(false)
  })

  it('retention_days and disk_reserve_bytes', async () => {
    await set({ retention_days: 2 })
    const threeDaysAgo = new Date(Date.now() - 3 * 86_400_000).toISOString()
    // Older than the retention: stored at its arrival, the original time kept.
    await expect
      .poll(async () => (await stored({ timestamp: threeDaysAgo }))?.timestamp, soon)
      .not.toMatch(threeDaysAgo.slice(0, 10))
    await set({ retention_days: 30 })
    await expect
      .poll(async () => (await stored({ timestamp: threeDaysAgo }))?.timestamp, soon)
      .toMatch(threeDaysAgo.slice(0, 10))
  })

  it('retention_by_level and retention_by_source', async () => {
    const timestamp = new Date(Date.now() - 3 * 86_400_000).toISOString()
    const dayOf = async (record: object) =>
      String((await stored({ timestamp, ...record }))?.timestamp).slice(0, 10)
    await set({ retention_by_level: { ERROR: 1 }, retention_by_source: { door: 1 } })
    await expect.poll(() => dayOf({ level: 'ERROR' }), soon).not.toBe(timestamp.slice(0, 10))
    expect(await dayOf({ source: 'door' })).not.toBe(timestamp.slice(0, 10))
    expect(await dayOf({ source: 'window' })).toBe(timestamp.slice(0, 10))
  })

  it('request_logging', async () => {
    const lines = () => other.reports.filter(({ kind }) => kind === 'request').length
    const told = async (method: string, path: string) => {
      const before = lines()
      await other.send(method, path, method === 'GET' ? undefined : {})
      // Lines are told after the reply.
      await expect.poll(() => other.system.app.server.listening).toBe(true)
      return lines() > before
    }
    expect(await told('GET', '/api/cameras')).toBe(false)
    await set({ request_logging: 'all' })
    await expect.poll(() => told('GET', '/api/cameras'), soon).toBe(true)
    await set({ request_logging: 'off' })
    await expect.poll(() => told('POST', '/api/redaction/test'), soon).toBe(false)
  })
})

describe('a value that is none is refused with its field and the limit', () => {
  it.each([
    [{ message_max: 10 }, /^message_max .* from 100 to 262144/],
    [{ request_logging: 'some' }, /^request_logging .* off, changes, all/],
    [{ redaction: 'LIC' }, /^redaction .* list of patterns, 50 at most/],
    [{ redaction: ['fine', '(a+)+'] }, /^redaction\[1\] .* at character 4: a repeated group/],
    [{ redaction: ['(a)\\1'] }, /^redaction\[0\] .* at character 4: a backreference/],
    [{ timezone: 'Mars/Olympus' }, /^timezone .*Mars\/Olympus/],
    [{ retention_days: -1 }, /^retention_days .* from 0/],
    [{ log_level: 'LOUD' }, /^Invalid log level. Must be one of: DEBUG/],
    [{ colour: 'red' }, /^colour is not a setting. There are log_level/],
  ])('%j', async (changes, sentence) => {
    const { status, body } = await set(changes)
    expect([status, body.message]).toEqual([400, expect.stringMatching(sentence)])
    expect((await server.get('/api/settings')).body.data.settings).toEqual(DEFAULTS)
  })
})
