import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { collapseRepeats } from './collapse-repeats.ts'
import { createLogger } from './create-logger.ts'
import type { LogRecord } from './record.ts'

function setUp() {
  const records: LogRecord[] = []
  const inner = {
    handle: (record: LogRecord) => void records.push(record),
    flush: vi.fn(async () => {}),
    close: vi.fn(async () => {}),
  }
  const logger = createLogger({ handlers: [collapseRepeats(inner)] })
  return { logger, inner, records, messages: () => records.map(({ message }) => message) }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

describe('collapseRepeats', () => {
  it('writes the first line at once and says how many followed', async () => {
    const { logger, records, messages } = setUp()
    for (let n = 0; n <= 240; n++) logger.error('RTSP connection failed', { n })
    expect(messages()).toEqual(['RTSP connection failed'])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(messages()).toEqual(['RTSP connection failed', 'RTSP connection failed (×240 in 10 s)'])
    expect(records[1]).toMatchObject({ level: 'ERROR', extra_data: { n: 240, repeated: 240 } })
    await logger.close()
  })

  it('leaves a single repeat and lines that differ as they are', async () => {
    const { logger, messages } = setUp()
    logger.info('a')
    logger.info('a')
    logger.info('b')
    logger.warn('a')
    logger.info('a', { camera_id: 1 })
    expect(messages()).toEqual(['a', 'b', 'a', 'a'])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(messages()).toEqual(['a', 'b', 'a', 'a', 'a'])
    logger.info('a')
    expect(messages()).toHaveLength(6)
    await logger.close()
  })

  it.each(['flush', 'close'] as const)('tells before it is done with %s', async (method) => {
    const { logger, inner, messages } = setUp()
    for (let n = 0; n < 3; n++) logger.info('a')
    await logger[method]()
    expect(messages()).toEqual(['a', 'a (×2 in 1 s)'])
    expect(inner[method]).toHaveBeenCalledOnce()
    if (method === 'flush') await logger.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('lets lines pass as they are when there are too many kinds', async () => {
    const { logger, messages } = setUp()
    for (let n = 0; n < 1_000; n++) logger.info(`kind ${n}`)
    logger.info('further')
    logger.info('further')
    expect(messages().slice(-2)).toEqual(['further', 'further'])
    await logger.close()
  })
})
