import type pino from 'pino'
import type { FlightRecorderOptions, FlightRecorderStats } from './flight-recorder.ts'
import type { GuardOptions } from './guard-function.ts'
import type { HandlerStats, LogHandler } from './record.ts'

/** The bindings of a logger: columns of its own, and other fields for `extra_data`. */
export type Bindings = {
  /** Makes the source `camera_<id>` unless a `source` stands beside it. */
  camera_id?: number | null
  /** Where the lines come from: `system`, `api`, `worker`, … */
  source?: string
  /** The logger inside the source. */
  logger_name?: string | null
  /** Every line of the logger is kept short: see {@link Logger}. */
  sensitive?: boolean
  [key: string]: unknown
}

/**
 * One call, in either order: `('text', { extra })` or pino's `({ extra }, 'text')`. An `Error` may stand in either
 * place or under any key. `%s %d %i %f %j %o %O` take further arguments as pino's do.
 */
export type LogFn = {
  (message: string, ...rest: unknown[]): void
  (extra: unknown, message?: string, ...rest: unknown[]): void
}

/** The result of a function whose errors end with it. */
export type Guarded<Result> =
  Result extends PromiseLike<infer Value> ? Promise<Value | undefined> : Result | undefined

export type LoggerStats = {
  /** Lines that were written and given to the handlers. */
  lines: number
  /** Lines that could not be built or that a handler threw at; a bug of the handler or of this package. */
  failures: number
  handlers: HandlerStats[]
  /** Counts of the flight recorder, if there is a flight recorder. */
  recorder?: FlightRecorderStats
}

/**
 * A logger with the five levels, pino underneath. `debug info warning error critical`, with pino's `trace warn fatal`
 * as other names of `debug warning critical`. No method throws or blocks.
 *
 * `{ sensitive: true }` in a call hides the message and the values of `extra_data`; its keys stay.
 *
 * @example
 * const camera = logger.bind({ camera_id: 1 })
 * camera.error('RTSP connection failed', { retry_count: 3, rtsp_url: 'rtsp://192.168.1.100/stream' })
 */
export interface Logger {
  debug: LogFn
  info: LogFn
  warning: LogFn
  error: LogFn
  critical: LogFn
  /** The same as `debug`. */
  trace: LogFn
  /** The same as `warning`. */
  warn: LogFn
  /** The same as `critical`. */
  fatal: LogFn
  /** Does nothing. */
  silent: LogFn
  /** Lines below it cost nothing. Takes any name of a level (`'WARNING'`, `'warn'`) or `'silent'`. */
  level: string
  /** Whether a line of this level could be wanted: by a handler, an override on the server or the flight recorder. */
  isLevelEnabled(level: string): boolean
  /** A logger that adds these fields to every line; its level follows this one's until it is set. */
  bind(bindings: Bindings): Logger
  /** pino's name for {@link Logger.bind}; takes its `level`, `serializers` and `msgPrefix`. */
  child(bindings: Bindings, options?: pino.ChildLoggerOptions): Logger
  /**
   * Calls `work` and logs what it throws or what its promise is rejected with, in which case the result is `undefined`.
   *
   * @example
   * const frame = await logger.catch(() => camera.capture(), { message: 'No frame' })
   */
  catch<Result>(work: () => Result, options?: GuardOptions): Guarded<Result>
  /**
   * The same function, its errors logged on their way to the caller. An error that passes a second wrapped function is
   * not logged again.
   */
  wrap<Args extends unknown[], Result>(
    work: (...args: Args) => Result,
    options?: GuardOptions & { rethrow?: true },
  ): (...args: Args) => Result
  wrap<Args extends unknown[], Result>(
    work: (...args: Args) => Result,
    options: GuardOptions,
  ): (...args: Args) => Guarded<Result>
  /** The bindings of this logger. */
  bindings(): Bindings
  /** Resolves when every handler has delivered, or given up on, what was logged so far. */
  flush(done?: (error?: Error) => void): Promise<void>
  /** Flushes and closes the handlers of this logger and all its children. Later lines are dropped. */
  close(): Promise<void>
  stats(): LoggerStats
}

export type LoggerOptions = {
  /** Where the lines come from. Default `system`. */
  source?: string
  /** The logger inside the source. Default none. */
  logger_name?: string
  /** Where the lines go. Default one `consoleHandler()`. */
  handlers?: readonly LogHandler[]
  /** Lines below it cost nothing; any name of a level or `silent`. Default `DEBUG`: the handlers decide. */
  level?: string
  /**
   * Logs uncaught exceptions and unhandled rejections as CRITICAL and delivers before Node ends the process, as it would
   * have without. Default false.
   */
  uncaught?: boolean
  /**
   * Keeps lines that handlers hold back by level and writes them when an error comes in the same request
   * (`extra_data.request_id`) or camera. Default false.
   */
  flightRecorder?: boolean | FlightRecorderOptions
  /** pino's: a function for each top-level key of `extra_data` whose value it turns into something loggable. */
  serializers?: { [key: string]: (value: unknown) => unknown }
}
