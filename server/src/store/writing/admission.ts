import { setImmediate as nextTurn } from 'node:timers/promises'
import { type CapSpending, cutBytes, type LevelGate, type LogRecord, redactRecord } from '@timelapser/logger'
import type { CameraRegister } from '../cameras/camera-register.ts'
import { fromMillis, HOUR } from '../database/timestamp.ts'
import { cutoffFor, cutoffsOf, hasOwnRules } from '../removal/retention-policy.ts'
import type { LevelOverrides } from '../settings/level-overrides.ts'
import { RedactionPatterns } from '../settings/redaction-patterns.ts'
import type { SettingsStore } from '../settings/settings.ts'
import type { Settings } from '../settings/settings-schema.ts'
import type { AddResult } from './add-result.ts'
import { type EventTimeBounds, fitEventTime } from './event-time.ts'
import type { NameRegister } from './name-register.ts'
import { faultOf } from './record-fault.ts'

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
