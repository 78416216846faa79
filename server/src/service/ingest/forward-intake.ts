import { setTimeout as sleep } from 'node:timers/promises'
import { ByteBudget } from '../../byte-budget.ts'
import type { Decoded } from '../../ingest/decoded.ts'
import { decodeRest, ForwardMessage, PART_BYTES } from '../../ingest/fluent/forward-message.ts'
import { MsgpackError } from '../../ingest/fluent/msgpack-scan.ts'
import { PartialLines } from '../../ingest/fluent/partial-lines.ts'
import { now } from '../../store/database/timestamp.ts'
import type { IngestService } from './ingest-service.ts'

export type ForwardIntakeOptions = {
  ingest: Pick<IngestService, 'ingest' | 'bodies'>
  /** Called once when messages have to be put off, until a message is stored again. */
  onTrouble: (error: unknown) => void
}

/** A connection: its address, when it is gone, and the lines it brings in parts. */
export type ForwardSender = { sender: string; gone: AbortSignal; lines: PartialLines }

/** Messages that are decoded or wait for COMMIT, packed ones unpacked. */
const BUDGET_BYTES = 40 * 1024 * 1024
/** One of the largest messages and the records of a part of it. */
const BUDGET_BYTES_OF_ONE = 20 * 1024 * 1024
const RETRY_MS = 1000
const ONE_REJECTED: Decoded = { records: [], rejections: [], rejectedCount: 1, positions: undefined }

/**
 * Stores messages of the forward protocol. A message that cannot be stored now is tried until it is: meanwhile its connection is not read,
 * so that its sender waits.
 */
export class ForwardIntake {
  readonly budget = new ByteBudget('forward', BUDGET_BYTES, BUDGET_BYTES_OF_ONE)
  readonly #options: ForwardIntakeOptions
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  /** The partial lines of the open connections. */
  readonly #lines = new Set<PartialLines>()
  #isTroubled = false

  constructor(options: ForwardIntakeOptions) {
    this.#options = options
  }

  /** Opens the partial lines of a connection; end them with it. */
  open(): PartialLines {
    const lines = new PartialLines()
    this.#lines.add(lines)
    return lines
  }

  /**
   * Stores all of a message and answers what its sender waits for, if it waits for anything.
   *
   * @param gone a sender that waits for an answer sends again after it
   * @throws {MsgpackError} when it is no message of the protocol
   */
  store(frame: Uint8Array, { sender, gone, lines }: ForwardSender): Promise<string | undefined> {
    return this.#keep(this.#store(frame, { sender, gone, lines }))
  }

  /** Stores the lines whose last part did not come. */
  async storeRest(lines: PartialLines): Promise<void> {
    if (lines.heldBytes === 0) return
    const rest = decodeRest(lines, { now: now() })
    const store = () => this.#options.ingest.ingest(rest, { way: 'forward' })
    await this.#keep(this.#untilDone(store, this.#closing.signal)).catch(this.#options.onTrouble)
  }

  /** The connection is closed. */
  async end(lines: PartialLines): Promise<void> {
    await this.storeRest(lines)
    this.#lines.delete(lines)
  }

  /** Waits for what is under way, which is not tried again. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#underWay)
    for (const lines of this.#lines) await this.end(lines)
    await Promise.allSettled(this.#underWay)
  }

  #keep<T>(storing: Promise<T>): Promise<T> {
    this.#underWay.add(storing)
    const forget = () => this.#underWay.delete(storing)
    storing.then(forget, forget)
    return storing
  }

  async #store(frame: Uint8Array, from: ForwardSender): Promise<string | undefined> {
    const { ingest } = this.#options
    let message: ForwardMessage | undefined
    try {
      message = new ForwardMessage(frame)
      await this.#storeParts(message, from)
      return message.chunk
    } catch (error) {
      if (error instanceof MsgpackError) await ingest.ingest(ONE_REJECTED, { way: 'forward' })
      else if (message?.chunk === undefined) this.#options.onTrouble(error)
      throw error
    }
  }

  async #storeParts(message: ForwardMessage, { sender, gone, lines }: ForwardSender): Promise<void> {
    const { ingest } = this.#options
    const closing = this.#closing.signal
    const ends = message.chunk === undefined ? closing : AbortSignal.any([closing, gone])
    // All at once: connections that each hold a part and wait for more would block each other for ever.
    let room = message.mostBytes + roomOfPart(message.mostBytes)
    await this.budget.wait(sender, room, ends)
    try {
      message.open()
      const needed = message.heldBytes + roomOfPart(message.heldBytes)
      this.budget.give(sender, room - needed)
      room = needed
      for (;;) {
        const part = await ingest.bodies.run(message.part({ now: now() }, lines), message.heldBytes)
        if (part.records.length + part.rejectedCount === 0) return
        await this.#untilDone(() => ingest.ingest(part, { way: 'forward' }), ends)
      }
    } finally {
      this.budget.give(sender, room)
    }
  }

  async #untilDone(run: () => Promise<unknown>, ends: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await run()
        this.#isTroubled = false
        return
      } catch (error) {
        if (ends.aborted) throw error
        if (!this.#isTroubled) this.#options.onTrouble(error)
        this.#isTroubled = true
        await sleep(RETRY_MS, undefined, { signal: ends }).catch(() => undefined)
      }
    }
  }
}

/** Records take some times the bytes of what they are decoded from; a part of them is bounded by itself. */
function roomOfPart(bytes: number): number {
  return Math.min(PART_BYTES, 4 * bytes + 4096)
}
