import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type CapSpending,
  cutBytes,
  type LevelGate,
  type LogRecord,
  RECORD_LIMITS,
  redactRecord,
} from '@timelapser/logger'
import { comparable, fromMillis, HOUR, LAST_INSTANT, toMillis } from '../database/timestamp.ts'
import { cutoffFor, cutoffsOf, hasOwnRules } from '../removal/retention-policy.ts'
import type { LevelOverrides } from '../settings/level-overrides.ts'
import { RedactionPatterns } from '../settings/redaction-patterns.ts'
import type { SettingsStore } from '../settings/settings.ts'
import type { Settings } from '../settings/settings-schema.ts'
import type { CameraRegister, NameRegister } from './registers.ts'
import type { AddResult } from './senders.ts'

/**
 * How long records are admitted before others have their turn: patterns can take a fifth of a second with the longest
 * record.
 */
const SLICE_MS = 10

/** A rule that people set for the lines of some sources. */
export type LineParsing = {
  /** The rules in force, for a batch; undefined when there are none. */
  begin(): Promise<ParsePass | undefined>
}

export type ParsePass = {
  /** The record as the rules leave it, the same object when none is for it; undefined when one drops it. */
  parse(record: LogRecord): LogRecord | undefined
  /** Counts what the rules did: the batch was stored. */
  count(): void
}

export type AdmissionOptions = {
  settings: SettingsStore
  cameras: CameraRegister
  /** Hold live records back; where they are unset, every level passes. */
  levels?:
    | {
        rules: LevelOverrides
        gate: LevelGate
        /** Told of live records that came and are not stored. */
        onHeldBack?: ((record: LogRecord) => void) | undefined
      }
    | undefined
  parsing?: LineParsing | undefined
  names?: NameRegister | undefined
}

/** The records of a batch that are to be stored, and what became of the others. */
export type Admitted = {
  records: readonly LogRecord[]
  /** Where each record stood in the batch; undefined when all were admitted. */
  positions: readonly number[] | undefined
  /** Records whose fields are not of the types that the writer expects, by their index in the batch. */
  refused: AddResult['rejected']
  /** Held back by level or cap, or dropped by a rule. */
  filtered: number
  /** Those held back by a cap. */
  capped: number
  /** Those dropped by a rule. */
  dropped: number
  /** Given their arrival time, since their own is in the future or out of retention. */
  retimed: number
  /** The parts of the caps that the batch took, and for each of that the index of the record that took it; see `giveBack`. */
  spending: CapSpending
  spenders: number[]
  pass: ParsePass | undefined
}

type Rules = {
  pass: ParsePass | undefined
  settings: Settings
  boundsOf: ((record: LogRecord) => EventTimeBounds) | undefined
  gate: LevelGate | undefined
  patterns: RedactionPatterns
  maxMessageBytes: number
  deletedCameras: ReadonlySet<number>
}

/**
 * The single step that every record passes before it is written, from every way in: its fields are checked, rules parse
 * it, levels hold it back, an impossible time is replaced, credentials and configured patterns are masked, a long
 * message is cut, a deleted camera is left out.
 */
