import {
  type Batch,
  type BatchingOptions,
  type Delivery,
  DeliveryFailure,
  withDefaults,
} from './batching-options.ts'
import { ItemQueue } from './item-queue.ts'
import type { HandlerStats } from './record.ts'

type Waiter = { target: number; resolve: () => void }

/**
 * Gathers items into batches and delivers them in order, one batch at a time, trying again until it works. Adding
 * never blocks or throws; when the queue is full the oldest items go, counted, and one item of `describeLoss` says so.
 * A batch keeps its number and content through all its attempts, so that the other side can tell a repeat.
 */
export class BatchingBuffer<Item> {
  readonly #options: Required<BatchingOptions<Item>>
  readonly #queue = new ItemQueue<Item>()
  /** Taken from the queue and being delivered, or waiting for its next attempt. */
  #batch: Batch<Item> | undefined
  #batchNumber = 0
  #maxBatchBytes: number
  #timer: NodeJS.Timeout | undefined
  #timerDelayMs = Number.POSITIVE_INFINITY
  #pumping = false
  #wake: (() => void) | undefined
  #failures = 0
  #retryAfterMs: number | undefined
  #waiters: Waiter[] = []
  #added = 0
  #settled = 0
  #flushTarget = 0
  #closed = false
  readonly #abort = new AbortController()
  #counts = { delivered: 0, dropped: 0, rejected: 0, filtered: 0, retries: 0 }
  #unreported = { dropped: 0, rejected: 0, reason: '' }
  #lastNoticeMs = Number.NEGATIVE_INFINITY
  #lastError: string | null = null

  constructor(options: BatchingOptions<Item>) {
    this.#options = withDefaults(options)
    this.#maxBatchBytes = this.#options.maxBatchBytes
  }

