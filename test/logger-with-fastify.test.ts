import { createLogger, type LoggerOptions, type LogHandler, type LogRecord } from '@timelapser/logger'
import { requestLogs } from '@timelapser/logger/fastify'
import Fastify, { LogController } from 'fastify'
import { describe, expect, it } from 'vitest'

function setUp(options: LoggerOptions = {}) {
  const records: LogRecord[] = []
  const handler: LogHandler = {
    handle: (record) => void records.push(record),
    flush: async () => {},
    close: async () => {},
  }
  return { records, logger: createLogger({ source: 'api', handlers: [handler], ...options }) }
}

it('serves Fastify as its logger, request ids, serializers and errors included', async () => {
  const { records, logger } = setUp()
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ requestIdLogLabel: 'request_id' }),
  })
  app.get('/boom', async (request) => {
    request.log.info({ camera_id: 3 }, 'about to fail')
    throw new Error('boom', { cause: new TypeError('inner') })
  })
  await app.inject('/boom')
  await app.close()

  const [incoming, own, failed, completed] = records
  expect(incoming).toMatchObject({
    level: 'INFO',
    message: 'incoming request',
    source: 'api',
    extra_data: { request_id: 'req-1', req: { method: 'GET', url: '/boom' } },
  })
  expect(own).toMatchObject({ message: 'about to fail', source: 'api', camera_id: 3 })
  expect(failed).toMatchObject({
    level: 'ERROR',
    message: 'boom',
    extra_data: {
      request_id: 'req-1',
      error: { type: 'Error', message: 'boom', cause: { type: 'TypeError', message: 'inner' } },
    },
  })
  expect(completed).toMatchObject({ message: 'request completed', extra_data: { res: { statusCode: 500 } } })
  expect(logger.stats()).toMatchObject({ lines: 4, failures: 0 })
})

describe('requestLogs', () => {
  it('writes a line a request with method, route, status, duration, request id and a masked query', async () => {
    const { records, logger } = setUp({ source: 'system' })
    const app = Fastify({ genReqId: () => 'r1' })
    app.register(requestLogs, { logger, ignore: ({ url }) => url === '/healthz' })
    app.get('/cameras/:id', async () => ({}))
    app.get('/healthz', async () => ({}))
    for (const url of ['/cameras/3?token=abc&name=a%20b&bare', '/healthz', '/none']) await app.inject(url)
    await app.close()
    expect(records).toMatchObject([
      {
        level: 'INFO',
        message: expect.stringMatching(/^GET \/cameras\/:id 200 in [\d.]+ ms$/),
        source: 'api',
        logger_name: 'requests',
        extra_data: {
          method: 'GET',
          route: '/cameras/:id',
          url: '/cameras/3?token=***&name=***&***',
          status: 200,
          duration_ms: expect.any(Number),
          request_id: 'r1',
        },
      },
      { level: 'WARNING', extra_data: { route: 'unknown', url: '/none', status: 404 } },
    ])
    expect(records).toHaveLength(2)
  })

  it('gives every line of a request its id, also behind a body, and the error to a failed one', async () => {
    const { records, logger } = setUp()
    const app = Fastify()
    app.register(requestLogs, { logger, query: 'none', extra: () => ({ by: 'joe' }) })
    app.register(async (part) => {
      part.post('/boom', async () => {
        logger.info('handling')
        throw new TypeError('boom')
      })
    })
    await Promise.all(
      ['1', '2'].map((n) => app.inject({ method: 'POST', url: `/boom?n=${n}`, payload: { n } })),
    )
    await app.close()
    const ids = (message: RegExp) =>
      records.filter((one) => message.test(one.message)).map((one) => one.extra_data?.request_id)
    expect(ids(/handling/)).toEqual(['req-1', 'req-2'])
    expect(ids(/POST/)).toEqual(['req-1', 'req-2'])
    expect(records.at(-1)).toMatchObject({
      level: 'ERROR',
      extra_data: {
        url: '/boom',
        status: 500,
        by: 'joe',
        error: { type: 'TypeError', message: 'boom', stack: expect.any(String) },
      },
    })
  })

  it('tells of a request whose client went away', async () => {
    const { records, logger } = setUp()
    const app = Fastify()
    app.register(requestLogs, { logger })
    const entered = Promise.withResolvers<void>()
    app.get('/slow', () => {
      entered.resolve()
      return new Promise(() => {})
    })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const leave = new AbortController()
    const reply = fetch(`${url}/slow`, { signal: leave.signal }).catch(() => 'left')
    await entered.promise
    leave.abort()
    expect(await reply).toBe('left')
    await expect.poll(() => records).toMatchObject([{ level: 'WARNING', extra_data: { status: null } }])
    expect(records[0]?.message).toMatch(/^GET \/slow aborted in/)
    app.server.closeAllConnections()
    await app.close()
  })
})
