// Levels at run time, over real HTTP and PostgreSQL: obeyed everywhere within two seconds.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createLogger, httpHandler } from '@timelapser/logger'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Notices } from '../../src/store/database/notices.ts'
import { LevelOverrides } from '../../src/store/settings/level-overrides.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { setupDatabaseLogging } from '../../src/store/setup-database-logging.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let database: TestDatabase
let server: TestServer
const opened: { close: () => unknown }[] = []

beforeEach(async () => {
  database = await createTestDatabase()
  server = await startTestServer({ database })
})

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
  await database.close()
})

const put = (override: Record<string, unknown>, at = server) => at.send('PUT', '/api/levels', override)
const post = async (record: Record<string, unknown>, at = server) =>
  (await at.send('POST', '/api/logs', record)).body.data
const storedMessages = async () =>
  (await database.database.pool.query('select message from logs order by timestamp, id')).rows.map(
    (row: { message: string }) => row.message,
  )

function overHttp() {
  return httpHandler({
    url: server.url,
    apiKey: server.apiKey,
    flushIntervalMs: 5,
    flushOnExit: false,
    flushTimeoutMs: 100,
    onProblem: () => {},
  })
}

/** An application that logs over HTTP. */
function remote() {
  const handler = overHttp()
  const logger = createLogger({ source: 'worker', handlers: [handler] })
  opened.push(logger)
  return { handler, logger }
}

it('stores what a flight recorder held back before an error, over HTTP and on the database', async () => {
  const { logOperations, levels } = server.system
  const onDatabase = await setupDatabaseLogging({
    ...{ logOperations, readLogLevel: () => levels.get(), handlers: [] },
    ...{ flightRecorder: true, flushOnExit: false },
  })
  const handler = overHttp()
  const logger = createLogger({ handlers: [handler], flightRecorder: true })
  opened.push(server, logger, onDatabase.logger)
  const line = { level: 'DEBUG', message: '', source: 'worker', logger_name: null } as const
  const debug = { ...line, timestamp: '2026-01-01T00:00:00Z', camera_id: null, extra_data: null }
  await expect.poll(() => handler.holdsBack?.(debug)).toBe(true)
  for (const one of [logger, onDatabase.logger]) {
    one.debug('kept', { request_id: 'a' })
    one.debug('of another', { request_id: 'b' })
    one.error('failed', { request_id: 'a' })
    await one.flush()
  }
  await expect.poll(() => handler.stats?.().delivered).toBe(2)
  expect(await storedMessages()).toEqual(['kept', 'failed', 'kept', 'failed'])
})

it('takes a level by every name that ingest knows, wherever one is asked for', async () => {
  opened.push(server)
  await server.send('POST', '/api/logs', [
    { message: 'w', level: 'warn' },
    { message: 'e', level: 'err' },
    { message: 'f', level: 'fatal' },
  ])
  const found = async (query: string) =>
    (await server.get(`/api/logs?${query}`)).body.data.logs
      .map(({ message }: { message: string }) => message)
      .sort()
  expect(await found('level=warn&level=Fatal')).toEqual(['f', 'w'])
  expect(await found('min_level=err')).toEqual(['e', 'f'])
  expect(await found('exclude_level=crit&exclude_level=wrn')).toEqual(['e'])
  expect(await found('q=level:warn%20or%20level:>=panic')).toEqual(['f', 'w'])
  const loki = await server.get(`/loki/api/v1/query_range?query=${encodeURIComponent('{level="warn"}')}`)
  expect(loki.body.data.result.map(({ stream }: { stream: { level: string } }) => stream.level)).toEqual([
    'WARNING',
  ])
  expect((await server.get('/api/levels/why?level=fatal')).body.data.verdict).toBe('stored')
  const key = await server.send('POST', '/api/keys', { name: 'k', scope: 'read', min_level: 'err' })
  expect(key.body.data.key.min_level).toBe('ERROR')
  const view = await server.send('POST', '/api/views', { name: 'v', query: 'level=warn&search=level' })
  expect(view.body.data.view.query).toBe('level=WARNING&search=level')
  await put({ scope: 'source', target: 'api', level: 'trace' })
  await put({ log_level: 'warn' })
  expect((await server.get('/api/levels')).body.data).toMatchObject({
    log_level: 'WARNING',
    overrides: [{ level: 'DEBUG' }],
  })
})

