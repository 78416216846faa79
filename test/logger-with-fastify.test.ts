import { createLogger, type LogHandler, type LogRecord } from '@timelapser/logger'
import Fastify, { LogController } from 'fastify'
import { expect, it } from 'vitest'

it('serves Fastify as its logger, request ids, serializers and errors included', async () => {
  const records: LogRecord[] = []
  const handler: LogHandler = {
    handle: (record) => void records.push(record),
    flush: async () => {},
    close: async () => {},
  }
  const logger = createLogger({ source: 'api', handlers: [handler] })
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
