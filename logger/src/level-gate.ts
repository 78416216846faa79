// Which lines pass by the levels people set. Pure but for the counting of the cap; the server and every handler decide
// by this one file.
import { eventTime } from './clock.ts'
import { LEVEL_VALUES, type Level } from './level.ts'
import type { LogRecord } from './record.ts'

/** What an override may be about, the strongest first. */
export const LEVEL_SCOPES = ['camera', 'logger', 'source'] as const
export type LevelScope = (typeof LEVEL_SCOPES)[number]

/** Another level than the global one for a camera, a logger or a source. */
export type LevelOverride = {
  scope: LevelScope
  /** The camera's id as text, the logger's name (or its beginning up to a dot), or the source. */
  target: string
  level: Level
  /** ISO 8601; null for ever. */
  expires_at: string | null
  /** Lines a minute that only this override lets through; more are held back and counted. */
  max_lines_per_minute: number
}

/** Everything people set about levels. */
export type LevelRules = { log_level: Level; overrides: readonly LevelOverride[] }

/** Where a line comes from. */
export type LinePlace = Pick<LogRecord, 'source' | 'logger_name' | 'camera_id'>

/** An override as it is decided by. */
export type CompiledOverride = LevelOverride & { value: number; expiresMs: number }

/** Rules made ready: looked up, not searched. */
export type CompiledRules = {
  rules: LevelRules
  value: number
  camera: ReadonlyMap<string, CompiledOverride>
  logger: ReadonlyMap<string, CompiledOverride>
  source: ReadonlyMap<string, CompiledOverride>
}

export function compileRules(rules: LevelRules): CompiledRules {
  const maps = { camera: new Map(), logger: new Map(), source: new Map() } satisfies Record<
    LevelScope,
    Map<string, CompiledOverride>
  >
  for (const override of rules.overrides) {
    const expiresMs =
      override.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(override.expires_at)
    maps[override.scope].set(override.target, { ...override, value: LEVEL_VALUES[override.level], expiresMs })
  }
  return { rules, value: LEVEL_VALUES[rules.log_level], ...maps }
}

/**
 * The override in force for a line, undefined when the global level is. A camera's goes before a logger's, that before
 * a source's: whoever raises camera 3 wants all of it, whichever logger writes. Of loggers the longest name that the
 * line's begins with, up to a dot, decides; one that has expired counts as none.
 */
export function findOverride(
  rules: CompiledRules,
  place: LinePlace,
  nowMs: number,
): CompiledOverride | undefined {
  const { camera, logger, source } = rules
  const inForce = (one: CompiledOverride | undefined) => (one && one.expiresMs > nowMs ? one : undefined)
  if (camera.size > 0) {
    const found = inForce(camera.get(cameraOf(place)))
    if (found) return found
  }
  if (logger.size > 0 && place.logger_name !== null) {
    for (
      let name = place.logger_name;
      name !== '';
      name = name.slice(0, Math.max(0, name.lastIndexOf('.')))
    ) {
      const found = inForce(logger.get(name))
      if (found) return found
    }
  }
  return source.size > 0 ? inForce(source.get(place.source)) : undefined
}

/** A line of the source `camera_3` is one of camera 3, also when it names none. */
function cameraOf({ camera_id, source }: LinePlace): string {
  if (camera_id !== null) return String(camera_id)
  return source.startsWith('camera_') ? source.slice(7) : ''
}

/** What becomes of a line: `level`: below the level in force; `rate`: beyond its override's cap. */
export type Verdict = 'pass' | 'level' | 'rate'

type Window = { override: CompiledOverride; startMs: number; passed: number; held: number }

const MINUTE_MS = 60_000

export type LevelGateOptions = {
  /** In force until others are set. Default: everything passes. */
  rules?: LevelRules
  /** Takes the line that tells how many the cap held back, once a minute. */
  onHeldBack?: (record: LogRecord) => void
  /** Default `Date.now`. */
  now?: () => number
}

