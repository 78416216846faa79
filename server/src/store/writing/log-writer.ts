import { availableParallelism } from 'node:os'
import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import { ByteBudget } from '../../byte-budget.ts'
import { currentCaller } from '../../caller.ts'
import { weigh } from '../../record-weight.ts'
import { withConnection } from '../database/transaction.ts'
import type { Partitions } from '../partitions/partitions.ts'
import type { Admission } from './admission.ts'
import type { IdBlocks } from './id-blocks.ts'
import type { CameraRegister } from './registers.ts'
import {
  type AddResult,
  AdoptedMarks,
  findReply,
  nothing,
  PartlyStored,
  rememberBatch,
  type SenderMark,
} from './senders.ts'
import { isDataError, joinPlaces, type OnRows, type Part, partsOf, storeAtOnce } from './store-batches.ts'
import { storeCarefully } from './store-carefully.ts'
import { storeInParts } from './store-parts.ts'
import { type Care, careAfter } from './write-care.ts'

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

type Pending = Part & {
  bytes: number
  /** Where it stands in the queue, in rows. */
  start: number
  resolve: (result: AddResult) => void
  reject: (error: unknown) => void
}

/** Rows of a transaction: more gains little (fsync is one of many costs) and delays everyone in it. */
const MAX_ROWS_A_TRANSACTION = 10_000

/** Bytes of its rows, as `weigh` counts them, should they be long: as many as 10,000 rows of 800 bytes. */
const MAX_BYTES_A_TRANSACTION = 8 * 1024 * 1024

/** Rows that may wait for a lane: about two seconds of full speed. More would only grow the delay. */
export const MAX_WAITING_ROWS = 200_000

/** Bytes of rows that are not stored yet. One batch is taken however large it is: its caller holds it in any case. */
export const MAX_WAITING_BYTES = 64 * 1024 * 1024

/**
 * Transactions under way at once: while one waits for its fsync the others copy. With more, each takes fewer batches,
 * and all of them more of the cores; where there are only two, a third costs more than it hides.
 */
const LANES = availableParallelism() > 2 ? 3 : 2

/** The queue is full; nothing of the batch was stored. */
export class WriterOverloaded extends Error {
  override name = 'WriterOverloaded'
}

/** The writer is closed; nothing of the batch was stored. */
export class WriterClosed extends Error {
  override name = 'WriterClosed'
}

export type LogWriterOptions = {
  pool: pg.Pool
  partitions: Partitions
  ids: IdBlocks
  cameras: CameraRegister
  /** Called for every transaction: its time, and whether it stored anything. */
  onFlush?: ((flush: Flush) => void) | undefined
  /** Told of rows while they are stored; never throws. */
  onRows?: OnRows | undefined
}

/** One transaction that stores rows. */
export type Flush = { millis: number; outcome: 'stored' | 'failed' }

/**
 * Writes batches, several callers' in one transaction when they arrive together. A batch is acknowledged after
 * COMMIT, whole: one record that PostgreSQL refuses is rejected alone and harms no other, of its caller or of another.
 */
export class LogWriter {
  readonly #options: LogWriterOptions
  /** By `start`: the batches of callers alternate, independent of their number. */
  readonly #queue: Pending[] = []
  /** The rows that have been taken of the queue, by the share of each caller: see `start`. */
  #taken = 0
  readonly #endOf = new Map<string, number>()
  readonly #lanes = new Set<Promise<void>>()
  /** Rows that are not stored yet. */
  readonly budget = new ByteBudget('writes', MAX_WAITING_BYTES)
  #waitingRows = 0
  #closed = false

  constructor(options: LogWriterOptions) {
    this.#options = options
  }

  /** Rows accepted but not yet taken by a transaction. */
  get waitingRows(): number {
    return this.#waitingRows
  }

  /** @throws {WriterOverloaded} when the queue is full, {@link WriterClosed} after `close()` */
  add(records: readonly LogRecord[], sender?: SenderMark, isImport = false): Promise<AddResult> {
    if (this.#closed) return Promise.reject(new WriterClosed('the log writer is closed'))
    if (records.length === 0) return this.#passOver(sender)
    const hold = this.budget.open('all')
    const bytes = bytesOf(records)
    const isTooMany = this.#waitingRows > 0 && this.#waitingRows + records.length > MAX_WAITING_ROWS
    if (isTooMany || !hold.grow(bytes)) {
      return Promise.reject(new WriterOverloaded(`${this.#waitingRows} rows are waiting to be written`))
    }
    const parts = partsOf(records, { sender, isImport }, (timestamp) =>
      this.#options.partitions.placeOf(timestamp),
    )
    const [first] = parts
    const stored =
      parts.length === 1 && first
        ? this.#enqueue(first, bytes)
        : storeInParts(this.#options.pool, parts, sender, (part) => this.#enqueue(part))
    return stored.finally(() => hold.release())
  }

  /** A batch none of which is stored was answered all the same: its sender's mark moves, and a late repeat finds that. */
  async #passOver(sender: SenderMark | undefined): Promise<AddResult> {
    const { pool } = this.#options
    if (sender === undefined) return nothing()
    const known = await findReply(pool, sender)
    if (known === undefined) await rememberBatch(pool, sender, nothing())
    return known ?? nothing()
  }

  #enqueue(part: Part, bytes = bytesOf(part.records)): Promise<AddResult> {
    return new Promise((resolve, reject) => {
      this.#insert({ ...part, bytes, resolve, reject, start: this.#startOf(part.records.length) })
      this.#waitingRows += part.records.length
      this.#startLane()
    })
  }

