import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { countBatch } from './batch-counts.ts'
import type { CameraRegister } from './camera-register.ts'
import { COPY_COLUMNS, copyLine } from './copy-format.ts'
import type { IdBlocks } from './id-blocks.ts'
import { isClosingRefusal, recoverEndings } from './partition-closing.ts'
import type { Partitions } from './partitions.ts'
import { claimBatches, rememberReplies, type SenderMark } from './senders.ts'

/** What became of a batch. */
export type AddResult = {
  accepted: number
  /** Records PostgreSQL refused, by their index in the batch. */
  rejected: { index: number; reason: string }[]
  /** The first and last id of the stored rows, null when there are none. Between them are this batch's rows only. */
  first_id: number | null
  last_id: number | null
  /** The batch had been stored before; the numbers are those of then. */
  repeated: boolean
}

type Pending = {
  records: readonly LogRecord[]
  sender: SenderMark | undefined
  resolve: (result: AddResult) => void
  reject: (error: unknown) => void
}

/** Rows a transaction takes: more gains little (fsync is one of many costs) and delays everyone in it. */
const MAX_ROWS_A_TRANSACTION = 10_000

/** Rows that may wait for a lane: about two seconds of full speed. More would only grow the delay. */
export const MAX_WAITING_ROWS = 200_000

/** Transactions under way at once: while one waits for its fsync the other copies. */
const LANES = 4

/** How often a batch is written whose partition is dropped under its hands: clears that follow each other closely. */
const MAX_ATTEMPTS = 5

/** How often a batch is tried that reaches into a partition about to end, 50 ms apart: longer than an ending takes. */
const MAX_CLOSING_ATTEMPTS = 1500
const CLOSING_RETRY_MS = 50

/** After so many it is asked whether the server that was ending the partition is still there. */
const ATTEMPTS_BEFORE_RECOVERY = 100

/** Bytes of COPY text given to the socket at once. */
const CHUNK_CHARACTERS = 256 * 1024

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
  /** Told of every transaction: its time, and whether it stored anything. */
  onFlush?: ((flush: Flush) => void) | undefined
}

/** One transaction that stores rows. */
export type Flush = { millis: number; outcome: 'stored' | 'failed' }

/**
 * Writes batches, several callers' in one transaction when they arrive together. A batch is acknowledged after
 * COMMIT, whole: one record that PostgreSQL refuses is rejected alone and harms no other, of its caller or of another.
 */
export class LogWriter {
  readonly #options: LogWriterOptions
  readonly #queue: Pending[] = []
  readonly #lanes = new Set<Promise<void>>()
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
  add(records: readonly LogRecord[], sender?: SenderMark): Promise<AddResult> {
    if (this.#closed) return Promise.reject(new WriterClosed('the log writer is closed'))
    if (records.length === 0) return Promise.resolve(nothing())
    if (this.#waitingRows > 0 && this.#waitingRows + records.length > MAX_WAITING_ROWS) {
      return Promise.reject(new WriterOverloaded(`${this.#waitingRows} rows are waiting to be written`))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ records, sender, resolve, reject })
      this.#waitingRows += records.length
      this.#startLane()
    })
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
        for (const pending of group) pending.reject(error)
      }
    }
  }

  #takeGroup(): Pending[] {
    const group: Pending[] = []
    let rows = 0
    // Two batches of one sender never share a transaction: the second may be the repeat of the first.
    const senders = new Set<string>()
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      if (group.length > 0 && rows + next.records.length > MAX_ROWS_A_TRANSACTION) break
      if (next.sender && senders.has(next.sender.sender)) break
      if (next.sender) senders.add(next.sender.sender)
      this.#queue.shift()
      group.push(next)
      rows += next.records.length
    }
    this.#waitingRows -= rows
    return group
  }

  /** A partition may be dropped, or be about to end, between the look and the COPY, or somebody's work cross ours; nothing was stored then. */
  async #writeAnyway(group: readonly Pending[]): Promise<AddResult[]> {
    const { pool, partitions } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#write(group)
      } catch (error) {
        const isEnding = isClosingRefusal(error)
        if (!isEnding && !isMissingPartition(error) && !isDeadlock(error)) throw error
        if (attempt >= (isEnding ? MAX_CLOSING_ATTEMPTS : MAX_ATTEMPTS)) throw error
        if (isEnding) {
          if (attempt % ATTEMPTS_BEFORE_RECOVERY === 0) await recoverEndings(pool)
          await delay(CLOSING_RETRY_MS)
        }
        partitions.reload()
      }
    }
  }

  async #write(group: readonly Pending[]): Promise<AddResult[]> {
    const { pool, partitions, ids, cameras } = this.#options
    await partitions.ensure(timestampsOf(group))
    await cameras.register(camerasOf(group))
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      await client.query('begin')
      const repeats = await claimBatches(client, group)
      const fresh = group.filter((pending) => !repeats.has(pending))
      const written = await writeFresh(client, fresh, ids)
      await rememberReplies(client, fresh, written)
      await client.query('commit')
      return group.map((pending) => repeats.get(pending) ?? written.get(pending) ?? nothing())
    } catch (error) {
      await client.query('rollback').catch((reason: Error) => {
        broken = reason
      })
      throw error
    } finally {
      client.release(broken)
    }
  }
}

