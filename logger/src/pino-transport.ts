// `@timelapser/logger/pino-transport`: a target for pino's `transport`, which runs it in a thread.
import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { foreignWriter, type WriteForeign } from './foreign-lines.ts'
import { type HttpOptions, httpHandler } from './http-handler.ts'

/** The options of the worker thread, which must be cloneable. */
export type PinoTransportOptions = Omit<HttpOptions, 'onProblem' | 'flushOnExit'> & {
  /** Where the lines come from, unless they say so. Default `system`. */
  source?: string
  /** The logger inside the source. Default: pino's `name`. */
  logger_name?: string
}

/** A longer line without an end is written as it is, and cut as any message. */
const MAX_LINE_CHARACTERS = 4 * 1024 * 1024

/**
 * Sends what a pino logger writes to a log system.
 *
 * @example
 * const logger = pino(pino.transport({
 *   target: '@timelapser/logger/pino-transport',
 *   options: { url: 'http://localhost:4700', apiKey: process.env.LOGS_API_KEY, source: 'worker' },
 * }))
 */
export default function pinoTransport(options: PinoTransportOptions): Writable {
  const { source, logger_name, ...http } = options
  // pino ends the stream when the process does.
  const handler = httpHandler({ ...http, flushOnExit: false })
  const columns = { ...(source === undefined ? {} : { source }), ...(logger_name ? { logger_name } : {}) }
  const write = foreignWriter({ handler, ...columns })
  const decoder = new StringDecoder('utf8')
  let rest = ''

  return new Writable({
    // pino hands over whole texts; whether a character is cut is for the decoder.
    write(chunk: Buffer, _encoding, done) {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE_CHARACTERS) {
        lines.push(rest)
        rest = ''
      }
      for (const line of lines) writeLine(line, write)
      done()
    },
    final(done) {
      writeLine(rest + decoder.end(), write)
      handler.close().then(() => done(), done)
    },
  })
}

function writeLine(line: string, write: WriteForeign): void {
  if (line.trim() === '') return
  const { level, time, msg, name, ...fields } = parse(line)
  write({
    ...{ level, time, fields },
    text: typeof msg === 'string' ? msg : '',
    name: typeof name === 'string' ? name : undefined,
  })
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Text that somebody wrote into the stream is a line too.
  }
  return { msg: line }
}
