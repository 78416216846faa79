import { setImmediate as nextTurn } from 'node:timers/promises'
import { type CapSpending, type LevelGate, type LogRecord, redactRecord } from '@timelapser/logger'
import { type Decoded, MAX_NAMED_REJECTIONS } from '../../ingest/decoded.ts'
import { fitEventTime } from '../../ingest/event-time.ts'
import { fromMillis, HOUR } from '../../store/database/timestamp.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { cutoffFor, cutoffsOf, hasOwnRules } from '../../store/removal/retention-policy.ts'
import type { LevelOverrides } from '../../store/settings/level-overrides.ts'
import type { SettingsStore } from '../../store/settings/settings.ts'
import { PartlyStored } from '../../store/writing/batch-parts.ts'
import { WriterClosed, WriterOverloaded } from '../../store/writing/log-writer.ts'
import type { NotStored } from '../../store/writing/not-stored.ts'
import type { SenderMark } from '../../store/writing/senders.ts'
import { AppError } from '../app-error.ts'
import { BodyIntake } from './body-intake.ts'

export type IngestResult = {
  accepted: number
  rejected: { index: number; reason: string }[]
  rejected_count: number
  filtered: number
  /** Of the accepted ones: stored at their arrival, since their own time is in the future or out of retention. */
  retimed: number
  first_id: number | null
  last_id: number | null
  /** Whether it was stored before, under the same sender and batch. */
  repeated: boolean
}

export type IngestOptions = {
  /** An import keeps its own times and is not gated by level. */
  isImport?: boolean
  sender?: SenderMark | undefined
}

export type IngestServiceOptions = {
  logOperations: LogOperations
  settings: SettingsStore
  notStored: NotStored
  levels: LevelOverrides
  /** Holds back what the levels people set hold back, whether or not the sender did. */
  gate: LevelGate
}

type Admitted = {
  kept: LogRecord[]
  indexes: number[] | undefined
  /** Held back by level or cap. */
  filtered: number
  /** Those held back by a cap. */
  capped: number
  retimed: number
  /** What they took of the caps. */
  spending: CapSpending
}

/** How long records are redacted before others have their turn. */
const SLICE_MS = 10

/** The way in that every protocol ends in: gate, event time, redaction, store; replies after COMMIT. */
export class IngestService {
  readonly #options: IngestServiceOptions
  /** Room for bodies and turns for decoding them. */
  readonly bodies = new BodyIntake()

  constructor(options: IngestServiceOptions) {
    this.#options = options
  }

  /** @throws {AppError} UNAVAILABLE when the writer cannot take more now; nothing of the batch was stored */
  async ingest(decoded: Decoded, { isImport = false, sender }: IngestOptions = {}): Promise<IngestResult> {
    const { logOperations, notStored, gate } = this.#options
    const admitted = await this.#admit(decoded, isImport)
    const { kept, indexes, capped, retimed, spending } = admitted
    const added = await logOperations.addLogEntries(kept, sender).catch((error: unknown) => {
      // Its repeat within the minute would find the caps used up by lines that nobody has.
      gate.giveBack(spending)
      throw translate(error, indexes, decoded.records.length)
    })
    if (added.repeated) gate.giveBack(spending)
    // A repeat is judged by the caps of now, and answered as the batch was when it was stored.
    const filtered = added.repeated
      ? Math.min(admitted.filtered, decoded.records.length - added.accepted)
      : admitted.filtered
    const refused = added.rejected.map(({ index, reason }) => ({ index: indexes?.[index] ?? index, reason }))
    const rejected = [...decoded.rejections, ...refused].sort((a, b) => a.index - b.index)
    if (!added.repeated) {
      notStored.add('filtered', filtered - capped)
      notStored.add('rate_limited', capped)
      notStored.add('stored_at_arrival', retimed)
      notStored.add('rejected', decoded.rejectedCount)
      notStored.add('refused_by_database', refused.length)
    }
    return {
      accepted: added.accepted,
      rejected: rejected.slice(0, MAX_NAMED_REJECTIONS),
      rejected_count: decoded.rejectedCount + refused.length,
      filtered,
      retimed: added.repeated ? 0 : retimed,
      first_id: added.first_id,
      last_id: added.last_id,
      repeated: added.repeated === true,
    }
  }

  /** The records to store, redacted, and where each stood in what was sent (unset when nothing was left out). */
  async #admit({ records, positions }: Decoded, isImport: boolean): Promise<Admitted> {
    const { gate, levels } = this.#options
    const settings = await this.#options.settings.get()
    if (!isImport) gate.setRules(await levels.get())
    const nowMs = Date.now()
    const cutoffs = cutoffsOf(settings, nowMs)
    const bounds = {
      now: fromMillis(nowMs),
      newest: fromMillis(nowMs + HOUR),
      oldest: cutoffs.general ?? undefined,
    }
    const boundsOf = hasOwnRules(cutoffs)
      ? (record: LogRecord) => ({ ...bounds, oldest: cutoffFor(cutoffs, record) ?? undefined })
      : () => bounds
    const kept: LogRecord[] = []
    const indexes: number[] = []
    const spending: CapSpending = new Map()
    let retimed = 0
    let capped = 0
    // By index: this is done to every record, and entries() makes an array for each.
    let began = performance.now()
    for (let index = 0; index < records.length; index++) {
      if (performance.now() - began > SLICE_MS) {
        await nextTurn()
        began = performance.now()
      }
      const record = records[index] as LogRecord
      const verdict = isImport ? 'pass' : gate.admit(record.level, record, spending)
      if (verdict === 'rate') capped++
      if (verdict !== 'pass') continue
      const fitted = isImport ? record : fitEventTime(record, boundsOf(record))
      if (fitted !== record) retimed++
      kept.push(redactRecord(fitted))
      indexes.push(positions?.[index] ?? index)
    }
    const isWhole = kept.length === records.length && !positions
    const filtered = records.length - kept.length
    return { kept, indexes: isWhole ? undefined : indexes, filtered, capped, retimed, spending }
  }
}

/** The error for the caller; `indexes` says where the records to store stood among those that came. */
function translate(error: unknown, indexes: number[] | undefined, records: number): unknown {
  if (error instanceof PartlyStored) {
    const next = indexes?.[error.records] ?? error.records
    const sentence = `The database failed in the middle of this batch: its first ${next} of ${records} records are stored. Send the others again, from index ${next} on.`
    return new AppError('UNAVAILABLE', sentence, { cause: error, retryAfter: 2 })
  }
  if (error instanceof WriterOverloaded) {
    const sentence =
      'The database takes in less than arrives; nothing of this batch was stored. Send it again shortly.'
    return new AppError('UNAVAILABLE', sentence, { cause: error, retryAfter: 1 })
  }
  if (error instanceof WriterClosed) {
    return new AppError('UNAVAILABLE', 'The server is stopping; nothing of this batch was stored.', {
      retryAfter: 2,
    })
  }
  return error
}
