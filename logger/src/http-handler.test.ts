import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createLogger } from './create-logger.ts'
import { type HttpOptions, httpHandler } from './http-handler.ts'
import type { LogHandler, LogRecord } from './record.ts'

type Received = { headers: IncomingMessage['headers']; url: string; records: LogRecord[]; bytes: number }
type Answer = { status: number; headers?: Record<string, string>; body?: unknown; delay?: Promise<void> }

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** Starts a server that answers with the given replies, by default with 200. */
async function startServer(
  answer: (received: Received, nth: number) => Answer | undefined = () => undefined,
  port = 0,
) {
  const received: Received[] = []
  const server: Server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      // It knows of no levels.
      response.writeHead(404).end()
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const text =
      request.headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : body.toString()
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogRecord)
    const one = { headers: request.headers, url: request.url ?? '', records, bytes: body.length }
    received.push(one)
    const told = answer(one, received.length)
    await told?.delay
    response.writeHead(told?.status ?? 200, { 'content-type': 'application/json', ...told?.headers })
    response.end(
      JSON.stringify(told?.body ?? { success: true, message: '', data: { accepted: records.length } }),
    )
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  opened.push({ close: stop })
  const address = server.address() as AddressInfo
  return { received, url: `http://127.0.0.1:${address.port}`, port: address.port, stop }
}

function setUp(options: HttpOptions) {
  const problems: string[] = []
  const handler = httpHandler({
    flushIntervalMs: 5,
    retryBaseMs: 5,
    retryMaxMs: 20,
    noticeIntervalMs: 0,
    flushTimeoutMs: 2_000,
    onProblem: (sentence) => problems.push(sentence),
    ...options,
  })
  opened.push(handler)
  const logger = createLogger({ source: 'worker', handlers: [handler] })
  return { handler, logger, problems, stats: () => statsOf(handler) }
}

function statsOf(handler: LogHandler) {
  const stats = handler.stats?.()
  if (!stats) throw new Error('the handler has no stats')
  return stats
}

const messages = (received: Received[]) =>
  received.flatMap((one) => one.records.map((record) => record.message))