/** Decides line by line, counts what the caps hold back, and lets overrides expire by its own clock. */
export class LevelGate {
  readonly #onHeldBack: (record: LogRecord) => void
  readonly #now: () => number
  readonly #windows = new Map<string, Window>()
  #compiled: CompiledRules
  #lowest = 0
  /** When `#lowest` is to be found anew. */
  #lowestUntilMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(options: LevelGateOptions = {}) {
    this.#onHeldBack = options.onHeldBack ?? (() => {})
    this.#now = options.now ?? Date.now
    this.#compiled = compileRules(options.rules ?? { log_level: 'DEBUG', overrides: [] })
  }

  get rules(): LevelRules {
    return this.#compiled.rules
  }

  /** Replaces the rules; counts of caps that stay go on. */
  setRules(rules: LevelRules): void {
    if (rules === this.#compiled.rules) return
    this.#compiled = compileRules(rules)
    this.#lowestUntilMs = Number.NEGATIVE_INFINITY
  }

  /** Whether a line of this level could pass anywhere: what could not need not even be built. */
  couldPass(level: Level): boolean {
    // Without overrides nothing expires, and the clock is not asked.
    const { camera, logger, source, value } = this.#compiled
    if (camera.size + logger.size + source.size === 0) return LEVEL_VALUES[level] >= value
    const nowMs = this.#now()
    if (nowMs >= this.#lowestUntilMs) this.#findLowest(nowMs)
    return LEVEL_VALUES[level] >= this.#lowest
  }

  /** Whether a line of this level reaches the one in force at its place; counts nothing. */
  isEnabled(level: Level, place: LinePlace): boolean {
    const override = findOverride(this.#compiled, place, this.#now())
    return LEVEL_VALUES[level] >= (override?.value ?? this.#compiled.value)
  }

  /** Judges one line, and counts it where a cap is. */
  admit(level: Level, place: LinePlace): Verdict {
    const { camera, logger, source, value: general } = this.#compiled
    const value = LEVEL_VALUES[level]
    if (camera.size + logger.size + source.size === 0) return value >= general ? 'pass' : 'level'
    const nowMs = this.#now()
    const override = findOverride(this.#compiled, place, nowMs)
    if (value < (override?.value ?? general)) return 'level'
    // Only what would not be there without the override is capped.
    if (override === undefined || value >= general) return 'pass'
    const window = this.#windowOf(override, nowMs)
    if (window.passed < override.max_lines_per_minute) {
      window.passed++
      return 'pass'
    }
    window.held++
    this.#tellSoon()
    return 'rate'
  }

  /** When the cap of this override lets lines through again; undefined when it does. */
  cappedUntilMs(override: LevelOverride): number | undefined {
    const window = this.#windows.get(keyOf(override))
    const isFull = window && window.passed >= override.max_lines_per_minute
    return isFull && this.#now() < window.startMs + MINUTE_MS ? window.startMs + MINUTE_MS : undefined
  }

  /** Tells of what is held back so far. */
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const window of this.#windows.values()) this.#tell(window)
    this.#windows.clear()
  }

  #findLowest(nowMs: number): void {
    let lowest = this.#compiled.value
    let untilMs = Number.POSITIVE_INFINITY
    for (const scope of LEVEL_SCOPES) {
      for (const { value, expiresMs } of this.#compiled[scope].values()) {
        if (expiresMs <= nowMs) continue
        lowest = Math.min(lowest, value)
        untilMs = Math.min(untilMs, expiresMs)
      }
    }
    this.#lowest = lowest
    this.#lowestUntilMs = untilMs
  }

  #windowOf(override: CompiledOverride, nowMs: number): Window {
    const key = keyOf(override)
    const known = this.#windows.get(key)
    if (known && nowMs < known.startMs + MINUTE_MS && nowMs >= known.startMs) return known
    if (known) this.#tell(known)
    const window = { override, startMs: nowMs, passed: 0, held: 0 }
    this.#windows.set(key, window)
    return window
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      for (const window of this.#windows.values()) this.#tell(window)
    }, MINUTE_MS).unref()
  }

  #tell(window: Window): void {
    if (window.held === 0) return
    const { override, held } = window
    window.held = 0
    this.#onHeldBack(heldBackRecord(override, held))
  }
}

function keyOf({ scope, target }: LevelOverride): string {
  return `${scope} ${target}`
}

function heldBackRecord(
  { scope, target, level, max_lines_per_minute }: LevelOverride,
  held: number,
): LogRecord {
  return {
    timestamp: eventTime(),
    level: 'WARNING',
    message: `${held.toLocaleString('en-US')} log lines were held back: ${scope} ${target} is raised to ${level} for at most ${max_lines_per_minute.toLocaleString('en-US')} lines a minute`,
    source: 'system',
    logger_name: 'timelapser.logger',
    camera_id: null,
    extra_data: { held_back: held, scope, target, level, max_lines_per_minute },
  }
}
