import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type ConsoleOptions, consoleHandler } from './console-handler.ts'
import { createLogger } from './create-logger.ts'

function setUp(options: ConsoleOptions & { isTTY?: boolean } = {}) {
  const { isTTY = false, ...rest } = options
  const stream = Object.assign(new PassThrough(), { isTTY })
  const handler = consoleHandler({ stream, colours: false, ...rest })
  const logger = createLogger({ source: 'worker', logger_name: 'capture', handlers: [handler] })
  return { stream, handler, logger, output: () => String(stream.read() ?? '') }
}

describe('consoleHandler', () => {
  it("writes the spec's line on a terminal, extra data behind it", () => {
    const { logger, output } = setUp({ isTTY: true })
    logger.warning('Frame is late', { late_ms: 180, note: 'two words' })
    expect(output()).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \| WARNING {2}\| worker\.capture - Frame is late late_ms=180 note="two words"\n$/,
    )
  })

  it('names the calling function and its line when asked to', () => {
    const { logger, output } = setUp({ isTTY: true, callSite: true })
    function captureFrame() {
      logger.info('here')
    }
    captureFrame()
    expect(output()).toMatch(/worker\.capture:captureFrame:\d+ - here\n$/)
    logger.bind({ a: 1 }).fatal('there')
    expect(output()).toMatch(/worker\.capture:.+:\d+ - there a=1\n$/)
  })

  it('shows stacks and causes indented beneath', () => {
    const { logger, output } = setUp({ format: 'pretty' })
    logger.error('failed', new Error('outer', { cause: new TypeError('inner') }))
    const lines = output().split('\n')
    expect(lines[0]).toMatch(/ - failed$/)
    expect(lines[1]).toBe('    Error: outer')
    expect(lines[2]).toMatch(/^ {8}at /)
    expect(lines).toContain('    Caused by: TypeError: inner')
  })

  it('colours the level on a terminal', () => {
    const { logger, output } = setUp({ isTTY: true, colours: true })
    logger.error('text')
    expect(output()).toContain('\x1b[31mERROR   \x1b[0m')
  })

  it('shows control characters instead of sending them', () => {
    const { logger, output } = setUp({ format: 'pretty' })
    logger.info('a\x1b[2Jb\u202ec\nd', { 'k\x07': '\x1b]0;title\x07' })
    expect(output()).toContain('a\\x1b[2Jb\\u202ec\n    d')
  })

  it('writes a JSON record a line elsewhere', () => {
    const { logger, output } = setUp()
    logger.bind({ camera_id: 2 }).info('text\n', { a: 1 })
    expect(JSON.parse(output())).toEqual({
      timestamp: expect.any(String),
      level: 'INFO',
      message: 'text\n',
      source: 'camera_2',
      logger_name: 'capture',
      camera_id: 2,
      extra_data: { a: 1 },
    })
  })

  it('shows nothing below its level', () => {
    const { logger, output } = setUp({ level: 'ERROR' })
    logger.warn('no')
    expect(output()).toBe('')
  })

  it('survives a reader that went away', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const handler = consoleHandler({ stream })
    const logger = createLogger({ handlers: [handler] })
    logger.info('one')
    logger.info('two')
    await logger.close()
    expect(logger.stats().failures).toBe(0)
  })

  it('drops and counts lines when the reader does not read', () => {
    const { logger } = setUp()
    for (let index = 0; index < 200; index++) logger.info('x'.repeat(100_000))
    const [stats] = logger.stats().handlers
    expect(stats?.dropped).toBeGreaterThan(0)
    expect((stats?.delivered ?? 0) + (stats?.dropped ?? 0)).toBe(200)
    expect(stats?.queuedBytes).toBeLessThan(17 * 1024 * 1024)
  })
})