describe('httpHandler', () => {
  it('posts JSON lines with key, sender and a rising batch number', async () => {
    const { url, received } = await startServer()
    const { logger, stats } = setUp({ url: `${url}/`, apiKey: 'k-1', maxBatchRows: 2 })
    for (const text of ['one', 'two', 'three']) logger.info(text, { a: 1 })
    await logger.flush()
    expect(messages(received)).toEqual(['one', 'two', 'three'])
    expect(received.map((one) => one.headers['x-batch'])).toEqual(['1024', '2048'])
    expect(new Set(received.map((one) => one.headers['x-sender'])).size).toBe(1)
    expect(received[0]?.headers['x-sender']).toMatch(/^[0-9a-f-]{36}$/)
    expect(received[0]).toMatchObject({
      url: '/api/logs',
      headers: { authorization: 'Bearer k-1', 'content-type': 'application/x-ndjson' },
    })
    expect(received[0]?.records[0]).toMatchObject({ level: 'INFO', source: 'worker', extra_data: { a: 1 } })
    expect(stats()).toMatchObject({ delivered: 3, queuedRows: 0, queuedBytes: 0, lastError: null })
  })

  it('delivers by time without being asked', async () => {
    const { url, received } = await startServer()
    setUp({ url }).logger.info('text')
    await expect.poll(() => messages(received)).toEqual(['text'])
  })

  it('delivers a full batch before its time', async () => {
    const { url, received } = await startServer()
    const { logger } = setUp({ url, flushIntervalMs: 60_000, maxBatchRows: 3 })
    for (let index = 0; index < 7; index++) logger.info(`${index}`)
    await expect.poll(() => messages(received)).toHaveLength(6)
    await logger.flush()
    expect(messages(received)).toHaveLength(7)
  })

  it('delivers while lines keep coming', async () => {
    const { url, received } = await startServer()
    const { logger } = setUp({ url, maxBatchRows: 10, flushIntervalMs: 60_000 })
    while (received.length === 0) {
      logger.info('text')
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(received[0]?.records).toHaveLength(10)
  })

  it('cuts batches by bytes', async () => {
    const { url, received } = await startServer()
    const { logger } = setUp({ url, maxBatchBytes: 1_000 })
    for (let index = 0; index < 10; index++) logger.info('x'.repeat(300))
    await logger.flush()
    expect(messages(received)).toHaveLength(10)
    for (const one of received) expect(one.bytes).toBeLessThanOrEqual(1_000)
  })

  it('compresses when asked to', async () => {
    const { url, received } = await startServer()
    const { logger } = setUp({ url, gzip: true })
    for (let index = 0; index < 100; index++) logger.info('the same text again and again')
    await logger.flush()
    expect(messages(received)).toHaveLength(100)
    expect(received[0]?.bytes).toBeLessThan(4_000)
  })

  it('keeps lines while the server is away and delivers them in order when it comes', async () => {
    const first = await startServer()
    const { logger, problems, stats } = setUp({ url: first.url })
    await first.stop()
    for (let index = 0; index < 5; index++) logger.info(`${index}`)
    await expect.poll(() => stats().retries).toBeGreaterThan(1)
    expect(stats()).toMatchObject({
      delivered: 0,
      queuedRows: 5,
      lastError: expect.stringContaining('ECONNREFUSED'),
    })
    expect(problems[0]).toContain('cannot be reached: ECONNREFUSED; 5 log lines wait')
    const second = await startServer(undefined, first.port)
    await logger.flush()
    expect(messages(second.received)).toEqual(['0', '1', '2', '3', '4'])
    expect(stats()).toMatchObject({ delivered: 5, queuedRows: 0, lastError: null })
  })

  it('sends a batch again unchanged under its number', async () => {
    const { url, received } = await startServer((_, nth) => (nth <= 2 ? { status: 503 } : undefined))
    const { logger, stats } = setUp({ url, maxBatchRows: 2 })
    for (const text of ['one', 'two', 'three']) logger.info(text)
    await logger.flush()
    expect(received.map((one) => one.headers['x-batch'])).toEqual(['1024', '1024', '1024', '2048'])
    expect(received[2]?.records).toEqual(received[0]?.records)
    expect(stats()).toMatchObject({ delivered: 3, retries: 2 })
  })

  it('waits as long as Retry-After says', async () => {
    const { url } = await startServer((_, nth) =>
      nth === 1 ? { status: 429, headers: { 'retry-after': '0.3' } } : undefined,
    )
    const wait = vi.spyOn(globalThis, 'setTimeout')
    const { logger, stats } = setUp({ url })
    logger.info('text')
    await expect.poll(() => stats().delivered).toBe(1)
    const pauses = wait.mock.calls.map(([, millis]) => millis ?? 0)
    // Never less, and up to a quarter more, so that many that were refused together do not come back so.
    expect(pauses.filter((millis) => millis >= 300 && millis <= 375)).toHaveLength(1)
    wait.mockRestore()
  })

  it('does not cut the pause that the server asks for by a flush, and tries once more at the end', async () => {
    const { url, received } = await startServer((_, nth) =>
      nth === 1 ? { status: 503, headers: { 'retry-after': '60' } } : undefined,
    )
    const { logger, stats } = setUp({ url })
    logger.info('text')
    await expect.poll(() => stats().nextAttemptAt).not.toBeNull()
    const flushed = logger.flush()
    await nextTurn()
    // An attempt would have begun.
    expect(stats().nextAttemptAt).not.toBeNull()
    await logger.close()
    await flushed
    expect(received).toHaveLength(2)
    expect(stats()).toMatchObject({ delivered: 1, dropped: 0 })
  })

  it('gives a slow request up and sends its batch again', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { url, received } = await startServer((_, nth) =>
      nth === 1 ? { status: 200, delay: held } : undefined,
    )
    const { logger, stats } = setUp({ url, requestTimeoutMs: 50 })
    logger.info('text')
    await logger.flush()
    release()
    // On a busy machine further requests may take too long as well.
    expect(new Set(received.map((one) => one.headers['x-batch']))).toEqual(new Set(['1024']))
    expect(received.length).toBeGreaterThan(1)
    expect(stats()).toMatchObject({ delivered: 1 })
    expect(stats().retries).toBeGreaterThanOrEqual(received.length - 1)
  })

  it('drops the oldest when the queue is full, counts them and tells of it in a log line', async () => {
    const first = await startServer()
    await first.stop()
    const { logger, stats } = setUp({
      url: first.url,
      maxQueueRows: 10,
      maxBatchRows: 5,
      flushIntervalMs: 60_000,
    })
    for (let index = 0; index < 25; index++) logger.info(`${index}`)
    expect(stats().dropped).toBe(15)
    const second = await startServer(undefined, first.port)
    await logger.flush()
    await logger.flush()
    const all = messages(second.received)
    expect(all.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 15}`))
    expect(all.slice(10)).toEqual([expect.stringContaining('15 dropped')])
    expect(second.received.at(-1)?.records.at(-1)).toMatchObject({
      level: 'WARNING',
      extra_data: { dropped: 15, rejected: 0 },
    })
  })

  it('bounds the queue by bytes, too', async () => {
    const { url, stop } = await startServer()
    await stop()
    const { logger, stats } = setUp({ url, maxQueueBytes: 100_000, flushTimeoutMs: 10 })
    for (let index = 0; index < 1_000; index++) logger.info('x'.repeat(1_000))
    expect(stats().queuedBytes).toBeLessThanOrEqual(100_000)
    expect(stats().dropped + stats().queuedRows).toBe(1_000)
  })

  it('counts what the server refuses and holds back, and tells of refusals', async () => {
    const { url, received } = await startServer((_, nth) =>
      nth > 1
        ? undefined
        : {
            status: 200,
            body: {
              data: {
                accepted: 1,
                rejected: [{ index: 0, reason: 'too old' }],
                rejected_count: 1,
                filtered: 2,
              },
            },
          },
    )
    const { logger, stats } = setUp({ url })
    for (let index = 0; index < 4; index++) logger.info(`${index}`)
    await logger.flush()
    await expect.poll(() => messages(received).at(-1)).toContain('1 refused: too old')
    await logger.flush()
    expect(stats()).toMatchObject({ delivered: 2, rejected: 1, filtered: 2 })
  })

  it('gives up a batch the server can never take', async () => {
    const { url, received } = await startServer((one) =>
      one.records.length > 0 ? { status: 400, body: { message: 'bad' } } : undefined,
    )
    const { logger, stats } = setUp({ url, noticeIntervalMs: 60_000 })
    logger.info('text')
    await logger.flush()
    expect(stats()).toMatchObject({
      rejected: expect.any(Number),
      delivered: 0,
      lastError: expect.stringContaining('400 (bad)'),
    })
    expect(received.length).toBeLessThan(4)
  })

  it('sends smaller batches to a server that finds them too large', async () => {
    const { url, received } = await startServer((one) =>
      one.records.length > 2 ? { status: 413 } : undefined,
    )
    const { logger, stats } = setUp({ url })
    for (let index = 0; index < 8; index++) logger.info(`${index}`)
    await logger.flush()
    const stored = received.filter((one) => one.records.length <= 2)
    expect(messages(stored)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
    expect(stats()).toMatchObject({ delivered: 8, rejected: 0 })
  })

  it('closes in bounded time with the server away, and says what is lost', async () => {
    const { url, stop } = await startServer()
    await stop()
    const { logger, problems, stats } = setUp({ url, flushTimeoutMs: 50 })
    logger.info('text')
    await logger.close()
    expect(stats()).toMatchObject({ dropped: 1, queuedRows: 0 })
    expect(problems.at(-1)).toMatch(/^1 log line could not be delivered and is dropped: .*ECONNREFUSED/)
    logger.info('after')
  })

  it('goes on when the function that is told of problems throws', async () => {
    const { url } = await startServer((_, nth) => (nth === 1 ? { status: 500 } : undefined))
    const { logger, stats } = setUp({
      url,
      onProblem() {
        throw new Error('no')
      },
    })
    logger.info('text')
    await logger.flush()
    expect(stats()).toMatchObject({ delivered: 1, retries: 1 })
  })

  it('does not send what is below its level', async () => {
    const { url, received } = await startServer()
    const { logger } = setUp({ url, level: 'WARNING' })
    logger.info('no')
    logger.error('yes')
    await logger.flush()
    expect(messages(received)).toEqual(['yes'])
  })

  it('refuses an address that is none', () => {
    expect(() => httpHandler({ url: 'localhost:4700' })).toThrow('"localhost:4700" is no address')
  })
})
