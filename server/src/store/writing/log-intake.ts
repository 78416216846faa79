import type { LogRecord } from '@timelapser/logger'
import { LRUCache } from 'lru-cache'
import type pg from 'pg'
import type { ByteBudget } from '../../byte-budget.ts'
import type { AddResult } from './add-result.ts'
import type { Admission } from './admission.ts'
import { PartlyStored } from './batch-parts.ts'
import type { LogWriter } from './log-writer.ts'
import { adoptMark, type SenderMark } from './senders.ts'

/** Asked before anything is written. */
export type WriteGate = {
  /** Rejects when nothing may be written now. */
  check: () => Promise<void>
  /** The error to throw instead of the database's. */
  translate: (error: unknown) => unknown
}

/** The outcome of a batch that passed the admission: `rejected` and the positions are those of the batch. */
export type TakeResult = AddResult & {
  /** Held back by level or cap, or dropped by a rule. */
  filtered: number
  /** Those held back by a cap. */
  capped: number
  /** Those dropped by a rule. */
  dropped: number
  /** Accepted records stored at their arrival, since their own time is in the future or out of retention. */
  retimed: number
}

/** How records come in. */
export type WayIn = {
  /** They come in as they are written: levels hold them back, and a time that cannot be right is replaced. */
  isLive: boolean
  /** They are of another time or made up: they fire no alert rule. */
  isImport: boolean
}

export type LogIntakeOptions = {
  pool: pg.Pool
  admission: Admission
  writer: LogWriter
  gate: WriteGate | undefined
  /** Called for every batch after its COMMIT. */
  onStored: ((added: AddResult) => void) | undefined
}

/** Takes batches in: each is admitted, then written. */
export class LogIntake {
  readonly #options: LogIntakeOptions
  readonly #adopted: AdoptedMarks

  constructor(options: LogIntakeOptions) {
    this.#options = options
    this.#adopted = new AdoptedMarks(options.pool)
  }

  /** Rows accepted that no transaction has taken yet. */
  get waitingRows(): number {
    return this.#options.writer.waitingRows
  }

  /** Bounds the rows that are not stored yet. */
  get budget(): ByteBudget {
    return this.#options.writer.budget
  }

  /** Stores a batch; resolves, and throws, as `LogOperations.addLogEntries` does. */
  async take(
    records: readonly LogRecord[],
    { isLive, isImport }: WayIn,
    sender?: SenderMark,
  ): Promise<TakeResult> {
    const { admission, writer, gate, onStored } = this.#options
    await gate?.check()
    if (sender?.formerly !== undefined) await this.#adopted.once(sender)
    const admitted = await admission.admit(records, isLive)
    const { positions, refused, capped, dropped, retimed } = admitted
    const added = await writer.add(admitted.records, sender, isImport).catch((error: unknown) => {
      const translated = (cause: unknown) => (gate ? gate.translate(cause) : cause)
      if (!(error instanceof PartlyStored)) {
        admission.giveBack(admitted)
        throw translated(error)
      }
      const next = positions?.[error.records] ?? error.records
      admission.giveBack(admitted, next)
      throw new PartlyStored(next, { cause: translated(error.cause) })
    })
    if (added.repeated) admission.giveBack(admitted)
    else admitted.pass?.count()
    onStored?.(added)
    const rejected = added.rejected.map(({ index, reason }) => ({
      index: positions?.[index] ?? index,
      reason,
    }))
    return {
      ...added,
      rejected: [...refused, ...rejected].sort((a, b) => a.index - b.index),
      // A repeat is judged by the caps of now, and answered as the batch was when it was stored.
      filtered: added.repeated
        ? Math.min(admitted.filtered, records.length - added.accepted)
        : admitted.filtered,
      capped,
      dropped,
      retimed: added.repeated ? 0 : retimed,
    }
  }

  /** Waits until everything accepted is stored; refuses what comes after. */
  close(): Promise<void> {
    return this.#options.writer.close()
  }
}

/** Senders remembered; a forgotten sender costs a statement more. */
const MAX_SENDERS = 10_000

/** Has marks of before marks belonged to keys taken over, once by each sender. */
class AdoptedMarks {
  readonly #pool: pg.Pool
  readonly #done = new LRUCache<string, Promise<void>>({ max: MAX_SENDERS })

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Resolves when the sender's former mark, if any, is its own. */
  async once(mark: SenderMark): Promise<void> {
    const known = this.#done.get(mark.sender)
    if (known) return known
    const adopting = adoptMark(this.#pool, mark)
    this.#done.set(mark.sender, adopting)
    await adopting.catch((error: unknown) => {
      this.#done.delete(mark.sender)
      throw error
    })
  }
}
