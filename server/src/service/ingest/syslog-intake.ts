import type { LogRecord } from '@timelapser/logger'
import { decodeSyslogMessage, type SyslogOrigin } from '../../ingest/syslog/syslog-message.ts'
import { now } from '../../store/database/timestamp.ts'
import type { IngestService } from './ingest-service.ts'

export type SyslogIntakeOptions = {
  ingest: IngestService
  cameras: SyslogOrigin['cameras']
  clock: SyslogOrigin['clock']
  /** Told once when batches have to be put off, until one is stored again. */
  onTrouble: (error: unknown) => void
}

/** Messages that wait at most; about half a minute of a busy network, some 20 MB. */
const MAX_WAITING = 50_000
/** So many do not wait for others any more. */
const BATCH = 1000
/** In one transaction at most; batches go one after another, so under load they are large. */
const MAX_BATCH = 5000
/** How long a message may wait for others: one transaction then takes them all. */
const GATHER_MS = 100
const RETRY_MS = 1000

/**
 * Gathers syslog messages into batches. Nobody is told when one was not stored, so a batch is tried until it is; what
 * comes meanwhile waits, up to a bound: TCP senders are held back (`room`), datagrams beyond it are counted as rejected.
 */
export class SyslogIntake {
  readonly #options: SyslogIntakeOptions
  #waiting: LogRecord[] = []
  #lost = 0
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #room: PromiseWithResolvers<void> | undefined
  #isClosing = false
  #isTroubled = false

  constructor(options: SyslogIntakeOptions) {
    this.#options = options
  }

  /** Takes one message, without the framing of its transport. */
  take(message: Uint8Array, sender: string): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost += 1
      return
    }
    const { cameras, clock } = this.#options
    const record = decodeSyslogMessage(message, { now: now(), sender, cameras, clock })
    if (record === undefined) return
    this.#waiting.push(record)
    if (this.#waiting.length >= BATCH) this.#send()
    else this.#timer ??= setTimeout(() => this.#send(), GATHER_MS)
  }

  /** Resolves when there is room; undefined when there is now. */
  room(): Promise<void> | undefined {
    if (this.#waiting.length < MAX_WAITING / 2) return undefined
    this.#room ??= Promise.withResolvers()
    return this.#room.promise
  }

  /** Stores what waits, in one try each; what cannot be stored now is told of, by its number. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#send()
    await this.#sending
    const lost = this.#waiting.length
    if (lost > 0)
      this.#options.onTrouble(new Error(`${lost} syslog messages could not be stored before the stop`))
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
      const batch = this.#waiting.slice(0, MAX_BATCH)
      const lost = this.#lost
      const decoded = { records: batch, rejections: [], rejectedCount: lost, positions: undefined }
      const isStored = await this.#options.ingest.ingest(decoded).then(
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
      if (this.#waiting.length < MAX_WAITING / 2) {
        this.#room?.resolve()
        this.#room = undefined
      }
    }
  }
}
