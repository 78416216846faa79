// `@timelapser/logger/logtape`: a sink for LogTape, written without it.
import { inspect } from 'node:util'
import { type ForeignOptions, foreignWriter } from './foreign-lines.ts'

/** The part of LogTape's record that is read. */
export type LogTapeRecord = {
  readonly category: readonly string[]
  readonly level: string
  /** Texts, and between them the values that were put in. */
  readonly message: readonly unknown[]
  readonly timestamp: number
  readonly properties: Record<string, unknown>
}

/** A sink that LogTape closes with its configuration. */
export type LogTapeSink = ((record: LogTapeRecord) => void) & { [Symbol.asyncDispose](): Promise<void> }

/**
 * Hands LogTape's lines to a handler; the category, joined by dots, is the logger.
 *
 * @example
 * const handler = httpHandler({ url: 'http://localhost:4700', apiKey: process.env.LOGS_API_KEY })
 * await configure({
 *   sinks: { logs: logTapeSink({ handler, source: 'worker' }) },
 *   loggers: [{ category: ['capture'], sinks: ['logs'] }],
 * })
 */
export function logTapeSink(options: ForeignOptions): LogTapeSink {
  const write = foreignWriter(options)
  const sink = ({ category, level, message, timestamp, properties }: LogTapeRecord) =>
    write({ level, text: textOf(message), fields: properties, time: timestamp, name: category.join('.') })
  return Object.assign(sink, { [Symbol.asyncDispose]: () => options.handler.close() })
}

function textOf(message: readonly unknown[]): string {
  return message
    .map((part, index) => (index % 2 === 0 || typeof part === 'string' ? String(part) : inspect(part)))
    .join('')
}