async function writeFresh(
  client: pg.PoolClient,
  fresh: readonly Pending[],
  ids: IdBlocks,
): Promise<Map<Pending, AddResult>> {
  const results = new Map<Pending, AddResult>()
  const records = fresh.flatMap((pending) => pending.records)
  if (records.length === 0) return results
  const firstId = await ids.reserve(records.length)
  const refused = await copyAround(client, records, firstId)
  let offset = 0
  for (const pending of fresh) {
    results.set(pending, resultOf(pending.records.length, offset, firstId, refused))
    offset += pending.records.length
  }
  const stored = refused.size === 0 ? records : records.filter((_, index) => !refused.has(index))
  if (stored.length > 0) await appendToFeed(client, stored, firstId, firstId + records.length - 1)
  return results
}

/** Copies all records it can. A refused COPY is halved until the bad record is alone; returns those, by index. */
async function copyAround(
  client: pg.PoolClient,
  records: readonly LogRecord[],
  firstId: number,
): Promise<Map<number, string>> {
  const refused = new Map<number, string>()
  const copyRange = async (start: number, end: number): Promise<void> => {
    await client.query('savepoint records')
    try {
      await copy(client, records, start, end, firstId)
      await client.query('release savepoint records')
    } catch (error) {
      if (!isDataError(error)) throw error
      await client.query('rollback to savepoint records')
      if (end - start === 1) {
        refused.set(start, reasonOf(error))
        return
      }
      const middle = (start + end) >> 1
      await copyRange(start, middle)
      await copyRange(middle, end)
    }
  }
  await copyRange(0, records.length)
  return refused
}

async function copy(
  client: pg.PoolClient,
  records: readonly LogRecord[],
  start: number,
  end: number,
  firstId: number,
): Promise<void> {
  const stream = client.query(copyFrom(`copy logs (${COPY_COLUMNS}) from stdin`))
  await pipeline(Readable.from(copyChunks(records, start, end, firstId)), stream)
}

function* copyChunks(
  records: readonly LogRecord[],
  start: number,
  end: number,
  firstId: number,
): Generator<Buffer> {
  let text = ''
  for (let index = start; index < end; index++) {
    text += copyLine(firstId + index, records[index] as LogRecord)
    if (text.length < CHUNK_CHARACTERS) continue
    yield Buffer.from(text, 'utf8')
    text = ''
  }
  if (text) yield Buffer.from(text, 'utf8')
}

async function appendToFeed(
  client: pg.PoolClient,
  stored: readonly LogRecord[],
  firstId: number,
  lastId: number,
): Promise<void> {
  const { buckets, levels, sources, cameras, rows } = countBatch(stored)
  // Compared as text, which is right to the second; the bounds are whole seconds around the rows.
  let first = (stored[0] as LogRecord).timestamp
  let last = first
  for (const { timestamp } of stored) {
    if (timestamp < first) first = timestamp
    if (timestamp > last) last = timestamp
  }
  await client.query({
    name: 'append_to_feed',
    text: 'select append_to_feed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
    values: [
      firstId,
      lastId,
      `${first.slice(0, 19)}Z`,
      `${last.slice(0, 19)}.999999Z`,
      stored.length,
      buckets,
      levels,
      sources,
      cameras,
      rows,
    ],
  })
}

function resultOf(count: number, offset: number, firstId: number, refused: Map<number, string>): AddResult {
  const rejected: AddResult['rejected'] = []
  if (refused.size > 0) {
    for (let index = 0; index < count; index++) {
      const reason = refused.get(offset + index)
      if (reason !== undefined) rejected.push({ index, reason })
    }
  }
  const accepted = count - rejected.length
  const first_id = accepted > 0 ? firstId + offset : null
  const last_id = accepted > 0 ? firstId + offset + count - 1 : null
  return { accepted, rejected, first_id, last_id, repeated: false }
}

function nothing(): AddResult {
  return { accepted: 0, rejected: [], first_id: null, last_id: null, repeated: false }
}

function* timestampsOf(group: readonly Pending[]): Generator<string> {
  for (const { records } of group) for (const record of records) yield record.timestamp
}

function* camerasOf(group: readonly Pending[]): Generator<number> {
  for (const { records } of group) {
    for (const record of records) if (record.camera_id !== null) yield record.camera_id
  }
}

/** Classes 22 (data exception) and 23 (integrity): the record's fault. 54000: a value over PostgreSQL's own limits. */
function isDataError(error: unknown): error is pg.DatabaseError {
  const code = (error as { code?: unknown }).code
  return (
    typeof code === 'string' &&
    (/^2[23]/.test(code) || code === '54000') &&
    !isMissingPartition(error) &&
    !isClosingRefusal(error)
  )
}

/** 23514 without a constraint name: no partition of `logs` holds the timestamp (one was dropped meanwhile). */
function isMissingPartition(error: unknown): boolean {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  return code === '23514' && constraint === undefined
}

/** PostgreSQL ended us so that another could go on. */
function isDeadlock(error: unknown): boolean {
  return (error as { code?: unknown }).code === '40P01'
}

function reasonOf(error: pg.DatabaseError): string {
  return `PostgreSQL refused the record: ${error.message.slice(0, 200)}`
}