export class Admission {
  readonly #options: AdmissionOptions
  #compiledOf: unknown
  #patterns = RedactionPatterns.NONE

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /**
   * @param isLive whether levels and event times apply; imports keep their own, and records of this process passed its
   *   levels when they were logged
   */
  async admit(batch: readonly LogRecord[], isLive: boolean): Promise<Admitted> {
    const rules = await this.#rulesFor(isLive)
    const records: LogRecord[] = []
    const positions: number[] = []
    const refused: AddResult['rejected'] = []
    const spending: CapSpending = []
    const spenders: number[] = []
    let capped = 0
    let dropped = 0
    let retimed = 0
    let beganMs = performance.now()
    // By index: this is done to every record, and entries() makes an array for each.
    for (let index = 0; index < batch.length; index++) {
      if (performance.now() - beganMs > SLICE_MS) {
        await nextTurn()
        beganMs = performance.now()
      }
      const sent = batch[index] as LogRecord
      const fault = faultOf(sent)
      if (fault !== undefined) {
        refused.push({ index, reason: fault })
        continue
      }
      const record = rules.pass ? parse(sent, rules.pass) : sent
      if (record === undefined) {
        dropped++
        if (isLive) this.#options.levels?.onHeldBack?.(sent)
        continue
      }
      const verdict = rules.gate?.admit(record.level, record, spending) ?? 'pass'
      if (spending.length > spenders.length) spenders.push(index)
      if (verdict === 'rate') capped++
      if (verdict !== 'pass') {
        this.#options.levels?.onHeldBack?.(record)
        continue
      }
      const timed = rules.boundsOf ? fitEventTime(record, rules.boundsOf(record)) : record
      const fitted = fitToStore(timed, rules)
      if (typeof fitted === 'string') {
        refused.push({ index, reason: fitted })
        continue
      }
      if (timed !== record) retimed++
      records.push(fitted)
      positions.push(index)
    }
    const fitted = (await this.#options.names?.fit(records, rules.settings)) ?? records
    const filtered = batch.length - records.length - refused.length
    const isWhole = records.length === batch.length
    return {
      ...{ records: fitted, refused, filtered, capped, dropped, retimed, spending, spenders },
      pass: rules.pass,
      positions: isWhole ? undefined : positions,
    }
  }

  /**
   * Takes note that the records of a batch were not stored: sent again, they find the same room under the caps.
   *
   * @param from index of the first that was not stored
   */
  giveBack({ spending, spenders }: Admitted, from = 0): void {
    this.#options.levels?.gate.giveBack(spending.filter((_, index) => (spenders[index] as number) >= from))
  }

  async #rulesFor(isLive: boolean): Promise<Rules> {
    const { cameras, levels, parsing } = this.#options
    const [settings, deleted, overrides, pass] = await Promise.all([
      this.#options.settings.get(),
      cameras.deleted(),
      isLive ? levels?.rules.get() : undefined,
      parsing?.begin(),
    ])
    if (overrides) levels?.gate.setRules(overrides)
    return {
      pass,
      settings,
      boundsOf: isLive ? boundsBy(settings) : undefined,
      gate: isLive ? levels?.gate : undefined,
      patterns: this.#compile(settings.redaction),
      maxMessageBytes: settings.message_max,
      deletedCameras: new Set(deleted),
    }
  }

  #compile(patterns: Settings['redaction']): RedactionPatterns {
    if (patterns !== this.#compiledOf) {
      this.#patterns = RedactionPatterns.ofStored(patterns)
      this.#compiledOf = patterns
    }
    return this.#patterns
  }
}

/** The times that a live record may carry, by the retention that applies to it. */
function boundsBy(settings: Settings): (record: LogRecord) => EventTimeBounds {
  const nowMs = Date.now()
  const cutoffs = cutoffsOf(settings, nowMs)
  const bounds = {
    now: fromMillis(nowMs),
    newest: fromMillis(nowMs + HOUR),
    oldest: cutoffs.general ?? undefined,
  }
  if (!hasOwnRules(cutoffs)) return () => bounds
  return (record) => ({ ...bounds, oldest: cutoffFor(cutoffs, record) ?? undefined })
}

/** The record after the rules; as it came when that could not be stored. Undefined when one drops it. */
function parse(record: LogRecord, pass: ParsePass): LogRecord | undefined {
  const parsed = pass.parse(record)
  return parsed === record || parsed === undefined || faultOf(parsed) === undefined ? parsed : record
}

