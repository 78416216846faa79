import { describe, expect, it } from 'vitest'
import { createLogger } from './create-logger.ts'
import type { Level } from './level.ts'
import type { LoggerOptions } from './logger.ts'
import type { LogHandler, LogRecord } from './record.ts'

function recorder(level?: Level) {
  const records: LogRecord[] = []
  const handler: LogHandler = {
    handle: (record) => void records.push(record),
    flush: async () => {},
    close: async () => {},
    ...(level ? { isEnabled: (wanted: Level) => wanted === level } : {}),
  }
  return { handler, records }
}

function setUp(options: LoggerOptions = {}) {
  const { handler, records } = recorder()
  const logger = createLogger({ handlers: [handler], ...options })
  const last = () => records.at(-1) as LogRecord
  return { logger, records, last }
}

describe('levels', () => {
  it.each([
    ['debug', 'DEBUG'],
    ['trace', 'DEBUG'],
    ['info', 'INFO'],
    ['warning', 'WARNING'],
    ['warn', 'WARNING'],
    ['error', 'ERROR'],
    ['critical', 'CRITICAL'],
    ['fatal', 'CRITICAL'],
  ] as const)('%s writes %s', (method, level) => {
    const { logger, last } = setUp()
    logger[method]('text')
    expect(last()).toMatchObject({
      level,
      message: 'text',
      source: 'system',
      logger_name: null,
      extra_data: null,
    })
  })

  it('writes nothing below the level, whichever name it was set by', () => {
    const { logger, records } = setUp({ level: 'WARN' })
    logger.info('no')
    logger.trace('no')
    logger.warning('yes')
    expect(logger.level).toBe('warning')
    logger.level = 'CRITICAL'
    logger.error('no')
    logger.fatal('yes')
    logger.level = 'silent'
    logger.fatal('no')
    expect(records.map((record) => record.message)).toEqual(['yes', 'yes'])
  })

  it('makes the method of a disabled level a no-op', () => {
    const { logger } = setUp({ level: 'info' })
    expect(logger.debug).toBe(logger.silent)
    expect(logger.isLevelEnabled('debug')).toBe(false)
    expect(logger.isLevelEnabled('WARNING')).toBe(true)
  })

  it('lets children follow the parent until their own level is set', () => {
    const { logger, records } = setUp()
    const child = logger.bind({ a: 1 })
    const own = logger.child({}, { level: 'error' })
    logger.level = 'warning'
    child.info('no')
    own.warn('no')
    child.warn('yes')
    expect(records).toHaveLength(1)
  })

  it('refuses a level that is none with a sentence', () => {
    expect(() => createLogger({ level: 'loud' })).toThrow('"loud" is no log level')
  })

  it('builds no record when every handler declines', () => {
    const { handler, records } = recorder('ERROR')
    const logger = createLogger({ handlers: [handler] })
    logger.info('no')
    logger.error('yes')
    expect(logger.stats()).toMatchObject({ lines: 1, failures: 0 })
    expect(records).toHaveLength(1)
  })
})

