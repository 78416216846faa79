import type { Delivery } from './batching-options.ts'
import type { Loss } from './loss-record.ts'
import type { HandlerStats } from './record.ts'

type Counts = Pick<HandlerStats, 'delivered' | 'dropped' | 'rejected' | 'filtered' | 'retries'>

/** Counts the outcomes of a buffer's items, and the losses since the last notice. */
export class DeliveryTally {
  readonly #noticeIntervalMs: number
  readonly #counts: Counts = { delivered: 0, dropped: 0, rejected: 0, filtered: 0, retries: 0 }
  #untold: Loss = { dropped: 0, rejected: 0, reason: '' }
  #lastNoticeMs = Number.NEGATIVE_INFINITY

  constructor(noticeIntervalMs: number) {
    this.#noticeIntervalMs = noticeIntervalMs
  }

  get counts(): Readonly<Counts> {
    return this.#counts
  }

  countArrived(rows: number, { rejected = 0, filtered = 0, reason = '' }: Delivery): void {
    this.#counts.delivered += rows - rejected - filtered
    this.#counts.rejected += rejected
    this.#counts.filtered += filtered
    this.#untold.rejected += rejected
    if (rejected > 0) this.#untold.reason = reason
  }

  countRetry(): void {
    this.#counts.retries++
  }

  countDropped(rows: number): void {
    this.#counts.dropped += rows
    this.#untold.dropped += rows
  }

  /** Counts an item that came after the end: no notice can be sent any more. */
  countLate(): void {
    this.#counts.dropped++
  }

  /** Takes the losses to report now, if any: at most once per notice interval. */
  takeLoss(atOnce: boolean): Loss | undefined {
    if (this.#untold.dropped + this.#untold.rejected === 0) return undefined
    if (!atOnce && performance.now() - this.#lastNoticeMs < this.#noticeIntervalMs) return undefined
    this.#lastNoticeMs = performance.now()
    const loss = this.#untold
    this.#untold = { dropped: 0, rejected: 0, reason: '' }
    return loss
  }
}
