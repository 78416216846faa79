import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Level, LogRecord } from '@timelapser/logger'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { DatabaseLogHandler, type DatabaseLogHandlerOptions } from './database-log-handler.ts'
import { setupDatabaseLogging } from './setup-database-logging.ts'

type Call = { records: readonly LogRecord[]; sender?: string | undefined; batch?: number | undefined }

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const one of opened.splice(0)) await one.close()
})

/** A store that fails while `down` is set. */
function sink() {
  const state = { calls: [] as Call[], down: false, level: 'INFO' as Level, levelReads: 0, rejects: 0 }
  const options = {
    logOperations: {
      async addLogEntries(records: readonly LogRecord[], from?: { sender?: string; batch?: number }) {
        state.calls.push({ records, ...from })
        if (state.down) throw new Error('connection refused')
        return {
          rejected: Array.from({ length: state.rejects }, (_, index) => ({ index, reason: 'poison' })),
        }
      },
    },
    async readLogLevel() {
      state.levelReads++
      if (state.down) throw new Error('connection refused')
      return state.level
    },
  }
  return { state, options }
}

async function setUp(
  more: Partial<DatabaseLogHandlerOptions> = {},
  prepare?: (state: ReturnType<typeof sink>['state']) => void,
) {
  const { state, options } = sink()
  prepare?.(state)
  const problems: string[] = []
  const logging = await setupDatabaseLogging({
    ...options,
    flushIntervalMs: 5,
    retryBaseMs: 5,
    retryMaxMs: 10,
    noticeIntervalMs: 0,
    flushTimeoutMs: 1_000,
    flushOnExit: false,
    onProblem: (sentence) => problems.push(sentence),
    handlers: [],
    source: 'worker',
    ...more,
  })
  opened.push(logging.logger)
  return { ...logging, state, problems }
}

const stored = (calls: Call[]) => calls.flatMap((call) => call.records.map((record) => record.message))

describe('DatabaseLogHandler', () => {
  it('stores batches under one sender with rising numbers and the time of the call', async () => {
    const { logger, state, handler } = await setUp({ maxBatchRows: 2 })
    const before = new Date().toISOString()
    for (const text of ['one', 'two', 'three']) logger.bind({ camera_id: 1 }).error(text, { retry_count: 3 })
    const after = new Date(Date.now() + 1).toISOString()
    await logger.flush()
    expect(stored(state.calls)).toEqual(['one', 'two', 'three'])
    expect(state.calls.map((call) => call.batch)).toEqual([1024, 2048])
    expect(new Set(state.calls.map((call) => call.sender)).size).toBe(1)
    const record = state.calls[0]?.records[0]
    expect(record).toMatchObject({ source: 'camera_1', camera_id: 1, extra_data: { retry_count: 3 } })
    expect(record && record.timestamp >= before.slice(0, 23) && record.timestamp <= after).toBe(true)
    expect(handler.stats()).toMatchObject({ name: 'database', delivered: 3, queuedRows: 0 })
  })

  it('obeys the level people set, which the console does not', async () => {
    const seen: string[] = []
    const beside = {
      handle: (record: LogRecord) => void seen.push(record.message),
      flush: async () => {},
      close: async () => {},
    }
    const { state, options } = sink()
    state.level = 'WARNING'
    const { logger, handler } = await setupDatabaseLogging({
      ...options,
      handlers: [beside],
      flushOnExit: false,
    })
    opened.push(logger)
    expect(handler.getUserLogLevel()).toBe('WARNING')
    expect(handler.shouldLogToDatabase('ERROR')).toBe(true)
    expect(handler.shouldLogToDatabase('INFO')).toBe(false)
    logger.info('no')
    logger.warning('yes')
    await logger.flush()
    expect(stored(state.calls)).toEqual(['yes'])
    expect(seen).toEqual(['no', 'yes'])
  })

  it('reads the level again after 30 seconds, and at once when told', async () => {
    const { state, options } = sink()
    vi.useFakeTimers()
    const handler = new DatabaseLogHandler({ ...options, flushOnExit: false })
    await handler.refreshLogLevel()
    state.level = 'ERROR'
    vi.advanceTimersByTime(29_000)
    expect(handler.getUserLogLevel()).toBe('INFO')
    expect(state.levelReads).toBe(1)
    vi.advanceTimersByTime(2_000)
    handler.getUserLogLevel()
    await vi.waitFor(() => expect(handler.getUserLogLevel()).toBe('ERROR'))
    expect(state.levelReads).toBe(2)
    state.level = 'DEBUG'
    expect(await handler.refreshLogLevel()).toBe('DEBUG')
    vi.useRealTimers()
    await handler.close()
  })

  it('keeps the last level when the database cannot be asked', async () => {
    const { handler, problems } = await setUp({ initialLevel: 'ERROR' }, (state) => {
      state.down = true
    })
    expect(handler.getUserLogLevel()).toBe('ERROR')
    expect(problems).toEqual(['the log level cannot be read: connection refused'])
  })

  it('keeps lines while the database is away and stores each batch once it is back', async () => {
    const { logger, state, handler } = await setUp()
    state.down = true
    logger.info('one')
    await expect.poll(() => handler.stats().retries).toBeGreaterThan(1)
    logger.info('two')
    state.down = false
    state.calls.length = 0
    await logger.flush()
    expect(state.calls.map((call) => call.batch)).toEqual([1024, 2048])
    expect(stored(state.calls)).toEqual(['one', 'two'])
  })

  it('drops the oldest beyond its bound and stores a line that says so', async () => {
    const { logger, state } = await setUp({ maxQueueRows: 10, flushIntervalMs: 60_000 })
    for (let index = 0; index < 15; index++) logger.info(`${index}`)
    await logger.flush()
    await logger.flush()
    expect(stored(state.calls).at(-1)).toContain('5 dropped')
    expect(stored(state.calls)[0]).toBe('5')
  })

  it('counts what the store rejects', async () => {
    const { logger, state, handler } = await setUp({ noticeIntervalMs: 60_000 })
    state.rejects = 1
    logger.info('poison')
    logger.info('good')
    await logger.flush()
    expect(handler.stats()).toMatchObject({ delivered: 1 })
    expect(handler.stats().rejected).toBeGreaterThan(0)
  })
})

it('leaves to the next process what it could not store, under its own sender and number', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'timelapser-spool-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const spool = { directory }
  const first = await setUp({ spool, durable: true, flushTimeoutMs: 50 }, (state) => {
    state.down = true
    state.level = 'INFO'
  })
  first.logger.warning('kept', { retry_count: 3 })
  await expect.poll(() => first.state.calls.length).toBeGreaterThan(0)
  await first.logger.close()
  expect(first.problems.at(-1)).toContain('1 log line waits in')
  const second = await setUp({ spool })
  await expect.poll(() => stored(second.state.calls)).toEqual(['kept'])
  expect(second.state.calls[0]).toEqual(first.state.calls[0])
  await expect.poll(() => second.handler.stats()).toMatchObject({ spooledRows: 0, delivered: 1 })
})
