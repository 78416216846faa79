import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { withContext } from './context.ts'
import { createLogger } from './create-logger.ts'
import type { LoggerOptions } from './logger.ts'
import type { LogRecord } from './record.ts'

function setUp(options: LoggerOptions = {}) {
  const records: LogRecord[] = []
  const handler = {
    handle: (record: LogRecord) => void records.push(record),
    flush: async () => {},
    close: async () => {},
  }
  return { logger: createLogger({ handlers: [handler], ...options }), records }
}

describe('withContext', () => {
  it('adds its fields to every line in it, also after an await, and to no other', async () => {
    const { logger, records } = setUp()
    const capture = async (camera_id: number) => {
      logger.info('before')
      await nextTurn()
      logger.info('after', { camera_id })
    }
    await Promise.all(
      [1, 2].map((id) => withContext({ camera_id: id, request_id: `r${id}` }, () => capture(id))),
    )
    logger.info('outside')
    expect(
      records.map(({ message, source, camera_id, extra_data }) => [message, source, camera_id, extra_data]),
    ).toEqual([
      ['before', 'camera_1', 1, { request_id: 'r1' }],
      ['before', 'camera_2', 2, { request_id: 'r2' }],
      ['after', 'camera_1', 1, { request_id: 'r1' }],
      ['after', 'camera_2', 2, { request_id: 'r2' }],
      ['outside', 'system', null, null],
    ])
  })

  it('stands behind what a logger is bound to and what a call says', () => {
    const { logger, records } = setUp({ source: 'worker', logger_name: 'capture' })
    const bound = logger.bind({ a: 'bound', b: 'bound' })
    withContext({ a: 'context', b: 'context', c: 'context', camera_id: 3, logger_name: 'other' }, () =>
      bound.info('text', { a: 'call' }),
    )
    expect(records[0]).toMatchObject({
      source: 'worker',
      logger_name: 'capture',
      camera_id: 3,
      extra_data: { a: 'call', b: 'bound', c: 'context' },
    })
  })

  it('adds to the context around it', () => {
    const { logger, records } = setUp()
    withContext({ request_id: 'r1' }, () => {
      withContext({ camera_id: 3 }, () => logger.info('inner'))
      logger.info('outer')
    })
    expect(records).toMatchObject([
      { camera_id: 3, source: 'camera_3', extra_data: { request_id: 'r1' } },
      { camera_id: null, source: 'system', extra_data: { request_id: 'r1' } },
    ])
  })

  it('masks credentials and keeps to the limits', () => {
    const { logger, records } = setUp()
    const bound = logger.bind({ big: 'x'.repeat(60_000) })
    withContext({ password: 'hunter2', large: 'y'.repeat(60_000) }, () => bound.info('text'))
    const extra = records[0]?.extra_data
    expect(extra).toMatchObject({ password: '***', large: '[left out: too large]' })
    expect(JSON.stringify(extra).length).toBeLessThan(64 * 1024)
  })

  it('gives back what the function returns and throws', async () => {
    expect(withContext({ a: 1 }, () => 7)).toBe(7)
    expect(() =>
      withContext({ a: 1 }, () => {
        throw new Error('boom')
      }),
    ).toThrow('boom')
  })
})

describe('catch and wrap', () => {
  const boom = () => {
    throw new TypeError('boom')
  }

  it('catch logs the error with its stack and gives undefined, of functions and of promises', async () => {
    const { logger, records } = setUp()
    expect(logger.catch(boom)).toBeUndefined()
    expect(await logger.catch(async () => boom(), { message: 'No frame', extra: { camera_id: 3 } })).toBe(
      undefined,
    )
    expect(logger.catch(() => 7)).toBe(7)
    expect(await logger.catch(async () => 8)).toBe(8)
    const error = { type: 'TypeError', message: 'boom', stack: expect.stringContaining('context.test.ts') }
    expect(records).toMatchObject([
      { level: 'ERROR', message: 'boom', extra_data: { error } },
      { level: 'ERROR', message: 'No frame', camera_id: 3, extra_data: { error } },
    ])
  })

  it('wrap keeps the function as it was, its errors included', async () => {
    const { logger, records } = setUp()
    const camera = {
      id: 3,
      add: logger.wrap(function (this: { id: number }, more: number) {
        return this.id + more
      }),
    }
    expect(camera.add(4)).toBe(7)
    expect(logger.wrap(boom)).toThrow('boom')
    await expect(logger.wrap(async () => boom())()).rejects.toThrow('boom')
    expect(records).toHaveLength(2)
  })

  it('swallows or rethrows as told, at the level it is told', () => {
    const { logger, records } = setUp()
    expect(logger.wrap(boom, { rethrow: false, level: 'warn' })()).toBeUndefined()
    expect(() => logger.catch(boom, { rethrow: true })).toThrow('boom')
    expect(records.map(({ level }) => level)).toEqual(['WARNING', 'ERROR'])
  })

  it('logs an error once, through however many functions it goes', () => {
    const { logger, records } = setUp()
    expect(logger.wrap(logger.wrap(boom))).toThrow('boom')
    expect(records).toHaveLength(1)
  })

  it('logs what is no error', () => {
    const { logger, records } = setUp()
    logger.catch(() => {
      throw 'text'
    })
    expect(records[0]).toMatchObject({ message: 'text', extra_data: { error: 'text' } })
  })
})
