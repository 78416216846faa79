// Which lines pass by the levels people set: the server and every handler decide by this one class.
import { eventTime } from './clock.ts'
import { LEVEL_VALUES, type Level } from './level.ts'
import {
  type CompiledRules,
  compileRules,
  findOverride,
  LEVEL_SCOPES,
  type LevelOverride,
  type LevelRules,
  type LinePlace,
} from './level-rules.ts'
import { logLines } from './log-lines.ts'
import type { LogRecord } from './record.ts'

/** The decision about a line: `level`: below the level in force; `rate`: beyond its override's cap. */
export type Verdict = 'pass' | 'level' | 'rate'

/** An override that lets a limited number of lines a minute through. */
type Cap = Pick<LevelOverride, 'target' | 'level' | 'max_lines_per_minute'> & { scope: string }

/** Enough for the errors of a minute; a client that marks all its lines still cannot fill the table. */
const RECORDED: Cap = { scope: 'recorded', target: 'lines', level: 'DEBUG', max_lines_per_minute: 6_000 }

/** The parts of the caps that the lines of a batch took, in their order; given back for those that were not stored after all. */
export type CapSpending = { window: object; kind: 'passed' | 'held' }[]

type Window = { cap: Cap; startMs: number; passed: number; held: number }

const MINUTE_MS = 60_000
/** Node's timers take 31 bits; a later expiry is checked again when the timer fires. */
const MAX_TIMER_MS = 2 ** 31 - 1

export type LevelGateOptions = {
  /** In force until others are set. Default: everything passes. */
  rules?: LevelRules
  /** Takes the line that reports how many lines the cap held back, once a minute. */
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

  /** Calls `listener` when answers of {@link couldPass} may have changed, also by an expiry, until stopped. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#awaitExpiry()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) clearTimeout(this.#expiryTimer)
    }
  }

  /** Whether a line of this level could pass anywhere; if not, the line need not be built. */
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

  /**
   * Judges one line, and counts it where a cap applies. A flight recorder's line passes, up to a cap of its own.
   *
   * @param spending where to note what it took of a cap, for {@link giveBack}
   */
  admit(
    level: Level,
    place: LinePlace & Partial<Pick<LogRecord, 'extra_data'>>,
    spending?: CapSpending,
  ): Verdict {
    const verdict = this.#judge(level, place, spending)
    if (verdict !== 'level' || place.extra_data?.recorded !== true) return verdict
    return this.#count(RECORDED, this.#now(), spending)
  }

  /** Takes back what lines took of the caps that were not stored: sent again, they have the same room. */
  giveBack(spending: CapSpending): void {
    for (const { window, kind } of spending as { window: Window; kind: 'passed' | 'held' }[]) {
      // Some of these lines may have been reported meanwhile.
      window[kind] = Math.max(0, window[kind] - 1)
    }
  }

  #judge(level: Level, place: LinePlace, spending: CapSpending | undefined): Verdict {
    const { camera, logger, source, value: general } = this.#compiled
    const value = LEVEL_VALUES[level]
    if (camera.size + logger.size + source.size === 0) return value >= general ? 'pass' : 'level'
    const nowMs = this.#now()
    const override = findOverride(this.#compiled, place, nowMs)
    if (value < (override?.value ?? general)) return 'level'
    // Only what would not be there without the override is capped.
    if (override === undefined || value >= general) return 'pass'
    return this.#count(override, nowMs, spending)
  }

  #count(cap: Cap, nowMs: number, spending: CapSpending | undefined): Verdict {
    const window = this.#windowOf(cap, nowMs)
    const kind = window.passed < cap.max_lines_per_minute ? 'passed' : 'held'
    window[kind]++
    spending?.push({ window, kind })
    if (kind === 'passed') return 'pass'
    this.#tellSoon()
    return 'rate'
  }

  /** When the cap of this override lets lines through again; undefined when it does. */
  cappedUntilMs(override: LevelOverride): number | undefined {
    const window = this.#windows.get(keyOf(override))
    const isFull = window && window.passed >= override.max_lines_per_minute
    return isFull && this.#now() < window.startMs + MINUTE_MS ? window.startMs + MINUTE_MS : undefined
  }

  /** Reports the lines held back so far. */
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

  #windowOf(cap: Cap, nowMs: number): Window {
    const key = keyOf(cap)
    const known = this.#windows.get(key)
    if (known && nowMs < known.startMs + MINUTE_MS && nowMs >= known.startMs) return known
    if (known) this.#tell(known)
    const window = { cap, startMs: nowMs, passed: 0, held: 0 }
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
    const { cap, held } = window
    window.held = 0
    this.#onHeldBack(heldBackRecord(cap, held))
  }
}

function keyOf({ scope, target }: Pick<Cap, 'scope' | 'target'>): string {
  return `${scope} ${target}`
}

function heldBackRecord(cap: Cap, held: number): LogRecord {
  const { scope, target, level, max_lines_per_minute } = cap
  const most = `at most ${max_lines_per_minute.toLocaleString('en-US')} lines a minute`
  const why =
    cap === RECORDED
      ? `flight recorders may bring ${most}`
      : `${scope} ${target} is raised to ${level} for ${most}`
  return {
    timestamp: eventTime(),
    level: 'WARNING',
    message: `${logLines(held)} ${held === 1 ? 'was' : 'were'} held back: ${why}`,
    source: 'system',
    logger_name: 'timelapser.logger',
    camera_id: null,
    extra_data: { held_back: held, scope, target, level, max_lines_per_minute },
  }
}
