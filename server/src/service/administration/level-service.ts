import { createHash } from 'node:crypto'
import {
  LEVEL_SCOPES,
  type LevelGate,
  type LevelOverride,
  type LevelRules,
  type LevelScope,
} from '@timelapser/logger'
import { fromMillis } from '../../store/database/timestamp.ts'
import {
  type LevelOverrides,
  type StoredRules,
  withoutAuthors,
} from '../../store/settings/level-overrides.ts'
import { RedactionPatterns } from '../../store/settings/redaction-patterns.ts'
import type { SettingsStore } from '../../store/settings/settings.ts'
import type { Principal } from '../access/access.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import type { LineParser } from '../ingest/line-parser.ts'
import type { StorageGuard } from '../ingest/storage-guard.ts'
import { type Explanation, explainLine, type QuestionedLine } from '../insights/explain-line.ts'
import { parseLevelName } from '../logs/log-query.ts'
import type { SettingsService } from './settings-service.ts'

/** One thing to set, as it was given. */
type LevelChange = {
  scope?: unknown
  target?: unknown
  level?: unknown
  minutes?: unknown
  expires_at?: unknown
  reason?: unknown
  max_lines_per_minute?: unknown
}

/** The input of `manageLogLevels`: each part may be left out. */
export type LevelConfiguration = {
  log_level?: unknown
  set?: readonly LevelChange[]
  remove?: readonly { scope: unknown; target: unknown }[]
}

/** Each is looked at by every logger; people do not oversee more either. */
const MAX_OVERRIDES = 500
const MAX_MINUTES = 366 * 24 * 60
const MAX_TARGET_CHARACTERS = 200
const MAX_REASON_CHARACTERS = 500
const MAX_LINES_PER_MINUTE = 1_000_000
/** A hundred lines a second: the rate of a camera at DEBUG, and little to store. */
const DEFAULT_LINES_PER_MINUTE = 6_000

export type LevelServiceOptions = {
  levels: LevelOverrides
  settings: SettingsStore
  settingsService: SettingsService
  auditTrail: AuditTrail
  /** The gate that incoming records pass. */
  gate: LevelGate
  storageGuard: StorageGuard
  /** The line after the parse rules. */
  parser: Pick<LineParser, 'look'>
}

/** Levels at run time: the global level and the overrides. */
export class LevelService {
  readonly #options: LevelServiceOptions

  constructor(options: LevelServiceOptions) {
    this.#options = options
  }

  /** The levels in force, as this caller may see them, with a tag that changes when they do. */
  async get(principal: Principal): Promise<{ rules: StoredRules | LevelRules; etag: string }> {
    const { log_level, overrides } = await this.#options.levels.get()
    const isInForce = ({ expires_at }: LevelOverride) =>
      expires_at === null || Date.parse(expires_at) > Date.now()
    const rules = visibleTo(principal, { log_level, overrides: overrides.filter(isInForce) })
    return { rules, etag: `"${createHash('sha1').update(JSON.stringify(rules)).digest('base64url')}"` }
  }

  /** As `get`, once the tag differs from the given tag, or after `waitMs` milliseconds. */
  async waitForChange(principal: Principal, etag: string, waitMs: number, signal: AbortSignal) {
    const deadline = performance.now() + waitMs
    for (;;) {
      const changed = this.#nextChange(deadline - performance.now(), signal)
      const now = await this.get(principal).catch((error: unknown) => {
        changed.cancel()
        throw error
      })
      if (now.etag !== etag || signal.aborted || performance.now() >= deadline) {
        changed.cancel()
        return now
      }
      await changed.promise
    }
  }

  /**
   * Sets and removes the given levels, all or nothing but the global level, which goes first; returns the levels in
   * force then.
   *
   * @throws {AppError} INVALID_REQUEST or INVALID_LEVEL naming the field and its limit; NOT_FOUND for an override to
   * remove that is not there
   */
  async manage(configuration: LevelConfiguration, author: string): Promise<StoredRules> {
    const { levels, auditTrail, settingsService } = this.#options
    const set = (configuration.set ?? []).map((change) => checkChange(change, Date.now()))
    const remove = (configuration.remove ?? []).map(({ scope, target }) => {
      const checked = checkScope(scope)
      return { scope: checked, target: checkTarget(checked, target) }
    })
    if (configuration.log_level !== undefined) {
      await settingsService.update({ log_level: configuration.log_level })
    }
    for (const override of set) {
      await auditTrail.change(async (client) => {
        const before = await levels.set(client, { ...override, author })
        if ((await levels.count(client)) > MAX_OVERRIDES)
          throw invalid(`The limit of ${MAX_OVERRIDES} overrides is reached. Remove some first.`)
        const entity = `${override.scope} ${override.target}`
        return { result: undefined, entry: { action: 'levels.set', entity, before, after: override } }
      })
    }
    for (const { scope, target } of remove) {
      await auditTrail.change(async (client) => {
        const before = await levels.remove(client, scope, target)
        if (!before) throw new AppError('NOT_FOUND', `There is no level override for ${scope} ${target}.`)
        return { result: undefined, entry: { action: 'levels.remove', entity: `${scope} ${target}`, before } }
      })
    }
    levels.reload()
    return levels.get()
  }

