import type { LogRecord } from '@timelapser/logger'
import { ByteBudget } from '../../byte-budget.ts'
import { weigh } from '../../record-weight.ts'
import type { IngestService } from './ingest-service.ts'

export type GatheringIntakeOptions = {
  /** The way in, as `/metrics` names it and its budget. */
  name: 'syslog' | 'gelf'
  ingest: Pick<IngestService, 'ingest'>
  /** Called once when batches have to be put off, until a batch is stored again. */
  onTrouble: (error: unknown) => void
}

/** The most bytes of waiting messages: at a usual length half a minute of a busy network. */
export const MAX_WAITING_BYTES = 24 * 1024 * 1024
/** The share of one sender. */
export const MAX_WAITING_BYTES_OF_ONE = 8 * 1024 * 1024
/** From this number on they do not wait for others any more. */
const BATCH = 1000
/** In one transaction at most; batches go one after another, so under load they are large. */
const MAX_BATCH = 5000
const MAX_BATCH_BYTES = 4 * 1024 * 1024
/** How long a message may wait for others: one transaction then takes them all. */
const GATHER_MS = 100
const RETRY_MS = 1000

/** A message, and what it takes of the budget. */
export type GatheredMessage = { record: LogRecord; sender: string; bytes: number }

/**
 * Gathers the messages of senders that wait for no reply into batches. No sender would learn of a failure, so a batch
 * is tried until it is stored; later messages wait, up to a bound in bytes: connections are held back, datagrams beyond
 * it are counted as rejected.
 */
export class GatheringIntake {
  readonly budget: ByteBudget
  readonly #options: GatheringIntakeOptions
  readonly #waiting: GatheredMessage[] = []
  #lost = 0
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #isClosing = false
  #isTroubled = false

  constructor(options: GatheringIntakeOptions) {
    this.#options = options
    this.budget = new ByteBudget(options.name, MAX_WAITING_BYTES, MAX_WAITING_BYTES_OF_ONE)
  }

  /** Takes the record of a datagram, or counts it as lost when there is no room. */
  take(record: LogRecord, sender: string): void {
    const bytes = weigh(record)
    if (this.budget.take(sender, bytes)) this.add({ record, sender, bytes })
    else this.lose()
  }

  /** Takes the record of a message that came by a connection; resolves once there was room for it. */
  async takeInTurn(record: LogRecord, sender: string, signal: AbortSignal): Promise<void> {
    const bytes = weigh(record)
    await this.budget.wait(sender, bytes, signal)
    this.add({ record, sender, bytes })
  }

  /** Counts a message as rejected: it could not be read, or there was no room for it. */
  lose(): void {
    this.#lost += 1
    this.#startSoon()
  }

  /** Stores waiting messages, in one try each; the number of messages that cannot be stored now is reported. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#send()
    await this.#sending
    const lost = this.#waiting.length
    if (lost > 0)
      this.#options.onTrouble(
        new Error(`${lost} ${this.#options.name} messages could not be stored before the stop`),
      )
  }

  /** Adds a message for which there is room already. */
  add(message: GatheredMessage): void {
    this.#waiting.push(message)
    if (this.#waiting.length >= BATCH) this.#send()
    else this.#startSoon()
  }

  #startSoon(): void {
    this.#timer ??= setTimeout(() => this.#send(), GATHER_MS)
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
      if (this.#waiting.length > 0 && !this.#isClosing) this.#send()
    })
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0 || this.#lost > 0) {
      const batch = this.#nextBatch()
      const lost = this.#lost
      const records = batch.map(({ record }) => record)
      const decoded = { records, rejections: [], rejectedCount: lost, positions: undefined }
      const isStored = await this.#options.ingest.ingest(decoded, { way: this.#options.name }).then(
        () => true,
        (error: unknown) => {
          if (!this.#isTroubled) this.#options.onTrouble(error)
          this.#isTroubled = true
          return false
        },
      )
      if (!isStored) {
        if (this.#isClosing) return
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        continue
      }
      this.#isTroubled = false
      this.#waiting.splice(0, batch.length)
      this.#lost -= lost
      for (const { sender, bytes } of batch) this.budget.give(sender, bytes)
    }
  }

  #nextBatch(): GatheredMessage[] {
    let bytes = 0
    const end = this.#waiting.findIndex((message, index) => {
      bytes += message.bytes
      return index === MAX_BATCH || (index > 0 && bytes > MAX_BATCH_BYTES)
    })
    return this.#waiting.slice(0, end === -1 ? undefined : end)
  }
}
