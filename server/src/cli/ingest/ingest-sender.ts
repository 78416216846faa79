import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { LogRecord } from '@timelapser/logger'
import { DoublingPause } from '../../doubling-pause.ts'
import type { IngestResult } from '../../http/api-schemas.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import type { IngestTally } from './ingest-tally.ts'

const compress = promisify(gzip)

/** A batch the server writes in one transaction; larger ones gained nothing in the design's measurements. */
const MAX_BATCH_RECORDS = 5000
/** A quarter of what the server takes in one body. */
const MAX_BATCH_CHARACTERS = 4 * 1024 * 1024
const FIRST_PAUSE_MS = 250
const MAX_PAUSE_MS = 10_000
/** The share of an asked pause by which it may be longer: commands that were refused together do not come back so. */
const ASKED_SPREAD = 0.25

export type SenderOptions = {
  client: ApiClient
  tally: IngestTally
  /** Whether the records are history: not gated by level and not given arrival times. */
  isImport: boolean
  /** Milliseconds to keep trying when the server is away. */
  retryForMs: number
  /** The sender id, for a sender that outlives this run: batches are then numbered by their last line, which has to rise. */
  sender?: string
  /** Called once an outage, before the first pause. */
  onOutage: (failure: ApiFailure) => void
}

type Batch = { bodies: string[]; files: string[]; lines: number[]; characters: number; sinceMs: number }

/**
 * Sends records in batches; the next batch is filled while a batch is on its way. Each batch has a number that rises
 * under one sender id, so that the server stores a batch once however often it is sent.
 */
export class IngestSender {
  readonly #options: SenderOptions
  readonly #sender: string
  #batchNumber = 0
  #filling: Batch = emptyBatch()
  #underway: Promise<void> = Promise.resolve()

  constructor(options: SenderOptions) {
    this.#options = options
    this.#sender = options.sender ?? randomUUID()
  }

  /** Whether a record has waited this long for its batch to be sent. */
  isDue(ms: number): boolean {
    return this.#filling.bodies.length > 0 && performance.now() - this.#filling.sinceMs >= ms
  }

  /**
   * Takes a record.
   *
   * @returns whether its batch is full; call `send` before adding the next record.
   */
  add(record: LogRecord, file: string, line: number): boolean {
    const body = JSON.stringify(record)
    const batch = this.#filling
    if (batch.bodies.length === 0) batch.sinceMs = performance.now()
    batch.bodies.push(body)
    batch.lines.push(line)
    batch.files.push(file)
    batch.characters += body.length + 1
    return batch.bodies.length >= MAX_BATCH_RECORDS || batch.characters >= MAX_BATCH_CHARACTERS
  }

  /**
   * Sends what was taken so far, once the batch before it is stored; does not wait for its own reply.
   *
   * @throws ApiFailure when a batch before it could not be delivered.
   */
  async send(): Promise<void> {
    await this.#underway
    if (this.#filling.bodies.length === 0) return
    const batch = this.#filling
    this.#filling = emptyBatch()
    this.#underway = this.#deliver(batch)
    // The next caller awaits it; until then a failure is not "unhandled".
    this.#underway.catch(() => {})
  }

  /** Sends the rest and resolves when the server has stored it. */
  async finish(): Promise<void> {
    await this.send()
    await this.#underway
  }

  async #deliver(batch: Batch): Promise<void> {
    this.#batchNumber += 1
    const text = `${batch.bodies.join('\n')}\n`
    const isLocal = /^https?:\/\/(?:127\.|localhost\b|\[::1\])/.test(this.#options.client.url)
    const headers: Record<string, string> = {
      'content-type': 'application/x-ndjson',
      'x-sender': this.#sender,
      'x-batch': String(this.#options.sender === undefined ? this.#batchNumber : batch.lines.at(-1)),
    }
    if (this.#options.isImport) headers['x-import'] = 'true'
    // Packing costs more than a loopback saves.
    if (!isLocal) headers['content-encoding'] = 'gzip'
    const body = isLocal ? text : await compress(text, { level: 4 })
    let result: IngestResult
    try {
      result = await this.#persist(() =>
        this.#options.client
          .request<IngestResult>('POST', '/api/logs', { body, headers })
          .catch(resultOfRefusal),
      )
    } catch (error) {
      // A proxy on the way may take less than the server does.
      if (!(error instanceof ApiFailure) || error.status !== 413 || batch.bodies.length === 1) throw error
      for (const half of halvesOf(batch)) await this.#deliver(half)
      return
    }
    const { tally } = this.#options
    tally.stored += result.accepted
    tally.filtered += result.filtered
    for (const { index, reason } of result.rejected) {
      tally.reject(batch.files[index] ?? '', batch.lines[index] ?? 0, reason)
    }
    tally.rejected += Math.max(0, result.rejected_count - result.rejected.length)
  }

  async #persist<T>(attempt: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.#options.retryForMs
    const pause = new DoublingPause(FIRST_PAUSE_MS, MAX_PAUSE_MS)
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof ApiFailure) || !error.isTransient) throw error
        const pauseMs = pause.next()
        const waitMs = Math.max(pauseMs, (error.retryAfterMs ?? 0) * (1 + Math.random() * ASKED_SPREAD))
        if (Date.now() + waitMs > deadline) throw error
        if (isFirst) this.#options.onOutage(error)
        await wait(waitMs)
      }
    }
  }
}

/** The result of a batch none of which was stored: the reasons stand in the error, and the next batch goes on. */
function resultOfRefusal(error: unknown): IngestResult {
  const data = error instanceof ApiFailure && error.status === 400 ? error.data : undefined
  if (typeof data === 'object' && data !== null && 'rejected_count' in data) return data as IngestResult
  throw error
}

function halvesOf(batch: Batch): Batch[] {
  const middle = Math.ceil(batch.bodies.length / 2)
  return [
    [0, middle],
    [middle, batch.bodies.length],
  ].map(([start, end]) => ({
    ...batch,
    bodies: batch.bodies.slice(start, end),
    files: batch.files.slice(start, end),
    lines: batch.lines.slice(start, end),
  }))
}

function emptyBatch(): Batch {
  return { bodies: [], files: [], lines: [], characters: 0, sinceMs: performance.now() }
}