  /** The verdict on this line if it came in now. */
  async explain(line: QuestionedLine): Promise<Explanation> {
    const { levels, settings, gate, storageGuard, parser } = this.#options
    const rules = await levels.get()
    const { parsed, droppedBy } = await parser.look(line)
    const known = await settings.get()
    return explainLine(parsed, {
      droppedBy,
      rules,
      settings: known,
      patterns: RedactionPatterns.ofStored(known.redaction),
      nowMs: Date.now(),
      cappedUntilMs: (override) => gate.cappedUntilMs(override),
      isDiskFull: (await storageGuard.state()).isFull,
    })
  }

  #nextChange(withinMs: number, signal: AbortSignal): { promise: Promise<void>; cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    const forget = this.#options.levels.onChange(() => cancel())
    const timer = setTimeout(() => cancel(), Math.max(0, withinMs)).unref()
    const cancel = () => {
      forget()
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
      resolve()
    }
    signal.addEventListener('abort', cancel)
    return { promise, cancel }
  }
}

/**
 * A key that writes has to know every rule, but neither its author nor its reason; a viewer of some cameras sees
 * theirs.
 */
function visibleTo({ role, visibility }: Principal, rules: StoredRules): StoredRules | LevelRules {
  if (role === 'ingest') return withoutAuthors(rules)
  const { cameras } = visibility
  if (cameras === null) return rules
  const isVisible = ({ scope, target }: LevelOverride) =>
    scope === 'camera' && cameras.includes(Number(target))
  return { ...rules, overrides: rules.overrides.filter(isVisible) }
}

function checkChange(change: LevelChange, nowMs: number) {
  const scope = checkScope(change.scope)
  return {
    scope,
    target: checkTarget(scope, change.target),
    level: parseLevelName(String(change.level)),
    expires_at: checkExpiry(change, nowMs),
    reason: checkReason(change.reason),
    max_lines_per_minute:
      change.max_lines_per_minute === undefined
        ? DEFAULT_LINES_PER_MINUTE
        : checkWhole('max_lines_per_minute', change.max_lines_per_minute, MAX_LINES_PER_MINUTE),
  }
}

function checkScope(scope: unknown): LevelScope {
  const known = LEVEL_SCOPES.find((one) => one === scope)
  if (known) return known
  throw invalid(`scope must be one of ${LEVEL_SCOPES.join(', ')}.`)
}

function checkTarget(scope: LevelScope, target: unknown): string {
  const text = String(target ?? '').trim()
  if (scope === 'camera') {
    if (/^[1-9]\d{0,9}$/.test(text) && Number(text) <= 2_147_483_647) return text
    throw invalid('target of a camera must be its id, a whole number from 1 to 2147483647.')
  }
  if (text.length > 0 && text.length <= MAX_TARGET_CHARACTERS) return text
  throw invalid(`target must be the name of a ${scope}, 1 to ${MAX_TARGET_CHARACTERS} characters.`)
}

function checkExpiry({ minutes, expires_at }: LevelChange, nowMs: number): string | null {
  if (minutes !== undefined && minutes !== null) {
    if (expires_at) throw invalid('Give minutes or expires_at, not both.')
    return fromMillis(nowMs + checkWhole('minutes', minutes, MAX_MINUTES) * 60_000)
  }
  if (expires_at === undefined || expires_at === null) return null
  const atMs = typeof expires_at === 'string' ? Date.parse(expires_at) : Number.NaN
  if (atMs > nowMs && atMs <= nowMs + MAX_MINUTES * 60_000) return fromMillis(atMs)
  throw invalid('expires_at must be a time in the future, at most 366 days, such as 2026-01-31T12:00:00Z.')
}

function checkReason(reason: unknown): string | null {
  if (reason === undefined || reason === null || reason === '') return null
  if (typeof reason === 'string' && reason.length <= MAX_REASON_CHARACTERS) return reason
  throw invalid(`reason must be a text of at most ${MAX_REASON_CHARACTERS} characters.`)
}

function checkWhole(name: string, value: unknown, max: number): number {
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max) return Number(value)
  throw invalid(`${name} must be a whole number from 1 to ${max}.`)
}

function invalid(sentence: string): AppError {
  return new AppError('INVALID_REQUEST', sentence)
}
