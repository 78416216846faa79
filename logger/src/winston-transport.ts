// `@timelapser/logger/winston`: a transport for winston 3. Written without winston: any stream of objects with a `log`
// method is a transport.
import { Writable } from 'node:stream'
import { type ForeignOptions, foreignWriter, type WriteForeign } from './foreign-lines.ts'

export type WinstonOptions = ForeignOptions & {
  /** A level of the winston logger; lines below it are not taken. Default: that of the logger. */
  level?: string
  /** Whether winston logs uncaught exceptions here. Default false. */
  handleExceptions?: boolean
  /** Whether winston logs unhandled rejections here. Default false. */
  handleRejections?: boolean
}

/** A line as winston passes it on: its fields, and symbols for winston itself. */
type Info = { level?: unknown; message?: unknown; timestamp?: unknown; [key: string | symbol]: unknown }
type Levels = Readonly<Record<string, number>>

/** Where winston keeps the level apart from `info.level`, which formats may colour. */
const LEVEL = Symbol.for('level')

/**
 * Hands winston's lines to a handler.
 *
 * @example
 * const handler = httpHandler({ url: 'http://localhost:4700', apiKey: process.env.LOGS_API_KEY })
 * winston.createLogger({ transports: [new WinstonTransport({ handler, source: 'worker' })] })
 */
export class WinstonTransport extends Writable {
  level?: string
  handleExceptions: boolean
  handleRejections: boolean
  silent = false
  readonly #handler: ForeignOptions['handler']
  readonly #write: WriteForeign
  #logger: { levels?: Levels; level?: string } | undefined

  constructor(options: WinstonOptions) {
    super({ objectMode: true })
    const { level, handleExceptions = false, handleRejections = false } = options
    if (level !== undefined) this.level = level
    this.handleExceptions = handleExceptions
    this.handleRejections = handleRejections
    this.#handler = options.handler
    this.#write = foreignWriter(options)
    this.on('pipe', (logger) => {
      this.#logger = logger as { levels?: Levels; level?: string }
    })
  }

  /** Takes one line: winston's name for it. */
  log(info: Info, next: () => void): void {
    const { level, message, timestamp, ...fields } = info
    // Its symbols are for winston itself.
    for (const symbol of Object.getOwnPropertySymbols(fields)) delete fields[symbol]
    const text = typeof message === 'string' ? message : message === undefined ? '' : String(message)
    this.#write({ level: info[LEVEL] ?? level, text, fields, time: timestamp })
    next()
  }

  override _write(info: Info, _encoding: BufferEncoding, next: () => void): void {
    if (this.silent || !this.#takes(info)) next()
    else this.log(info, next)
  }

  override _final(done: (error?: Error) => void): void {
    this.#handler.close().then(() => done(), done)
  }

  #takes(info: Info): boolean {
    if (info.exception === true && !this.handleExceptions) return false
    if (info.rejection === true && !this.handleRejections) return false
    const threshold = this.#logger?.levels?.[this.level ?? this.#logger.level ?? '']
    const value = this.#logger?.levels?.[String(info[LEVEL] ?? info.level)]
    // winston counts downwards: error is 0.
    return threshold === undefined || value === undefined || value <= threshold
  }
}
