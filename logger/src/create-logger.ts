import pino from 'pino'
import { type Bound, bindTo, buildRecord, UNBOUND } from './build-record.ts'
import { consoleHandler } from './console-handler.ts'
import { inContext } from './context.ts'
import { FlightRecorder } from './flight-recorder.ts'
import { type GuardOptions, guard, type WriteLine } from './guard-function.ts'
import { type Level, parseLevel } from './level.ts'
import { LEVEL_NUMBERS, LevelMethods } from './level-methods.ts'
import type { Serializers } from './lift-columns.ts'
import type { Bindings, Logger, LoggerOptions, LoggerStats } from './logger.ts'
import type { HandlerStats, LogHandler, LogRecord } from './record.ts'
import { watchUncaught } from './uncaught.ts'

const BOUND = Symbol('timelapser.bound')

/** A logger as it is inside: pino's object with our bindings. */
type Instance = {
  [BOUND]: Bound
  [pino.symbols.serializersSym]: Serializers
  [pino.symbols.setLevelSym](level: string): void
  readonly levelVal: number
  readonly silent: unknown
  child(bindings: object, options: object): Instance
}

/** The state that a logger and all its children share. */
type Core = {
  handlers: readonly LogHandler[]
  recorder: FlightRecorder | undefined
  methods: LevelMethods
  lines: number
  failures: number
  closed: boolean
  stopUncaught: () => void
}

/**
 * Makes a logger. Its levels, children and serializers are pino's; the handlers receive complete records: repaired to
 * values that JSON and PostgreSQL can hold, without credentials, timed at the call.
 *
 * @example
 * import { consoleHandler, createLogger, httpHandler } from '@timelapser/logger'
 *
 * const logger = createLogger({
 *   source: 'worker',
 *   logger_name: 'capture',
 *   handlers: [consoleHandler(), httpHandler({ url: 'http://localhost:4700', apiKey: process.env.LOGS_API_KEY })],
 * })
 * logger.bind({ camera_id: 1 }).warning('Frame is late', { late_ms: 180 })
 * await logger.close()
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { source, logger_name, handlers = [consoleHandler()] } = options
  const { level = 'DEBUG', uncaught = false, flightRecorder = false } = options
  const recorder = flightRecorder
    ? new FlightRecorder(handlers, flightRecorder === true ? {} : flightRecorder)
    : undefined
  const methods = new LevelMethods({
    handlers,
    isWantedAnyway: (wanted) => recorder?.wants(wanted) ?? false,
    // A method taken off its logger (`const { info } = logger`) writes for the root logger.
    write: (logger, called, args) => writeCall(core, (logger as Instance | undefined) ?? root, called, args),
  })
  const core: Core = {
    handlers,
    recorder,
    methods,
    lines: 0,
    failures: 0,
    closed: false,
    stopUncaught: () => {},
  }
  const root = pino(
    {
      level: pinoLevel(level),
      customLevels: LEVEL_NUMBERS,
      useOnlyCustomLevels: true,
      base: null,
      serializers: { ...options.serializers },
    },
    // Lines never take pino's way to a stream: its methods are exchanged for ours.
    { write: () => {} },
  ) as unknown as Instance
  describeErrorsOurselves(root)
  const bindings = { ...(source === undefined ? {} : { source }), ...(logger_name ? { logger_name } : {}) }
  root[BOUND] = bindTo(UNBOUND, bindings, {})
  Object.defineProperties(root, methodsOf(core, root))
  methods.adopt(root)
  const logger = root as unknown as Logger
  if (uncaught) core.stopUncaught = watchUncaught((extra, message) => logger.critical(extra, message))
  return logger
}

function writeCall(core: Core, logger: Instance, level: Level, args: readonly unknown[]): void {
  const { handlers } = core
  try {
    if (core.closed) return
    const wanted = isWanted(handlers, level)
    if (!wanted && !core.recorder?.wants(level)) return
    const record = buildRecord(level, args, inContext(logger[BOUND]), logger[pino.symbols.serializersSym])
    if (core.recorder) showRecorder(core, core.recorder, record)
    if (!wanted) return
    core.lines++
    for (const handler of handlers) deliver(core, handler, record)
  } catch {
    // Nothing an application logs may hurt it; the count says that there is something to look at.
    core.failures++
  }
}

/** Runs apart from the handlers: the error itself is delivered even if the lines before it fail. */
function showRecorder(core: Core, recorder: FlightRecorder, record: LogRecord): void {
  try {
    recorder.see(record)
  } catch {
    core.failures++
  }
}

function deliver(core: Core, handler: LogHandler, record: LogRecord): void {
  try {
    if (handler.isEnabled === undefined || handler.isEnabled(record.level)) handler.handle(record)
  } catch {
    core.failures++
  }
}

function isWanted(handlers: readonly LogHandler[], level: Level): boolean {
  for (const handler of handlers) {
    if (handler.isEnabled === undefined || handler.isEnabled(level)) return true
  }
  return false
}

/** The methods that differ from pino's prototype; children inherit them. */
function methodsOf(core: Core, root: Instance): PropertyDescriptorMap {
  return { ...bindingMethods(root), ...guardMethods(), ...levelMethods(core, root), ...handlerMethods(core) }
}