describe('arguments', () => {
  const error = new TypeError('boom')
  const described = { type: 'TypeError', message: 'boom', stack: expect.stringContaining('TypeError: boom') }

  it.each<[string, unknown[], string, unknown]>([
    ['text', ['text'], 'text', null],
    ['text and extra', ['text', { a: 1 }], 'text', { a: 1 }],
    ['extra and text', [{ a: 1 }, 'text'], 'text', { a: 1 }],
    ["loguru's extra, as given", ['text', { extra: { a: 1 } }], 'text', { extra: { a: 1 } }],
    ['extra alone', [{ a: 1 }], '', { a: 1 }],
    ['extra with a msg', [{ msg: 'hello', a: 1 }], 'hello', { msg: 'hello', a: 1 }],
    ['an error', [error], 'boom', { error: described }],
    ['an error and text', [error, 'failed'], 'failed', { error: described }],
    ['text and an error', ['failed', error], 'failed', { error: described }],
    ["pino's err", [{ err: error }], 'boom', { error: described }],
    ['an error under another key', [{ reason: error, a: 1 }], 'boom', { reason: described, a: 1 }],
    ['err beside error', [{ err: error, error: 'E7' }, 'text'], 'text', { err: described, error: 'E7' }],
    [
      "fields called like an object's own",
      [{ constructor: 1, toString: 2, hasOwnProperty: 3 }, 'text'],
      'text',
      { constructor: 1, toString: 2, hasOwnProperty: 3 },
    ],
    ['text, error and extra', ['failed', error, { a: 1 }], 'failed', { error: described, a: 1 }],
    ['error, text and extra', [error, 'failed', { a: 1 }], 'failed', { error: described, a: 1 }],
    ['placeholders', ['%s took %d ms', 'capture', 87], 'capture took 87 ms', null],
    ["pino's placeholders", [{ a: 1 }, 'hello %s', 'you'], 'hello you', { a: 1 }],
    ['placeholders and extra', ['%s failed', 'capture', { a: 1 }], 'capture failed', { a: 1 }],
    ['an object for %j', ['got %j', { a: 1 }], 'got {"a":1}', null],
    ['extra behind a percent sign', ['100%done', { a: 1 }], '100%done', { a: 1 }],
    ['a percent sign alone', ['50% of %s'], '50% of %s', null],
    ['values without placeholders', ['text', 1, 'b'], 'text', { arguments: [1, 'b'] }],
    ['an array', ['text', [1, 2]], 'text', { values: [1, 2] }],
    ['nothing', [], '', null],
    ['undefined', [undefined], '', null],
    ['null', [null, 'text'], 'text', null],
    ['a number', [42], '42', null],
  ])('takes %s', (_, args, message, extra_data) => {
    const { logger, last } = setUp()
    ;(logger.error as (...all: unknown[]) => void)(...args)
    expect(last().message).toBe(message)
    expect(last().extra_data).toEqual(extra_data)
  })

  it('keeps cause, code and the errors of an AggregateError', () => {
    const { logger, last } = setUp()
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', port: 554 })
    logger.error(new AggregateError([new RangeError('r')], 'all failed', { cause }))
    expect(last().extra_data?.error).toMatchObject({
      type: 'AggregateError',
      message: 'all failed',
      cause: { type: 'Error', message: 'refused', code: 'ECONNREFUSED', port: 554 },
      errors: [{ type: 'RangeError', message: 'r' }],
    })
  })

  it('survives errors that are their own cause', () => {
    const { logger, last } = setUp()
    const error = new Error('loop')
    error.cause = error
    logger.error(error)
    expect(last().message).toBe('loop')
  })

  it.each<[string, () => unknown]>([
    [
      'a getter that throws',
      () => ({
        get a() {
          throw new Error('no')
        },
        b: 1,
      }),
    ],
    [
      'a proxy that throws',
      () =>
        new Proxy(
          {},
          {
            ownKeys() {
              throw new Error('no')
            },
            get() {
              throw new Error('no')
            },
          },
        ),
    ],
    [
      'a toJSON that throws',
      () => ({
        a: {
          toJSON() {
            throw new Error('no')
          },
        },
      }),
    ],
    [
      'an error with a throwing message',
      () =>
        Object.defineProperty(new Error('x'), 'message', {
          get() {
            throw new Error('no')
          },
        }),
    ],
    ['an object without prototype', () => Object.assign(Object.create(null), { a: 1 })],
    [
      'a revoked proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return proxy
      },
    ],
  ])('never throws: %s', (_, make) => {
    const { logger, records } = setUp()
    expect(() => logger.error('text', make())).not.toThrow()
    expect(() => logger.error(make(), 'text')).not.toThrow()
    expect(() => logger.bind({ value: make() }).error('text')).not.toThrow()
    expect(logger.stats().lines + logger.stats().failures).toBe(3)
    expect(records.length).toBeGreaterThan(0)
  })
})

