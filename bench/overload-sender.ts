import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogRecord } from '@timelapser/logger'
import { Poster } from './post.ts'

type Outcome = 'acknowledged' | 'unknown'

/** Digits of a batch's number and of a line's place in it, as they stand in the messages. */
const BATCH_DIGITS = 9
const MARK = 'batch #'

/** How messages say which batch and line they are, for the check of what is stored. */
export const LINE_OF_BATCH = `${MARK}(\\d{${BATCH_DIGITS}}) line (\\d+)`

/**
 * Sends batches at a pace of its own, one at a time, as a program with a bounded buffer does: a batch that is refused
 * is sent again after what `Retry-After` says, and those that were due meanwhile are offered and never sent.
 */
export class OverloadSender {
  /** Lines of all batches that were due. */
  offered = 0
  /** Lines of acknowledged batches. */
  acknowledged = 0
  /** By status and whether it said when to come back. */
  readonly refusals = new Map<string, number>()
  /** Every batch that was sent. */
  readonly batches = new Map<number, Outcome>()
  readonly #poster: Poster
  readonly #body: Buffer
  readonly #places: number[]
  readonly #lines: number
  readonly #number: number
  #count = 0

  constructor(options: { url: string; key: string; number: number; records: readonly LogRecord[] }) {
    const { url, key, number, records } = options
    this.#number = number
    this.#lines = records.length
    const blank = '0'.repeat(BATCH_DIGITS)
    // Texts that are made beforehand: the senders share the cores with what they measure.
    this.#body = Buffer.from(
      records
        .map((record, line) =>
          JSON.stringify({ ...record, message: `${MARK}${blank} line ${line} ${record.message}` }),
        )
        .join('\n'),
    )
    this.#places = []
    for (let at = this.#body.indexOf(MARK); at !== -1; at = this.#body.indexOf(MARK, at + 1)) {
      this.#places.push(at + MARK.length)
    }
    this.#poster = new Poster({
      url: `${url}/api/logs`,
      connections: 1,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/x-ndjson',
        'x-sender': randomUUID(),
      },
    })
  }

  /** Offers a batch every `intervalMs`, the next as soon as one is stored for 0; ends when its last batch is settled. */
  async run(seconds: number, intervalMs: number): Promise<void> {
    const began = performance.now()
    const until = began + seconds * 1000
    // Not all in the same moment.
    let due = began + ((this.#number * 37) % Math.max(1, intervalMs))
    while (due < until) {
      await sleep(Math.max(0, due - performance.now()))
      if (performance.now() >= until) break
      await this.#deliver(until)
      const passed = intervalMs === 0 ? 1 : Math.max(1, Math.ceil((performance.now() - due) / intervalMs))
      due = intervalMs === 0 ? performance.now() : due + passed * intervalMs
      this.offered += intervalMs === 0 ? 0 : this.#lines * passed
    }
  }

  async #deliver(until: number): Promise<void> {
    const batch = this.#number * 1_000_000 + this.#count++
    const digits = String(batch).padStart(BATCH_DIGITS, '0')
    for (const place of this.#places) this.#body.write(digits, place, 'latin1')
    this.batches.set(batch, 'unknown')
    for (;;) {
      const { status, retryAfter, text } = await this.#poster
        .send(this.#body, { 'x-batch': String(this.#count) })
        .catch((error: Error) => ({ status: 0, retryAfter: undefined, text: error.message }))
      if (status >= 200 && status < 300) {
        const { accepted } = (JSON.parse(text) as { data: { accepted: number } }).data
        if (accepted !== this.#lines) throw new Error(`${accepted} of ${this.#lines} lines were accepted`)
        this.batches.set(batch, 'acknowledged')
        this.acknowledged += accepted
        return
      }
      const told =
        status === 0 ? text : `${status} ${retryAfter === undefined ? 'without' : 'with'} Retry-After`
      this.refusals.set(told, (this.refusals.get(told) ?? 0) + 1)
      if (status !== 0 && status !== 429 && status < 500) throw new Error(`${status}: ${text}`)
      // With the time over, a batch nothing was stored of is left; of one without an answer that is not known.
      if (performance.now() > until && status !== 0) return
      const pauseMs = 1000 * Number(retryAfter ?? 1)
      await sleep(pauseMs * (1 + Math.random() / 2))
    }
  }
}