/** The record masked, its message within the limit, without a deleted camera; or why that cannot be done to it. */
function fitToStore(record: LogRecord, rules: Rules): LogRecord | string {
  let masked: LogRecord
  try {
    masked = rules.patterns.mask(redactRecord(record))
  } catch (error) {
    // Fields of this process may hold themselves, or functions that throw when they are read.
    return `extra_data cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
  const cut = cutMessage(masked, rules.maxMessageBytes)
  const isOfDeleted = cut.camera_id !== null && rules.deletedCameras.has(cut.camera_id)
  return isOfDeleted ? { ...cut, camera_id: null } : cut
}

/** Most messages are shorter than the limit by far and are not even copied. */
function cutMessage(record: LogRecord, maxBytes: number): LogRecord {
  const { text, truncatedBytes } = cutBytes(record.message, maxBytes)
  if (truncatedBytes === 0) return record
  const before = Number(record.extra_data?.truncated_bytes ?? 0) || 0
  const extra_data = { ...record.extra_data, truncated_bytes: before + truncatedBytes }
  return { ...record, message: text, extra_data }
}

/** Largest `integer` of PostgreSQL. */
const MAX_CAMERA_ID = 2_147_483_647

/** Days that a month does not have are left to PostgreSQL, which refuses them, as are levels that are none. */
const UTC_TEXT =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/

/**
 * Why the record cannot be stored; undefined when the writer may try. A program may call with any value, and a field of a
 * type that the writer and its SQL do not expect would fail the whole transaction, with the records of other callers in it.
 */
function faultOf(record: LogRecord): string | undefined {
  const { timestamp, level, source, logger_name, camera_id, message, extra_data } = record ?? {}
  if (typeof timestamp !== 'string' || !UTC_TEXT.test(timestamp)) {
    return 'timestamp is not a time in UTC of the years 1 to 9999, such as 2025-01-01T12:30:00.123456Z'
  }
  if (timestamp.startsWith('9999-12-31T23:59:59.') && toMillis(timestamp) >= LAST_INSTANT) {
    return 'timestamp lies in the last millisecond of the year 9999'
  }
  if (typeof level !== 'string') return 'level is not a text'
  if (typeof source !== 'string') return 'source is not a text'
  if (logger_name !== null && typeof logger_name !== 'string') return 'logger_name is not a text'
  const excess =
    excessOf('source', source, RECORD_LIMITS.sourceCharacters) ??
    excessOf('logger_name', logger_name ?? '', RECORD_LIMITS.loggerNameCharacters)
  if (excess !== undefined) return excess
  if (camera_id !== null && !isCameraId(camera_id)) {
    return `camera_id is not a whole number from 1 to ${MAX_CAMERA_ID}`
  }
  if (typeof message !== 'string') return 'message is not a text'
  if (extra_data !== null && (typeof extra_data !== 'object' || Array.isArray(extra_data))) {
    return 'extra_data is not an object'
  }
  return undefined
}

/** Characters are counted as PostgreSQL does, by code point. */
function excessOf(field: string, text: string, limit: number): string | undefined {
  if (text.length <= limit) return undefined
  const characters = [...text.slice(0, 2 * limit + 1)].length
  return characters > limit ? `${field} is longer than ${limit} characters` : undefined
}

function isCameraId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_CAMERA_ID
}

/** The times a live record may carry. */
type EventTimeBounds = {
  /** Arrival, ISO 8601 in UTC, as the others. */
  now: string
  /** The oldest that is kept; undefined when everything is. */
  oldest: string | undefined
  /** The latest believed: an hour after `now`. */
  newest: string
}

/**
 * Gives a record whose clock cannot be right (a camera that says 1970, a laptop a day ahead) its arrival time.
 *
 * @returns the record itself when its time fits; otherwise a new record at `now`, with its original time in
 *   `extra_data.original_timestamp`. So `fitted !== record` counts them.
 */
export function fitEventTime(record: LogRecord, bounds: EventTimeBounds): LogRecord {
  const time = comparable(record.timestamp)
  const isTooOld = bounds.oldest !== undefined && time < comparable(bounds.oldest)
  if (!isTooOld && time <= comparable(bounds.newest)) return record
  return {
    ...record,
    timestamp: bounds.now,
    extra_data: { ...record.extra_data, original_timestamp: record.timestamp },
  }
}