const method = (value: unknown): PropertyDescriptor => ({ value, writable: true, configurable: true })

/** Children, and the fields that a logger adds to each of its lines. */
function bindingMethods(root: Instance): PropertyDescriptorMap {
  const pinoChild = root.child
  function child(this: Instance, bindings: Bindings, options?: pino.ChildLoggerOptions): Instance {
    const levelName = options?.level
    const own = levelName ? { ...options, level: pinoLevel(levelName) } : { ...options }
    const instance = pinoChild.call(this, {}, own)
    if (options?.serializers) describeErrorsOurselves(instance)
    const bound = bindTo(this[BOUND], bindings ?? {}, instance[pino.symbols.serializersSym])
    instance[BOUND] = options?.msgPrefix ? { ...bound, prefix: bound.prefix + options.msgPrefix } : bound
    return instance
  }
  return {
    child: method(child),
    bind: method(function bind(this: Instance, bindings: Bindings) {
      return child.call(this, bindings)
    }),
    bindings: method(function bindings(this: Instance): Bindings {
      const { source, logger_name, camera_id, extra } = this[BOUND]
      return { source, logger_name, camera_id, ...extra }
    }),
    setBindings: method(function setBindings(this: Instance, bindings: Bindings) {
      this[BOUND] = bindTo(this[BOUND], bindings, this[pino.symbols.serializersSym])
    }),
  }
}

/** The methods that write a line for work that throws. */
function guardMethods(): PropertyDescriptorMap {
  return {
    catch: method(function <Result>(this: Instance, work: () => Result, options?: GuardOptions) {
      return guard(work, methodFor(this, options), { rethrow: false, ...options })
    }),
    wrap: method(function (this: Instance, work: (...args: unknown[]) => unknown, options?: GuardOptions) {
      const log = methodFor(this, options)
      return function (this: unknown, ...args: unknown[]) {
        return guard(() => work.apply(this, args), log, { rethrow: true, ...options })
      }
    }),
  }
}

/** The level of a logger: each change exchanges the methods that write. */
function levelMethods(core: Core, root: Instance): PropertyDescriptorMap {
  const setLevel = root[pino.symbols.setLevelSym]
  const level = inheritedDescriptor(root, 'level')
  return {
    isLevelEnabled: method(function isLevelEnabled(this: Instance, name: string) {
      const wanted = parseLevel(name)
      if (wanted === undefined || !core.methods.isWanted(wanted)) return false
      return this.levelVal <= LEVEL_NUMBERS[wanted.toLowerCase() as 'info']
    }),
    // Also what pino's `child` calls for its option `level`.
    [pino.symbols.setLevelSym]: method(function (this: Instance, name: string) {
      setLevel.call(this, name)
      core.methods.adopt(this)
    }),
    level: {
      get(this: Instance) {
        return level.get?.call(this)
      },
      set(this: Instance, name: string) {
        level.set?.call(this, pinoLevel(name))
      },
      configurable: true,
    },
  }
}

/** The methods for all handlers of a logger. */
function handlerMethods(core: Core): PropertyDescriptorMap {
  return {
    flush: method((done?: (error?: Error) => void) =>
      settle(core, (handler) => handler.flush()).then(() => done?.()),
    ),
    close: method(async () => {
      core.closed = true
      core.methods.close()
      core.stopUncaught()
      await settle(core, (handler) => handler.close())
    }),
    stats: method((): LoggerStats => {
      const stats = core.handlers.map((handler) => handler.stats?.())
      const handlers = stats.filter((one): one is HandlerStats => one !== undefined)
      const recorder = core.recorder?.stats()
      return { lines: core.lines, failures: core.failures, handlers, ...(recorder && { recorder }) }
    }),
  }
}

function methodFor(logger: Instance, options: GuardOptions | undefined): WriteLine {
  const name = pinoLevel(options?.level ?? 'ERROR')
  return (extra, message) => (logger as unknown as Record<string, WriteLine>)[name]?.(extra, message)
}

/** pino's standard serializer of `err`, which Fastify hands on, would keep cause and fields from ours. */
function describeErrorsOurselves(logger: Instance): void {
  const { err, ...others } = logger[pino.symbols.serializersSym]
  // Without a prototype: a field called `constructor` has no serializer.
  const bare = Object.assign(Object.create(null) as Serializers, others)
  if (err === pino.stdSerializers.err) logger[pino.symbols.serializersSym] = bare
}

async function settle(core: Core, act: (handler: LogHandler) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(core.handlers.map(async (handler) => act(handler)))
  core.failures += results.filter((result) => result.status === 'rejected').length
}

function inheritedDescriptor(object: object, name: string): PropertyDescriptor {
  for (let holder: object | null = object; holder; holder = Object.getPrototypeOf(holder)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name)
    if (descriptor) return descriptor
  }
  return {}
}

/** @throws {TypeError} when `name` is no level: a typing error should be seen at the start, not as missing lines */
function pinoLevel(name: string): string {
  if (name === 'silent') return name
  const level = parseLevel(name)
  if (!level)
    throw new TypeError(`"${name}" is no log level; use DEBUG, INFO, WARNING, ERROR, CRITICAL or silent`)
  return level.toLowerCase()
}