  /** Takes one item of so many bytes; returns at once. */
  add(item: Item, bytes: number): void {
    const { maxQueueRows, maxQueueBytes, maxBatchRows } = this.#options
    if (this.#closed) {
      this.#counts.dropped++
      return
    }
    while (
      this.#queue.rows > 0 &&
      (this.#queue.rows >= maxQueueRows || this.#queue.bytes + bytes > maxQueueBytes)
    ) {
      this.#queue.shift()
      this.#countDropped(1)
    }
    this.#added++
    this.#queue.push(item, bytes)
    if (this.#pumping) return
    if (this.#queue.rows >= maxBatchRows || this.#queue.bytes >= this.#maxBatchBytes) this.#startSoon(0)
    else this.#startSoon(this.#options.flushIntervalMs)
  }

  /** Resolves when all that was added so far is delivered or given up, at the latest after `timeoutMs`. */
  flush(timeoutMs: number = this.#options.flushTimeoutMs): Promise<void> {
    const target = this.#added
    if (this.#settled >= target) return Promise.resolve()
    this.#flushTarget = target
    this.#wake?.()
    void this.#pump()
    return new Promise((resolve) => {
      // Not unref'd: someone waits for it.
      const timer = setTimeout(() => waiter.resolve(), timeoutMs)
      const waiter = {
        target,
        resolve: () => {
          clearTimeout(timer)
          this.#waiters = this.#waiters.filter((one) => one !== waiter)
          resolve()
        },
      }
      this.#waiters.push(waiter)
    })
  }

  /** Flushes, then gives up on what is left and counts it. */
  async close(timeoutMs?: number): Promise<void> {
    if (this.#closed) return
    this.#reportLoss(true)
    this.#closed = true
    await this.flush(timeoutMs)
    this.#abort.abort()
    this.#wake?.()
    clearTimeout(this.#timer)
    const left = this.pendingRows
    if (left === 0) return
    this.#queue.clear()
    this.#batch = undefined
    this.#countDropped(left)
    this.#tell(`${left} log lines could not be delivered: ${this.#lastError ?? 'no time left'}`)
  }

  /** Items that are neither delivered nor given up. */
  get pendingRows(): number {
    return this.#queue.rows + (this.#batch?.items.length ?? 0)
  }

  stats(): Omit<HandlerStats, 'name'> {
    return {
      ...this.#counts,
      queuedRows: this.pendingRows,
      queuedBytes: this.#queue.bytes + (this.#batch?.bytes ?? 0),
      lastError: this.#lastError,
    }
  }

  #startSoon(delayMs: number): void {
    // A timer is set once, not by each line: one that is put off by every line never fires.
    if (delayMs >= this.#timerDelayMs) return
    clearTimeout(this.#timer)
    this.#timerDelayMs = delayMs
    this.#timer = setTimeout(() => void this.#pump(), delayMs).unref()
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return
    this.#pumping = true
    clearTimeout(this.#timer)
    this.#timerDelayMs = Number.POSITIVE_INFINITY
    do {
      this.#batch ??= this.#takeBatch()
      if (this.#batch && !(await this.#attempt(this.#batch))) await this.#backOff()
    } while (!this.#abort.signal.aborted && (this.#batch || this.#isDue()))
    this.#pumping = false
    if (this.#queue.rows > 0 && !this.#abort.signal.aborted) this.#startSoon(this.#options.flushIntervalMs)
  }

  /** Whether to go on at once instead of waiting for more. */
  #isDue(): boolean {
    if (this.#queue.rows === 0) return false
    return this.#settled < this.#flushTarget || this.#closed || this.#queue.rows >= this.#options.maxBatchRows
  }

  #takeBatch(): Batch<Item> | undefined {
    if (this.#queue.rows === 0) return undefined
    const { items, bytes } = this.#queue.take(this.#options.maxBatchRows, this.#maxBatchBytes)
    return { number: ++this.#batchNumber, items, bytes }
  }

  /** Delivers the batch; false when it has to be tried again. */
  async #attempt(batch: Batch<Item>): Promise<boolean> {
    try {
      this.#settle(batch, await this.#options.deliver(batch, this.#abort.signal))
      return true
    } catch (error) {
      if (this.#abort.signal.aborted) return true
      this.#lastError = error instanceof Error ? error.message : String(error)
      const kind = error instanceof DeliveryFailure ? error.kind : 'retry'
      if (kind === 'retry') {
        this.#counts.retries++
        this.#retryAfterMs = error instanceof DeliveryFailure ? error.retryAfterMs : undefined
        this.#tell(`${this.#lastError}; ${this.pendingRows} log lines wait and are sent again`)
        return false
      }
      if (kind === 'too_large' && batch.items.length > 1) this.#halve(batch)
      else this.#settle(batch, { rejected: batch.items.length, reason: this.#lastError })
      return true
    }
  }

  #tell(sentence: string): void {
    try {
      this.#options.onProblem(sentence)
    } catch {
      // The application's own function; delivery goes on without it.
    }
  }

  #halve(batch: Batch<Item>): void {
    this.#batch = undefined
    this.#maxBatchBytes = Math.max(1, Math.floor(batch.bytes / 2))
    this.#queue.putBack(batch.items, batch.bytes)
  }

  #settle(batch: Batch<Item>, { rejected = 0, filtered = 0, reason = '' }: Delivery): void {
    this.#batch = undefined
    this.#failures = 0
    if (rejected === 0) this.#lastError = null
    this.#counts.delivered += batch.items.length - rejected - filtered
    this.#counts.rejected += rejected
    this.#counts.filtered += filtered
    this.#unreported.rejected += rejected
    if (rejected > 0) this.#unreported.reason = reason
    this.#countSettled(batch.items.length)
    this.#reportLoss(false)
  }

  #countDropped(rows: number): void {
    this.#counts.dropped += rows
    this.#unreported.dropped += rows
    this.#countSettled(rows)
  }

  #countSettled(rows: number): void {
    this.#settled += rows
    for (const waiter of this.#waiters) if (this.#settled >= waiter.target) waiter.resolve()
  }

  /** One item that tells of what was lost, at most one in a while. */
  #reportLoss(atOnce: boolean): void {
    const { dropped, rejected } = this.#unreported
    if (dropped + rejected === 0 || this.#closed) return
    if (!atOnce && performance.now() - this.#lastNoticeMs < this.#options.noticeIntervalMs) return
    this.#lastNoticeMs = performance.now()
    const notice = this.#options.describeLoss(this.#unreported)
    this.#unreported = { dropped: 0, rejected: 0, reason: '' }
    this.add(notice.item, notice.bytes)
  }

  async #backOff(): Promise<void> {
    const { retryBaseMs, retryMaxMs } = this.#options
    const ceiling = Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(this.#failures++, 20))
    // Half of it by chance, so that many clients do not come back in step.
    const delayMs = Math.max(this.#retryAfterMs ?? 0, ceiling / 2 + (Math.random() * ceiling) / 2)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }
}