it('gates what comes in by camera, logger and source, and counts what it holds back', async () => {
  opened.push(server)
  expect((await post({ message: 'no', level: 'DEBUG', source: 'worker' })).filtered).toBe(1)
  await put({ scope: 'source', target: 'worker', level: 'debug', minutes: 5, reason: 'looking for a leak' })
  await put({ scope: 'logger', target: 'worker.rtsp', level: 'ERROR' })
  await put({ scope: 'camera', target: 3, level: 'DEBUG' })
  expect((await post({ message: 'a', level: 'DEBUG', source: 'worker' })).accepted).toBe(1)
  const rtsp = { source: 'worker', logger_name: 'worker.rtsp.session', level: 'WARNING' }
  expect((await post({ ...rtsp, message: 'no' })).filtered).toBe(1)
  expect((await post({ ...rtsp, message: 'b', level: 'DEBUG', camera_id: 3 })).accepted).toBe(1)
  expect((await post({ message: 'c', level: 'DEBUG', source: 'camera_3' })).accepted).toBe(1)
  const { data } = (await server.get('/api/levels')).body
  expect(data.log_level).toBe('INFO')
  expect(data.overrides).toMatchObject([
    { scope: 'camera', target: '3', level: 'DEBUG', expires_at: null, max_lines_per_minute: 6000 },
    { scope: 'logger', target: 'worker.rtsp', level: 'ERROR' },
    { scope: 'source', target: 'worker', level: 'DEBUG', reason: 'looking for a leak' },
  ])
  expect((await server.send('DELETE', '/api/levels/source/worker')).status).toBe(200)
  expect((await server.send('DELETE', '/api/levels/source/worker')).status).toBe(404)
  expect((await post({ message: 'no', level: 'DEBUG', source: 'worker' })).filtered).toBe(1)
})

it('holds back what goes beyond the cap while raised, counts it and stores a line about it', async () => {
  await put({ scope: 'camera', target: '1', level: 'DEBUG', max_lines_per_minute: 10 })
  const records = Array.from({ length: 25 }, (_, n) => ({ message: `d${n}`, level: 'DEBUG', camera_id: 1 }))
  const answer = await server.send('POST', '/api/logs', [...records, { message: 'i', camera_id: 1 }])
  expect(answer.body.data).toMatchObject({ accepted: 11, filtered: 15 })
  const why = await server.get('/api/levels/why?level=debug&camera_id=1')
  expect(why.body.data.verdict).toBe('rate_limited')
  await server.close()
  expect(await storedMessages()).toContain(
    '15 log lines were held back: camera 1 is raised to DEBUG for at most 10 lines a minute',
  )
  const { rows } = await database.database.pool.query(
    "select reason, rows::int as rows from not_stored where reason in ('filtered', 'rate_limited')",
  )
  expect(rows).toEqual([{ reason: 'rate_limited', rows: 15 }])
})

it('takes nothing of a cap for lines that were not stored, nor for a batch that is stored already', async () => {
  opened.push(server)
  const { pool } = database.database
  await put({ scope: 'camera', target: '1', level: 'DEBUG', max_lines_per_minute: 10 })
  const batch = Array.from({ length: 10 }, (_, n) => ({ message: `d${n}`, level: 'DEBUG', camera_id: 1 }))
  const mark = { 'x-sender': crypto.randomUUID(), 'x-batch': '1' }
  const send = (records: object[], headers = {}) => server.send('POST', '/api/logs', records, headers)
  await pool.query('alter table log_feed rename to log_feed_away')
  expect((await send(batch, mark)).status).toBe(500)
  await pool.query('alter table log_feed_away rename to log_feed')
  const half = batch.slice(0, 5)
  expect((await send(half, mark)).body.data).toMatchObject({ accepted: 5, filtered: 0 })
  expect((await send(half, mark)).body.data).toMatchObject({ accepted: 5, filtered: 0 })
  expect((await send(batch)).body.data).toMatchObject({ accepted: 5, filtered: 5 })
})

