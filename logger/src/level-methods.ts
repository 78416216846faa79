// A disabled call costs nothing because its method does nothing: methods are exchanged when levels change, and no call
// has to ask. pino does so for the level of a logger; here what the handlers want counts too.
import { LEVELS, type Level } from './level.ts'
import type { LogHandler } from './record.ts'

/** pino's numbers under our names; equal numbers make aliases, of which the last is the one `level` reads as. */
export const LEVEL_NUMBERS = {
  trace: 20,
  debug: 20,
  info: 30,
  warn: 40,
  warning: 40,
  error: 50,
  fatal: 60,
  critical: 60,
} as const

type MethodName = keyof typeof LEVEL_NUMBERS
type Method = (this: unknown, ...args: unknown[]) => void

const NAMES = Object.keys(LEVEL_NUMBERS) as MethodName[]
const LEVEL_OF = { 20: 'DEBUG', 30: 'INFO', 40: 'WARNING', 50: 'ERROR', 60: 'CRITICAL' } as const

/** A logger whose level was set; its children inherit its methods. */
export type LeveledLogger = { readonly levelVal: number; readonly silent: unknown }

export type LevelMethodsOptions = {
  handlers: readonly LogHandler[]
  /** Whether lines of this level are wanted even if no handler wants them. */
  isWantedAnyway: (level: Level) => boolean
  /** Writes a line; called by every method that is not disabled. */
  write: (logger: unknown, level: Level, args: readonly unknown[]) => void
}

/** The methods of a logger and its children. */
export class LevelMethods {
  readonly #options: LevelMethodsOptions
  readonly #enabled: Readonly<Record<MethodName, Method>>
  #wanted: ReadonlySet<Level> = new Set()
  /** Weak: an application may make a child with a level of its own for each request. */
  readonly #loggers = new Set<WeakRef<LeveledLogger>>()
  readonly #known = new WeakSet<LeveledLogger>()
  readonly #gone = new FinalizationRegistry<WeakRef<LeveledLogger>>((ref) => this.#loggers.delete(ref))
  readonly #stopWatching: readonly (() => void)[]

  constructor(options: LevelMethodsOptions) {
    this.#options = options
    this.#enabled = enabledMethods(options.write)
    this.#wanted = this.#findWanted()
    this.#stopWatching = options.handlers.flatMap(
      (handler) => handler.watchEnabled?.(() => this.#refresh()) ?? [],
    )
  }

  /** Gives a logger its methods, now and whenever they change; to be called when its level was set. */
  adopt(logger: LeveledLogger): void {
    if (!this.#known.has(logger)) {
      const ref = new WeakRef(logger)
      this.#known.add(logger)
      this.#loggers.add(ref)
      this.#gone.register(logger, ref)
    }
    this.#exchange(logger)
  }

  /** Whether a line of this level could be wanted. */
  isWanted(level: Level): boolean {
    return this.#wanted.has(level)
  }

  close(): void {
    for (const stop of this.#stopWatching) stop()
  }

  #refresh(): void {
    const wanted = this.#findWanted()
    if (LEVELS.every((level) => wanted.has(level) === this.#wanted.has(level))) return
    this.#wanted = wanted
    for (const ref of this.#loggers) {
      const logger = ref.deref()
      if (logger) this.#exchange(logger)
    }
  }

  #exchange(logger: LeveledLogger): void {
    const methods = logger as LeveledLogger & Record<MethodName, unknown>
    for (const name of NAMES) {
      const isEnabled = LEVEL_NUMBERS[name] >= logger.levelVal && this.#wanted.has(levelOf(name))
      methods[name] = isEnabled ? this.#enabled[name] : logger.silent
    }
  }

  #findWanted(): ReadonlySet<Level> {
    const { handlers, isWantedAnyway } = this.#options
    return new Set(
      LEVELS.filter(
        (level) => isWantedAnyway(level) || handlers.some((handler) => couldWant(handler, level)),
      ),
    )
  }
}

/** A handler that does not announce level changes is asked at each call. */
function couldWant(handler: LogHandler, level: Level): boolean {
  if (!handler.watchEnabled || !handler.isEnabled) return true
  try {
    return handler.isEnabled(level)
  } catch {
    // The call will count it.
    return true
  }
}

function enabledMethods(write: LevelMethodsOptions['write']): Readonly<Record<MethodName, Method>> {
  const methods: Partial<Record<MethodName, Method>> = {}
  for (const name of NAMES) {
    const level = levelOf(name)
    methods[name] = function (...args) {
      write(this, level, args)
    }
  }
  return methods as Record<MethodName, Method>
}

function levelOf(name: MethodName): Level {
  return LEVEL_OF[LEVEL_NUMBERS[name]]
}
