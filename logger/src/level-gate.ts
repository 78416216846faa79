// Which lines pass by the levels people set: the server and every handler decide by this one class.
import { eventTime } from './clock.ts'
import { LEVEL_VALUES, type Level } from './level.ts'
import {
  type CompiledOverride,
  type CompiledRules,
  compileRules,
  findOverride,
  LEVEL_SCOPES,
  type LevelOverride,
  type LevelRules,
  type LinePlace,
} from './level-rules.ts'
import type { LogRecord } from './record.ts'

/** What becomes of a line: `level`: below the level in force; `rate`: beyond its override's cap. */
export type Verdict = 'pass' | 'level' | 'rate'

type Window = { override: CompiledOverride; startMs: number; passed: number; held: number }

const MINUTE_MS = 60_000
/** Node's timers take 31 bits; what lies further off is looked at again then. */
const MAX_TIMER_MS = 2 ** 31 - 1

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
  readonly #listeners = new Set<() => void>()
  #expiryTimer: NodeJS.Timeout | undefined

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
    this.#tellListeners()
  }

  /** Calls `listener` when answers of {@link couldPass} may have changed, also by an expiry, until told to stop. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#awaitExpiry()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) clearTimeout(this.#expiryTimer)
    }
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
    clearTimeout(this.#expiryTimer)
    this.#listeners.clear()
    for (const window of this.#windows.values()) this.#tell(window)
    this.#windows.clear()
  }

  #tellListeners(): void {
    for (const listener of this.#listeners) listener()
    this.#awaitExpiry()
  }

  #awaitExpiry(): void {
    clearTimeout(this.#expiryTimer)
    if (this.#listeners.size === 0) return
    const nowMs = this.#now()
    if (nowMs >= this.#lowestUntilMs) this.#findLowest(nowMs)
    if (this.#lowestUntilMs === Number.POSITIVE_INFINITY) return
    const restMs = Math.min(this.#lowestUntilMs - nowMs, MAX_TIMER_MS)
    this.#expiryTimer = setTimeout(() => this.#tellListeners(), restMs).unref()
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