  /** A caller's batch begins where the caller's last batch ends; the first batch, where the queue is now. */
  #startOf(rows: number): number {
    const caller = currentCaller()
    if (!caller) return this.#taken
    const start = Math.max(this.#taken, this.#endOf.get(caller.id) ?? 0)
    this.#endOf.set(caller.id, start + rows)
    return start
  }

  #insert(pending: Pending): void {
    let place = this.#queue.length
    while (place > 0 && (this.#queue[place - 1] as Pending).start > pending.start) place--
    this.#queue.splice(place, 0, pending)
  }

  /** Waits for everything accepted; refuses what comes after. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#lanes.size > 0) await Promise.all(this.#lanes)
  }

  #startLane(): void {
    if (this.#lanes.size >= LANES) return
    const lane = this.#run().finally(() => {
      this.#lanes.delete(lane)
      if (this.#queue.length > 0) this.#startLane()
    })
    this.#lanes.add(lane)
  }

  async #run(): Promise<void> {
    // Lets callers of the same tick share the transaction.
    await Promise.resolve()
    for (let group = this.#takeGroup(); group.length > 0; group = this.#takeGroup()) {
      await this.#settle(group)
    }
  }

  async #settle(group: readonly Pending[]): Promise<void> {
    const began = performance.now()
    const tell = (outcome: Flush['outcome']) =>
      this.#options.onFlush?.({ millis: performance.now() - began, outcome })
    try {
      const results = await this.#writeAnyway(group)
      tell('stored')
      group.forEach((pending, index) => {
        pending.resolve(results[index] ?? nothing())
      })
    } catch (error) {
      tell('failed')
      if (group.length > 1 && isDataError(error)) {
        // PostgreSQL refused a value that belongs to no record, for example a sender's mark: the other callers are
        // spared.
        for (const pending of group) await this.#settle([pending])
      } else for (const pending of group) pending.reject(error)
    }
  }

  #takeGroup(): Pending[] {
    const group: Pending[] = []
    let rows = 0
    let bytes = 0
    // Two batches of one sender never share a transaction: the second may be the repeat of the first.
    const senders = new Set<string>()
    const places = new Set<string>()
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      if (group.length > 0 && rows + next.records.length > MAX_ROWS_A_TRANSACTION) break
      if (group.length > 0 && bytes + next.bytes > MAX_BYTES_A_TRANSACTION) break
      if (next.sender && senders.has(next.sender.sender)) break
      if (group[0] && group[0].isImport !== next.isImport) break
      if (!joinPlaces(places, next.places)) break
      if (next.sender) senders.add(next.sender.sender)
      this.#queue.shift()
      this.#taken = next.start
      group.push(next)
      rows += next.records.length
      bytes += next.bytes
    }
    this.#waitingRows -= rows
    if (this.#queue.length === 0) this.#endOf.clear()
    return group
  }

  /** A partition may be dropped, or be about to end, between the look and the COPY, or somebody's work cross ours; nothing was stored then. */
  async #writeAnyway(group: readonly Pending[]): Promise<AddResult[]> {
    const { pool, partitions } = this.#options
    let care: Care = 'none'
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#write(group, care)
      } catch (error) {
        const next = await careAfter(error, { attempt, care }, pool)
        if (next === care) partitions.reload()
        care = next
      }
    }
  }

  async #write(group: readonly Pending[], care: Care): Promise<AddResult[]> {
    const { pool, partitions, ids, cameras, onRows } = this.#options
    await partitions.ensure(group.flatMap(({ minutes }) => minutes))
    await cameras.register(group)
    // Before we take a connection: with as many lanes as connections, each would keep its own and wait for another.
    const firstId = await ids.reserve(group.reduce((sum, { records }) => sum + records.length, 0))
    return withConnection(pool, (client) =>
      care === 'none'
        ? storeAtOnce(client, group, firstId, onRows)
        : storeCarefully(client, group, firstId, care === 'places'),
    )
  }
}

function bytesOf(records: readonly LogRecord[]): number {
  return records.reduce((bytes, record) => bytes + weigh(record), 0)
}