describe('bind', () => {
  it('adds to every line, the nearest winning', () => {
    const { logger, last } = setUp()
    const child = logger.bind({ a: 1, b: 1 }).child({ b: 2, c: 2 })
    child.info('text', { c: 3 })
    expect(last().extra_data).toEqual({ a: 1, b: 2, c: 3 })
    expect(child.bindings()).toMatchObject({ a: 1, b: 2, c: 2, source: 'system' })
  })

  it('names the source of a camera unless one stands beside it', () => {
    const { logger, last } = setUp({ source: 'worker', logger_name: 'camera_worker' })
    logger.bind({ camera_id: 3 }).info('text')
    expect(last()).toMatchObject({
      source: 'camera_3',
      camera_id: 3,
      logger_name: 'camera_worker',
      extra_data: null,
    })
    logger.bind({ camera_id: 3, source: 'api', logger_name: 'routes' }).info('text')
    expect(last()).toMatchObject({ source: 'api', camera_id: 3, logger_name: 'routes' })
  })

  it('lifts the columns out of a call, whose camera leaves a chosen source alone', () => {
    const { logger, last } = setUp({ source: 'api' })
    logger.info('text', { camera_id: '4', logger_name: 'n', a: 1 })
    expect(last()).toMatchObject({ source: 'api', camera_id: 4, logger_name: 'n', extra_data: { a: 1 } })
    logger.info('text', { source: 'worker' })
    expect(last()).toMatchObject({ source: 'worker', extra_data: null })
    setUp().logger.info('text', { camera_id: 4 })
    const unnamed = setUp()
    unnamed.logger.info('text', { camera_id: 4 })
    expect(unnamed.last().source).toBe('camera_4')
  })

  it('leaves in extra_data what fits no column', () => {
    const { logger, last } = setUp()
    logger.info('text', { camera_id: 'front', source: 7, sensitive: 'maybe' })
    expect(last()).toMatchObject({ camera_id: null, source: 'system' })
    expect(last().extra_data).toEqual({ camera_id: 'front', source: 7, sensitive: 'maybe' })
  })

  it('takes serializers and a prefix as pino does', () => {
    const { logger, last } = setUp({ serializers: { user: (user) => (user as { id: number }).id } })
    logger
      .child({ user: { id: 7 } }, { msgPrefix: '[job] ', serializers: { n: (n) => Number(n) + 1 } })
      .info({ n: 1 }, 'go')
    expect(last()).toMatchObject({ message: '[job] go', extra_data: { user: 7, n: 2 } })
    logger.info('text', { user: null })
    expect(last().extra_data?.user).toMatch('serializer threw')
  })

  it('holds bindings and extra together within 64 kB', () => {
    const { logger, last } = setUp()
    logger.bind({ bound: 'x'.repeat(40_000) }).info('text', { call: 'y'.repeat(40_000), small: 1 })
    expect(last().extra_data).toMatchObject({ call: '[left out: too large]', small: 1 })
  })
})

