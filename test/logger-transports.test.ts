// Lines of other loggers, through their own libraries, to a handler of ours.
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { configure, dispose, getLogger } from '@logtape/logtape'
import type { LogHandler, LogRecord } from '@timelapser/logger'
import { logTapeSink } from '@timelapser/logger/logtape'
import { WinstonTransport } from '@timelapser/logger/winston'
import { afterEach, describe, expect, it } from 'vitest'
import winston from 'winston'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function collect() {
  const records: LogRecord[] = []
  let isClosed = false
  const handler: LogHandler = {
    handle: (record) => void records.push(record),
    isEnabled: (level) => level !== 'DEBUG',
    flush: async () => {},
    close: async () => {
      isClosed = true
    },
  }
  return { handler, records, isClosed: () => isClosed }
}

describe('winston', () => {
  it('writes its lines with level, fields and errors, children and formats included', async () => {
    const { handler, records, isClosed } = collect()
    const transport = new WinstonTransport({ handler, source: 'worker' })
    const format = winston.format.combine(winston.format.timestamp(), winston.format.splat())
    const logger = winston.createLogger({ level: 'silly', format, transports: [transport] })
    logger.child({ camera_id: 3 }).warn('late by %d ms', 180, { retry_count: 3 })
    logger.error('failed', new TypeError('boom'))
    logger.http('GET /', { password: 'hunter2' })
    logger.debug('not wanted by the handler')
    expect(records).toMatchObject([
      {
        level: 'WARNING',
        message: 'late by 180 ms',
        source: 'worker',
        camera_id: 3,
        extra_data: { retry_count: 3 },
      },
      {
        level: 'ERROR',
        message: 'failed boom',
        extra_data: { stack: expect.stringContaining('TypeError: boom') },
      },
      { level: 'INFO', message: 'GET /', extra_data: { password: '***' } },
    ])
    const ended = new Promise((resolve) => transport.once('finish', resolve))
    logger.end()
    await ended
    expect(isClosed()).toBe(true)
  })

  it('keeps to its own level, or to that of the logger', () => {
    const { handler, records } = collect()
    const logger = winston.createLogger({
      level: 'info',
      transports: [new WinstonTransport({ handler, level: 'error' }), new WinstonTransport({ handler })],
    })
    logger.info('once')
    logger.error('twice')
    logger.level = 'error'
    logger.warn('never')
    expect(records.map(({ message }) => message)).toEqual(['once', 'twice', 'twice'])
  })
})

describe('LogTape', () => {
  it('writes its lines with category, time and properties, and closes the handler', async () => {
    const { handler, records, isClosed } = collect()
    closers.push(dispose)
    await configure({
      sinks: { logs: logTapeSink({ handler, source: 'worker' }) },
      loggers: [
        { category: ['logtape', 'meta'], sinks: [] },
        { category: ['capture'], sinks: ['logs'], lowestLevel: 'trace' },
      ],
    })
    const logger = getLogger(['capture', 'rtsp']).with({ camera_id: 3 })
    logger.fatal('No frame from {host}: {state}', { host: 'cam', state: { tries: 3 } })
    logger.trace('not wanted by the handler')
    await dispose()
    expect(records).toMatchObject([
      {
        level: 'CRITICAL',
        message: 'No frame from cam: { tries: 3 }',
        source: 'worker',
        logger_name: 'capture.rtsp',
        camera_id: 3,
        extra_data: { host: 'cam', state: { tries: 3 } },
      },
    ])
    expect(Math.abs(Date.parse(records[0]?.timestamp ?? '') - Date.now())).toBeLessThan(60_000)
    expect(isClosed()).toBe(true)
  })
})

describe('pino', () => {
  it('writes its lines from the thread of its transport, before the process ends', async () => {
    const received: LogRecord[] = []
    const server = createServer(async (request, response) => {
      if (request.method === 'GET') return void response.writeHead(404).end()
      let text = ''
      for await (const chunk of request) text += chunk
      for (const line of text.trimEnd().split('\n')) received.push(JSON.parse(line) as LogRecord)
      response.end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const target = fileURLToPath(new URL('../logger/src/pino-transport.ts', import.meta.url))
    const program = `
      const pino = require('pino')
      const logger = pino(pino.transport({
        target: ${JSON.stringify(target)},
        options: { url: ${JSON.stringify(url)}, source: 'worker' },
      }))
      logger.child({ camera_id: 3 }).warn({ late_ms: 180, name: 'capture' }, 'Frame is late: 100%')
      logger.error(new TypeError('boom ü'))
      logger.debug('below')`
    await promisify(execFile)(process.execPath, ['--conditions=timelapser-source', '--eval', program])
    expect(received).toMatchObject([
      {
        level: 'WARNING',
        message: 'Frame is late: 100%',
        source: 'worker',
        logger_name: 'capture',
        camera_id: 3,
        extra_data: { late_ms: 180, pid: expect.any(Number), hostname: expect.any(String) },
      },
      {
        level: 'ERROR',
        message: 'boom ü',
        extra_data: { error: { type: 'TypeError', message: 'boom ü', stack: expect.any(String) } },
      },
    ])
    expect(received).toHaveLength(2)
  })
})
