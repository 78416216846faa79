import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withContext } from './context.ts'
import { createLogger } from './create-logger.ts'
import type { FlightRecorderOptions } from './flight-recorder.ts'
import { LevelGate } from './level-gate.ts'
import type { LevelRules } from './level-rules.ts'
import type { LogHandler, LogRecord } from './record.ts'

const idle = { flush: async () => {}, close: async () => {} }

/** A console that shows everything, and a handler that stores by level. */
function setUp(flightRecorder: FlightRecorderOptions | boolean = true, rules?: LevelRules) {
  const gate = new LevelGate({ rules: rules ?? { log_level: 'INFO', overrides: [] } })
  const stored: LogRecord[] = []
  const shown: LogRecord[] = []
  const store: LogHandler = {
    ...idle,
    handle: (record) => void (gate.admit(record.level, record) === 'pass' && stored.push(record)),
    isEnabled: (level) => gate.couldPass(level),
    watchEnabled: (listener) => gate.watch(listener),
    holdsBack: (record) => !gate.isEnabled(record.level, record),
    handleRecorded: (record) => void stored.push(record),
  }
  const terminal: LogHandler = { ...idle, handle: (record) => void shown.push(record) }
  const logger = createLogger({ handlers: [terminal, store], flightRecorder })
  return { logger, stored, shown, messages: () => stored.map(({ message }) => message) }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

describe('the flight recorder', () => {
  it('writes the lines before an error of the same request, marked and with their own times', () => {
    const { logger, stored, shown } = setUp()
    withContext({ request_id: 'a' }, () => logger.debug('one', { n: 1 }))
    withContext({ request_id: 'b' }, () => logger.debug('of another'))
    withContext({ request_id: 'a' }, () => {
      logger.info('two')
      logger.error('failed')
    })
    expect(stored.map(({ message, extra_data }) => [message, extra_data])).toEqual([
      ['two', { request_id: 'a' }],
      ['one', { n: 1, request_id: 'a', recorded: true }],
      ['failed', { request_id: 'a' }],
    ])
    expect(stored[1]?.timestamp).toBe(shown[0]?.timestamp)
    // The console had shown them already.
    expect(shown.map(({ message }) => message)).toEqual(['one', 'of another', 'two', 'failed'])
    expect(logger.stats().recorder).toMatchObject({ kept: 2, written: 1, keys: 1 })
  })

  it('writes those of a camera, and each line once', () => {
    const { logger, messages } = setUp()
    const camera = logger.bind({ camera_id: 3 })
    camera.debug('both', { request_id: 'a' })
    camera.debug('camera')
    logger.bind({ source: 'camera_3' }).debug('by its source')
    camera.error('first')
    logger.critical('second', { request_id: 'a' })
    camera.error('third')
    expect(messages()).toEqual(['both', 'camera', 'by its source', 'first', 'second', 'third'])
  })

  it('keeps nothing of a place where lines are stored anyway, nor outside requests and cameras', () => {
    const debug = { level: 'DEBUG', expires_at: null, max_lines_per_minute: 9 } as const
    const overrides = [{ scope: 'camera', target: '3', ...debug } as const]
    const { logger, messages } = setUp(true, { log_level: 'INFO', overrides })
    logger.bind({ camera_id: 3 }).debug('stored')
    logger.debug('nowhere')
    logger.bind({ camera_id: 3 }).error('failed')
    logger.error('failed too')
    expect(messages()).toEqual(['stored', 'failed', 'failed too'])
  })

  it('writes nothing where the error itself is held back', () => {
    const { logger, messages } = setUp(true, { log_level: 'CRITICAL', overrides: [] })
    logger.debug('one', { request_id: 'a' })
    logger.error('failed', { request_id: 'a' })
    expect(messages()).toEqual([])
  })

  it('keeps the newest lines of the requests that were silent shortest', () => {
    const { logger, messages } = setUp({ lines: 2, keys: 2 })
    for (const request_id of ['a', 'b', 'a', 'a', 'c']) logger.debug(request_id, { request_id })
    expect(logger.stats().recorder).toMatchObject({ kept: 5, keys: 2 })
    for (const request_id of ['a', 'b', 'c']) logger.error('failed', { request_id })
    expect(messages()).toEqual(['a', 'a', 'failed', 'failed', 'c', 'failed'])
  })

  it('stays within its bytes', () => {
    const { logger } = setUp({ maxBytes: 20_000 })
    for (let n = 0; n < 500; n++) logger.debug('x'.repeat(1_000), { request_id: `r${n}` })
    const { bytes, keys } = logger.stats().recorder ?? { bytes: 0, keys: 0 }
    expect(bytes).toBeLessThanOrEqual(20_000)
    expect(keys).toBeGreaterThan(10)
  })

  it('writes nothing that is too old, nor below its own level', () => {
    const { logger, messages } = setUp(
      { maxAgeMs: 1_000, level: 'INFO' },
      { log_level: 'WARNING', overrides: [] },
    )
    logger.info('old', { request_id: 'a' })
    vi.advanceTimersByTime(1_001)
    logger.debug('low', { request_id: 'a' })
    logger.info('new', { request_id: 'a' })
    logger.error('failed', { request_id: 'a' })
    expect(messages()).toEqual(['new', 'failed'])
  })

  it('delivers the error when a handler fails at the lines before it', () => {
    const stored: LogRecord[] = []
    const broken: LogHandler = {
      ...idle,
      handle: (record) => void stored.push(record),
      isEnabled: (level) => level === 'ERROR',
      holdsBack: ({ level }) => level !== 'ERROR',
      handleRecorded: () => {
        throw new Error('no')
      },
    }
    const logger = createLogger({ handlers: [broken], flightRecorder: true })
    logger.debug('one', { request_id: 'a' })
    logger.error('failed', { request_id: 'a' })
    expect(stored.map(({ message }) => message)).toEqual(['failed'])
    expect(logger.stats().failures).toBe(1)
  })
})
