import { afterEach, describe, expect, it, vi } from 'vitest'
import { captureConsole } from './capture-console.ts'
import { createLogger } from './create-logger.ts'
import type { LogRecord } from './record.ts'

const originals = { ...console }
afterEach(() => void Object.assign(console, originals))

function setUp(onRecord: (record: LogRecord) => void = () => {}) {
  const records: LogRecord[] = []
  const handle = (record: LogRecord) => {
    records.push(record)
    onRecord(record)
  }
  const logger = createLogger({
    source: 'app',
    handlers: [{ handle, flush: async () => {}, close: async () => {} }],
  })
  return { logger, records }
}

describe('captureConsole', () => {
  it('makes lines of what is printed, at the level of the method', () => {
    const { logger, records } = setUp()
    const restore = captureConsole(logger.bind({ logger_name: 'console' }))
    console.log('%s took %d ms', 'capture', 87)
    console.info('info', { a: 1 })
    console.warn('100% of', 3)
    console.error('failed', new TypeError('boom'))
    console.debug('detail')
    console.trace('here')
    restore()
    expect(records.map(({ level, message }) => [level, message])).toEqual([
      ['INFO', 'capture took 87 ms'],
      ['INFO', 'info { a: 1 }'],
      ['WARNING', '100% of 3'],
      ['ERROR', 'failed boom'],
      ['DEBUG', 'detail'],
      ['DEBUG', 'here'],
    ])
    expect(records[3]?.extra_data).toMatchObject({ error: { type: 'TypeError', message: 'boom' } })
    expect(records[5]?.extra_data?.stack).toContain('capture-console.test.ts')
    expect(records[0]).toMatchObject({ source: 'app', logger_name: 'console' })
  })

  it('gives the console its methods back, unless someone came after', () => {
    const { logger, records } = setUp()
    const restore = captureConsole(logger)
    const theirs = () => {}
    console.warn = theirs
    restore()
    expect(console.log).toBe(originals.log)
    expect(console.warn).toBe(theirs)
    expect(records).toEqual([])
  })

  it('prints what a handler prints, instead of handling it again', () => {
    const printed = vi.fn()
    console.log = printed
    const { logger, records } = setUp(() => console.log('handled'))
    captureConsole(logger)
    console.log('text')
    expect(records.map(({ message }) => message)).toEqual(['text'])
    expect(printed.mock.calls).toEqual([['handled']])
  })

  it('prints as well when told to', () => {
    const printed = vi.fn()
    console.log = printed
    const { logger, records } = setUp()
    captureConsole(logger, { print: true })
    console.log('text', 1)
    expect(printed.mock.calls).toEqual([['text', 1]])
    expect(records).toHaveLength(1)
  })
})
