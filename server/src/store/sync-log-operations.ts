import { randomUUID } from 'node:crypto'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import {
  eventTime,
  type LogRecord,
  normaliseRecord,
  type RecordInput,
  redactRecord,
} from '@timelapser/logger'
import type pg from 'pg'
import type { LogRow } from './database/reader.ts'
import { SpooledRecords } from './spooled-records.ts'
import type { SenderMark } from './writing/senders.ts'

export type SyncLogOperationsOptions = {
  /** Where the database is, as for `pg`. */
  connection: pg.ClientConfig
  /**
   * The folder of records that could not be stored in time; made if need be, and replayed by the next process that
   * opens it.
   */
  spoolDirectory: string
  /** How long a call may take. Default 5,000. */
  deadlineMs?: number
}

export type SyncWorkerData = { connection: pg.ClientConfig; spoolDirectory: string; signal: Int32Array }

type Request =
  | { method: 'open' | 'close' }
  | { method: 'writeLogEntry'; record: LogRecord; mark: SenderMark }
  | { method: 'getCameraLogs'; camera_id: number; limit: number }
  | { method: 'cleanupOldLogs'; days: number }
export type Call = Request & { number: number }
export type Reply = { number: number; value: unknown } | { number: number; error: Error }

const DEADLINE_MS = 5_000
const CAMERA_LOGS = 100
/** How long the thread may take to end, beyond the deadline of its last call. */
const END_MS = 10_000

/** A call was not answered within its deadline. */
export class SyncDeadline extends Error {
  override name = 'SyncDeadline'
}

/**
 * Log rows without waiting by promise, for worker processes and crash handlers (spec: "Sync operations for worker
 * processes"): a thread runs the statements of `LogOperations`, and the caller's stands still until they are committed.
 * The thread is started and connects at construction, so that a crash finds it ready.
 */
export class SyncLogOperations {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #signal = new Int32Array(new SharedArrayBuffer(4))
  readonly #spool: SpooledRecords
  readonly #deadlineMs: number
  readonly #sender = randomUUID()
  #batch = 0
  #number = 0
  #closed = false

  constructor({ connection, spoolDirectory, deadlineMs = DEADLINE_MS }: SyncLogOperationsOptions) {
    this.#deadlineMs = deadlineMs
    this.#spool = new SpooledRecords(spoolDirectory)
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#worker = new Worker(new URL(`./sync-log-worker${import.meta.url.slice(-3)}`, import.meta.url), {
      workerData: { connection, spoolDirectory, signal: this.#signal, port: port2 },
      transferList: [port2],
    })
    // Its calls report failures; the worker must not end the process, nor keep it alive.
    this.#worker.on('error', () => undefined)
    this.#worker.unref()
    this.#port.unref()
    this.#port.postMessage({ method: 'open', number: ++this.#number } satisfies Call)
  }

  /**
   * Stores a record; missing fields are filled in, credentials are masked. Returns its row when it is
   * committed, or null when that took too long or failed: then it lies in the spool folder and is stored once, later.
   *
   * @throws when it can neither be stored nor kept
   */
  writeLogEntry(input: RecordInput): LogRow | null {
    const record = redactRecord(normaliseRecord({ timestamp: eventTime(), ...input }))
    const mark = { sender: this.#sender, batch: ++this.#batch }
    try {
      return this.#call({ method: 'writeLogEntry', record, mark }) as LogRow
    } catch {
      // If it was committed after all, the mark shows it when it is stored again.
      this.#spool.keep(record, mark)
      return null
    }
  }

  /** The newest rows of a camera. */
  getCameraLogs(camera_id: number, limit = CAMERA_LOGS): LogRow[] {
    return this.#call({ method: 'getCameraLogs', camera_id, limit }) as LogRow[]
  }

  /** Deletes the rows older than `days` times 24 hours, everything for 0; returns how many. */
  cleanupOldLogs(days: number): number {
    return this.#call({ method: 'cleanupOldLogs', days }) as number
  }

  /** Stores what is kept, if the database lets it, and ends the thread. */
  async close(): Promise<void> {
    if (this.#closed) return
    try {
      this.#call({ method: 'close' })
    } catch {
      // Kept records stay in their folder for the next start.
    }
    this.#closed = true
    await this.#end()
  }

  /**
   * Lets the thread come to its own end: with the port closed nothing holds it. Stopped from outside while it loads
   * its modules or waits on a socket, V8 may bring the whole process down (SIGTRAP), so that is the last resort.
   */
  async #end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#worker.once('exit', () => resolve())
    if (this.#worker.threadId === -1) resolve()
    const lastResort = setTimeout(() => void this.#worker.terminate(), END_MS)
    this.#worker.ref()
    this.#port.close()
    await promise
    clearTimeout(lastResort)
  }

  #call(request: Request): unknown {
    if (this.#closed) throw new Error('SyncLogOperations is closed')
    const number = ++this.#number
    const endMs = performance.now() + this.#deadlineMs
    this.#port.postMessage({ ...request, number } satisfies Call)
    for (;;) {
      const seen = Atomics.load(this.#signal, 0)
      const reply = this.#receive(number)
      if (reply) {
        if ('error' in reply) throw reply.error
        return reply.value
      }
      const leftMs = endMs - performance.now()
      if (leftMs <= 0)
        throw new SyncDeadline(`the database did not answer ${request.method} within ${this.#deadlineMs} ms`)
      Atomics.wait(this.#signal, 0, seen, leftMs)
    }
  }

  /** The reply to this call; those that came too late for their own are passed over. */
  #receive(number: number): Reply | undefined {
    for (;;) {
      const message = receiveMessageOnPort(this.#port)
      if (!message) return undefined
      const reply = message.message as Reply
      if (reply.number === number) return reply
    }
  }
}
