import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLogger } from './create-logger.ts'
import type { Level } from './level.ts'
import { LevelGate } from './level-gate.ts'
import type { LogHandler, LogRecord } from './record.ts'

const idle = { flush: async () => {}, close: async () => {} }

function gated(gate: LevelGate) {
  const records: LogRecord[] = []
  const handler: LogHandler = {
    ...idle,
    handle: (record) => void records.push(record),
    isEnabled: (level) => gate.couldPass(level),
    watchEnabled: (listener) => gate.watch(listener),
  }
  return { handler, records }
}

const debugForCamera3 = (expires_at: string | null) => ({
  log_level: 'INFO' as const,
  overrides: [
    { scope: 'camera' as const, target: '3', level: 'DEBUG' as const, expires_at, max_lines_per_minute: 60 },
  ],
})

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a method', () => {
  it('does nothing while no handler could want its lines, in children too', () => {
    const gate = new LevelGate({ rules: { log_level: 'INFO', overrides: [] } })
    const logger = createLogger({ handlers: [gated(gate).handler] })
    const child = logger.bind({ camera_id: 3 })
    const own = logger.child({}, { level: 'debug' })
    const debugs = () => [logger, child, own].map(({ debug, silent }) => debug === silent)
    expect(debugs()).toEqual([true, true, true])
    expect(logger.isLevelEnabled('debug')).toBe(false)
    gate.setRules(debugForCamera3(null))
    expect(debugs()).toEqual([false, false, false])
    expect(logger.isLevelEnabled('debug')).toBe(true)
    own.level = 'warn'
    expect(debugs()).toEqual([false, false, true])
    gate.setRules({ log_level: 'ERROR', overrides: [] })
    expect(logger.warn).toBe(logger.silent)
    expect(logger.error).not.toBe(logger.silent)
  })

  it('does nothing again when the last override that could want it expires', async () => {
    const gate = new LevelGate()
    const { handler, records } = gated(gate)
    const logger = createLogger({ handlers: [handler] })
    gate.setRules(debugForCamera3(new Date(Date.now() + 60_000).toISOString()))
    logger.debug('seen', { camera_id: 3 })
    await vi.advanceTimersByTimeAsync(59_999)
    expect(logger.debug).not.toBe(logger.silent)
    await vi.advanceTimersByTimeAsync(1)
    expect(logger.debug).toBe(logger.silent)
    expect(records).toHaveLength(1)
  })

  it('waits out an expiry that is further off than a timer reaches', async () => {
    const gate = new LevelGate()
    const logger = createLogger({ handlers: [gated(gate).handler] })
    gate.setRules(debugForCamera3(new Date(Date.now() + 2 ** 32).toISOString()))
    await vi.advanceTimersByTimeAsync(2 ** 32 - 1)
    expect(logger.debug).not.toBe(logger.silent)
    await vi.advanceTimersByTimeAsync(1)
    expect(logger.debug).toBe(logger.silent)
  })

  it('asks at each call a handler that does not tell when it changes its mind', () => {
    let wanted: Level = 'ERROR'
    const records: LogRecord[] = []
    const handler: LogHandler = {
      ...idle,
      handle: (record) => void records.push(record),
      isEnabled: (level) => level === wanted,
    }
    const logger = createLogger({ handlers: [handler] })
    logger.info('no')
    wanted = 'INFO'
    logger.info('yes')
    expect(records.map(({ message }) => message)).toEqual(['yes'])
  })

  it('lets a closed logger leave no timer behind', async () => {
    const gate = new LevelGate()
    const logger = createLogger({ handlers: [gated(gate).handler] })
    gate.setRules(debugForCamera3(new Date(Date.now() + 60_000).toISOString()))
    await logger.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('writes when it was taken off its logger', () => {
    const { handler, records } = gated(new LevelGate())
    const { info } = createLogger({ source: 'worker', handlers: [handler] })
    info('text')
    expect(records).toMatchObject([{ message: 'text', source: 'worker' }])
  })
})
