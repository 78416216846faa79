import { findCallSite } from './call-site.ts'
import { formatLine } from './console-format.ts'
import { isEnabled, type Level } from './level.ts'
import type { HandlerStats, LogHandler, LogRecord } from './record.ts'
import { recordJson } from './record-json.ts'

export type ConsoleOptions = {
  /** Lines for people, JSON a line for machines; `auto` (default) is `pretty` on a terminal and `json` elsewhere. */
  format?: 'auto' | 'pretty' | 'json'
  /** Default: on a terminal, unless `NO_COLOR` is set; `FORCE_COLOR` turns it on elsewhere. */
  colours?: boolean
  /** Adds `:function:line` of the call, at some ten microseconds a line. Default false. */
  callSite?: boolean
  /** Lines below it are not shown. Default `DEBUG`. */
  level?: Level
  /** Default `process.stdout`. */
  stream?: NodeJS.WritableStream & { isTTY?: boolean }
}

/** Bytes that may wait in the stream of a slow reader; beyond them lines are dropped and counted. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024

const ignore = () => {}

/**
 * Shows records on the console: `time | level | name:function:line - message` with colours, extra data and stacks on
 * a terminal, a JSON record a line elsewhere.
 *
 * @example
 * createLogger({ handlers: [consoleHandler({ level: 'INFO', callSite: true })] })
 */
export function consoleHandler(options: ConsoleOptions = {}): LogHandler {
  const { format = 'auto', callSite = false, level = 'DEBUG', stream = process.stdout } = options
  const pretty = format === 'pretty' || (format === 'auto' && stream.isTTY === true)
  const colours = options.colours ?? wantsColours(stream.isTTY === true)
  let closed = false
  let delivered = 0
  let dropped = 0
  let lastError: string | null = null

  const waitingBytes = () => (stream as { writableLength?: number }).writableLength ?? 0

  function handle(record: LogRecord): void {
    if (closed || waitingBytes() > MAX_WAITING_BYTES) {
      dropped++
      return
    }
    const site = pretty && callSite ? findCallSite() : undefined
    const text = pretty ? formatLine(record, colours, site) : jsonLine(record, callSite)
    write(stream, text, (error) => {
      lastError = error.message
    })
    delivered++
  }

  const flush = () => new Promise<void>((resolve) => stream.write('', () => resolve()))

  return {
    handle,
    isEnabled: (wanted) => isEnabled(wanted, level),
    // It never changes.
    watchEnabled: () => ignore,
    flush,
    close: async () => {
      closed = true
      await flush()
    },
    stats: (): HandlerStats => ({
      name: 'console',
      delivered,
      dropped,
      rejected: 0,
      filtered: 0,
      retries: 0,
      queuedRows: 0,
      queuedBytes: waitingBytes(),
      spooledRows: 0,
      spooledBytes: 0,
      nextAttemptAt: null,
      lastError,
    }),
  }
}

/** Writes as `console.log` does: a reader that has gone away is no reason to crash. */
function write(stream: NodeJS.WritableStream, text: string, onFailure: (error: Error) => void): void {
  stream.once('error', ignore)
  try {
    stream.write(text, (error) => {
      if (!error) return
      onFailure(error)
      // The event follows this call; unheard it would be an uncaught exception.
      if (stream.listenerCount('error') === 0) stream.once('error', ignore)
    })
  } finally {
    stream.removeListener('error', ignore)
  }
}

function jsonLine(record: LogRecord, withCallSite: boolean): string {
  const site = withCallSite ? findCallSite() : undefined
  if (!site) return `${recordJson(record)}\n`
  return `${JSON.stringify({ ...record, function: site.functionName, line: site.line })}\n`
}

function wantsColours(isTerminal: boolean): boolean {
  if (process.env.NO_COLOR) return false
  return process.env.FORCE_COLOR ? process.env.FORCE_COLOR !== '0' : isTerminal
}