describe('what leaves the process', () => {
  it('holds no credentials', () => {
    const { logger, records } = setUp()
    const url = 'rtsp://admin:Xq7Zk@cam/1'
    logger
      .bind({ url, password: 'Xq7Zk' })
      .error(new Error(`cannot open ${url}`), `failed: ${url}`, { url, token: 'Xq7Zk' })
    logger.info(`${url} %s`, url)
    logger.info('text', { source: url, logger_name: url })
    expect(JSON.stringify(records)).not.toContain('Xq7Zk')
    expect(records).toHaveLength(3)
  })

  it('fits the columns after masking, too', () => {
    const { logger, last } = setUp()
    logger.info('text', { source: `${'s'.repeat(88)}: password=a`, logger_name: '' })
    expect(last().source).toMatch(/password=\*$/)
    expect(last()).toMatchObject({ logger_name: null, extra_data: null })
    expect(last().source).toHaveLength(100)
  })

  it.each(['The one-time code of Joe Smith is 123456', 'Code for Joe is 123456', '123456', 'x'.repeat(200)])(
    'keeps nothing of a short text when the call is sensitive: %s',
    (text) => {
      const { logger, last } = setUp()
      logger.info(text, { sensitive: true, code: 123456, user: { name: 'Joe' } })
      expect(last().message).toBe('***')
      expect(last().extra_data).toEqual({ code: '***', user: '***', sensitive: true })
    },
  )

  it.each([
    ['Reset mail sent to Joe: ', 'Reset mail sent to ***'],
    ['Code 123456 was sent to Joe ', 'Code ***'],
    ['s3cret is the word ', '***'],
    ['Unbrokenwordsmaybesecretsaswell ', '***'],
  ])('keeps the first words of a long one: %s', (start, kept) => {
    const { logger, last } = setUp()
    logger.info(`${start}${'and so on '.repeat(30)}`, { sensitive: true })
    expect(last().message).toBe(kept)
  })

  it('hides all lines of a sensitive child, but not their prefix', () => {
    const { logger, last } = setUp()
    logger.child({ sensitive: true, a: 1 }, { msgPrefix: 'mail: ' }).info('to Joe')
    expect(last().message).toBe('mail: ***')
    expect(last().extra_data).toEqual({ a: '***', sensitive: true })
  })

  it('is a message of at most 256 kB that says what was cut', () => {
    const { logger, last } = setUp()
    logger.info('é'.repeat(200_000), { a: 1 })
    expect(Buffer.byteLength(last().message)).toBe(256 * 1024)
    expect(last().extra_data).toEqual({ a: 1, truncated_bytes: 400_000 - 256 * 1024 })
  })

  it('is timed at the call, later calls later', () => {
    const { logger, records } = setUp()
    const before = Date.now()
    for (let index = 0; index < 1_000; index++) logger.info('text')
    const after = Date.now()
    const times = records.map((record) => record.timestamp)
    expect(new Set(times).size).toBe(1_000)
    expect([...times].sort()).toEqual(times)
    expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    // The two clocks of a machine differ by some milliseconds.
    expect(Date.parse(times[0] as string)).toBeGreaterThan(before - 1_000)
    expect(Date.parse(times.at(-1) as string)).toBeLessThan(after + 1_000)
  })

  it('is a copy: what the application changes later does not show', () => {
    const { logger, last } = setUp()
    const state = { frames: 1, nested: { n: 1 } }
    logger.info('text', state)
    state.nested.n = 2
    expect(last().extra_data).toEqual({ frames: 1, nested: { n: 1 } })
  })
})

describe('handlers', () => {
  it('keep the application and each other unharmed when one throws', async () => {
    const { handler, records } = recorder()
    const broken: LogHandler = {
      handle() {
        throw new Error('handle')
      },
      flush: async () => {
        throw new Error('flush')
      },
      close: () => {
        throw new Error('close')
      },
    }
    const logger = createLogger({ handlers: [broken, handler] })
    logger.info('text')
    await logger.flush()
    await logger.close()
    expect(records).toHaveLength(1)
    expect(logger.stats().failures).toBe(3)
  })

  it('cannot throw into the application when asked whether they want a level', () => {
    const broken: LogHandler = {
      isEnabled() {
        throw new Error('isEnabled')
      },
      handle: () => {},
      flush: async () => {},
      close: async () => {},
    }
    const logger = createLogger({ handlers: [broken] })
    expect(() => logger.info('text')).not.toThrow()
    expect(logger.stats().failures).toBe(1)
  })

  it('get nothing after close', async () => {
    const { logger, records } = setUp()
    await logger.close()
    logger.info('text')
    expect(records).toHaveLength(0)
  })
})