it('is obeyed by remote applications as it changes, both ways', async () => {
  opened.push(server)
  const { handler, logger } = remote()
  await expect.poll(() => handler.isEnabled?.('DEBUG')).toBe(false)
  await put({ scope: 'camera', target: '3', level: 'DEBUG' })
  await expect.poll(() => handler.isEnabled?.('DEBUG')).toBe(true)
  logger.bind({ camera_id: 3 }).debug('wanted')
  logger.debug('not wanted')
  await expect.poll(() => handler.stats?.()).toMatchObject({ delivered: 1, filtered: 1 })
  expect(await storedMessages()).toEqual(['wanted'])
  await put({ log_level: 'ERROR' })
  await server.send('DELETE', '/api/levels/camera/3')
  await expect.poll(() => handler.isEnabled?.('WARNING')).toBe(false)
})

it('lets an override expire in a remote application though the server is down', {
  tags: ['long'],
}, async () => {
  const { handler } = remote()
  await expect.poll(() => handler.isEnabled?.('DEBUG')).toBe(false)
  await put({
    scope: 'camera',
    target: '3',
    level: 'DEBUG',
    expires_at: new Date(Date.now() + 8_000).toISOString(),
  })
  await expect.poll(() => handler.isEnabled?.('DEBUG')).toBe(true)
  await server.close()
  await expect.poll(() => handler.isEnabled?.('DEBUG')).toBe(false)
})

it('is obeyed by a second server and by worker processes on the database within two seconds', async () => {
  opened.push(server)
  const second = await startTestServer({ database })
  opened.push(second)
  const { pool, connect } = database.database
  const settings = new SettingsStore(pool)
  const levels = new LevelOverrides(pool, settings)
  const notices = new Notices({ connect })
  levels.follow(notices)
  await notices.open()
  const { logger, handler } = await setupDatabaseLogging({
    logOperations: second.system.logOperations,
    readLogLevel: () => levels.get(),
    onLevelChange: (listener) => levels.onChange(listener),
    handlers: [],
    flushOnExit: false,
  })
  opened.push(logger, notices)
  const line = { message: 'through the other', level: 'DEBUG', logger_name: 'capture.rtsp' }
  expect((await post(line, second)).filtered).toBe(1)
  await put({ scope: 'logger', target: 'capture', level: 'DEBUG', minutes: 1 })
  await expect.poll(async () => (await post(line, second)).accepted).toBe(1)
  await expect.poll(() => handler.isEnabled('DEBUG')).toBe(true)
  logger.bind({ logger_name: 'capture.rtsp' }).debug('from the worker')
  logger.bind({ logger_name: 'captured' }).debug('not this one')
  await logger.flush()
  const messages = await storedMessages()
  expect(messages).toContain('from the worker')
  expect(messages).not.toContain('not this one')
  await put({ log_level: 'ERROR' })
  await expect.poll(() => handler.getUserLogLevel()).toBe('ERROR')
})

it('tells keys that write every rule, and neither reasons nor people', async () => {
  opened.push(server)
  await put({ scope: 'source', target: 'api', level: 'DEBUG', reason: 'private' })
  const { secret } = (await server.send('POST', '/api/keys', { name: 'camera', scope: 'ingest' })).body.data
  const headers = { authorization: `Bearer ${secret}` }
  const { body } = await server.send('GET', '/api/levels', undefined, headers)
  expect(body.data.overrides).toEqual([
    { scope: 'source', target: 'api', level: 'DEBUG', expires_at: null, max_lines_per_minute: 6000 },
  ])
  expect((await server.send('PUT', '/api/levels', { log_level: 'DEBUG' }, headers)).status).toBe(403)
})

it('does not keep an application alive that has nothing left to do', { tags: ['long'] }, async () => {
  opened.push(server)
  const options = JSON.stringify({ url: server.url, apiKey: server.apiKey })
  const code = `
    import { createLogger, httpHandler } from '@timelapser/logger'
    const handler = httpHandler(${options})
    createLogger({ handlers: [handler] }).info('last words')
    while (handler.isEnabled('DEBUG')) await new Promise((resolve) => setTimeout(resolve, 10))`
  const args = ['--conditions=timelapser-source', '--input-type=module', '-e', code]
  await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  expect(await storedMessages()).toEqual(['last words'])
})
