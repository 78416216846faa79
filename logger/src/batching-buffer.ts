import { randomUUID } from 'node:crypto'
import { type BatchingOptions, type Delivery, DeliveryFailure, withDefaults } from './batching-options.ts'
import { DeliveryTally } from './delivery-tally.ts'
import { FlushWaiters } from './flush-waiters.ts'
import { ItemQueue } from './item-queue.ts'
import { logLines, waiting } from './log-lines.ts'
import type { HandlerStats } from './record.ts'
import { RetryPause } from './retry-pause.ts'
import { NUMBER_STEP, SpooledBatches, type Taken } from './spooled-batches.ts'

/** A delivery that takes longer may never end: the lines behind it go to disk. */
const SLOW_DELIVERY_MS = 1_000

/**
 * Gathers items into batches and delivers them in order, one batch at a time, trying again until it works. Adding
 * never blocks or throws. While the other side is away batches wait on disk where there is a spool, else in memory;
 * when that is full the oldest items go, counted, and one item of `describeLoss` says so. A batch keeps its number and
 * content through all its attempts, so that the other side can tell a repeat.
 */
export class BatchingBuffer<Item> {
  readonly #options: Required<BatchingOptions<Item>>
  readonly #sender = randomUUID()
  readonly #queue = new ItemQueue<Item>()
  readonly #waiters = new FlushWaiters()
  readonly #spool: SpooledBatches<Item> | undefined
  readonly #tally: DeliveryTally
  readonly #pause: RetryPause
  /** Taken and being delivered, or waiting in memory for its next attempt. */
  #batch: Taken<Item> | undefined
  #number = 0
  #openBytes = 0
  #maxBatchBytes: number
  #timer: NodeJS.Timeout | undefined
  #timerDelayMs = Number.POSITIVE_INFINITY
  #pumping = false
  #retryAfterMs: number | undefined
  #wasForeign = false
  #closed = false
  readonly #abort = new AbortController()
  #lastError: string | null = null

  constructor(options: BatchingOptions<Item>) {
    this.#options = withDefaults(options)
    this.#maxBatchBytes = this.#options.maxBatchBytes
    const { spool, noticeIntervalMs, retryBaseMs, retryMaxMs } = this.#options
    this.#tally = new DeliveryTally(noticeIntervalMs)
    this.#pause = new RetryPause(retryBaseMs, retryMaxMs)
    this.#spool =
      spool &&
      new SpooledBatches(spool, {
        onProblem: (sentence) => this.#tell(sentence),
        onDropped: (rows, isForeign) => this.#drop(rows, isForeign),
        onTakenOver: (rows) => this.#waiters.settle(rows),
      })
    this.#spool?.onAdopted(() => this.#startSoon(0))
    // Lines that an earlier process left are sent even if this process never logs.
    if (this.#spool && this.#spool.rows > 0) this.#startSoon(0)
  }

  /** Takes one item of `bytes` bytes; returns at once. */
  add(item: Item, bytes: number): void {
    if (this.#closed) {
      this.#tally.countLate()
      return
    }
    this.#waiters.add()
    if (!this.#appendToSpool(item, bytes)) this.#enqueue(item, bytes)
  }

  /** Resolves when all that was added so far is delivered or given up, at the latest after `timeoutMs`. */
  flush(timeoutMs: number = this.#options.flushTimeoutMs): Promise<void> {
    const flushed = this.#waiters.wait(timeoutMs)
    if (!this.#waiters.isWaitedFor) return flushed
    this.#pause.wake()
    void this.#pump()
    return flushed
  }

  /** Flushes, then leaves what is left to the spool, or gives up on it and counts it. */
  async close(timeoutMs?: number): Promise<void> {
    if (this.#closed) return
    this.#reportLoss(true)
    this.#closed = true
    const flushed = this.flush(timeoutMs)
    // The other side wants no attempt before the time is over: a last one now is better than loss.
    if (this.#pause.isLongerThan(timeoutMs ?? this.#options.flushTimeoutMs)) this.#pause.cut()
    await flushed
    this.#abort.abort()
    this.#pause.cut()
    clearTimeout(this.#timer)
    const lost = this.save()
    const kept = this.#spool?.ownRows ?? 0
    this.#spool?.close()
    const why = this.#lastError ?? 'no time left'
    if (kept > 0)
      this.#tell(`${waiting(kept)} in ${this.#spool?.directory} to be sent by the next process: ${why}`, true)
    if (lost === 0) return
    this.#queue.clear()
    this.#batch = undefined
    const before = this.#tally.counts.dropped
    const more = before > 0 ? `; ${logLines(before)} had been dropped before for want of room` : ''
    this.#drop(lost, false)
    this.#tell(
      `${logLines(lost)} could not be delivered and ${lost === 1 ? 'is' : 'are'} dropped: ${why}${more}`,
      true,
    )
  }

  /** Puts on disk what is in memory, where there is a spool; returns how many items then are in memory alone. */
  save(): number {
    const batch = this.#batch
    if (batch && !batch.spooled && this.#spool?.write(batch)) this.#batch = undefined
    this.#spill()
    return this.#queue.rows + (this.#batch && !this.#batch.spooled ? this.#batch.items.length : 0)
  }

  /** Items that are neither delivered nor given up. */
  get pendingRows(): number {
    return this.#waiters.pending
  }

  stats(): Omit<HandlerStats, 'name'> {
    const inMemory = this.#batch && !this.#batch.spooled ? this.#batch : undefined
    return {
      ...this.#tally.counts,
      queuedRows: this.#queue.rows + (inMemory?.items.length ?? 0),
      queuedBytes: this.#queue.bytes + (inMemory?.bytes ?? 0),
      spooledRows: this.#spool?.rows ?? 0,
      spooledBytes: this.#spool?.bytes ?? 0,
      lastError: this.#lastError,
      nextAttemptAt: this.#pause.nextAttemptAt,
    }
  }

  /** Durable: on disk before the call returns. False when it could not be. */
  #appendToSpool(item: Item, bytes: number): boolean {
    const { maxBatchRows, flushIntervalMs } = this.#options
    const spool = this.#spool
    if (!spool?.isDurable) return false
    if (spool.openRows === 0) {
      this.#number += NUMBER_STEP
      this.#openBytes = 0
    }
    if (!spool.append(this.#number, item)) return false
    this.#openBytes += bytes
    const isFull = spool.openRows >= maxBatchRows || this.#openBytes >= this.#maxBatchBytes
    if (isFull) spool.seal()
    if (!this.#pumping) this.#startSoon(isFull ? 0 : flushIntervalMs)
    return true
  }

  #enqueue(item: Item, bytes: number): void {
    const { maxQueueRows, maxQueueBytes, maxBatchRows, flushIntervalMs } = this.#options
    const isFull = () =>
      this.#queue.rows > 0 && (this.#queue.rows >= maxQueueRows || this.#queue.bytes + bytes > maxQueueBytes)
    if (this.#spool && (isFull() || (this.#pause.isFailing && this.#queue.rows >= maxBatchRows))) {
      this.#spillWithBatch()
    }
    while (isFull()) {
      this.#queue.shift()
      this.#drop(1, false)
    }
    this.#queue.push(item, bytes)
    if (this.#pumping) return
    if (this.#queue.rows >= maxBatchRows || this.#queue.bytes >= this.#maxBatchBytes) this.#startSoon(0)
    else this.#startSoon(flushIntervalMs)
  }

  #startSoon(delayMs: number): void {
    // The timer is set once: a timer that every line puts off would never fire.
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
    const spilling = this.#spool
      ? setInterval(() => this.#spillWhileAway(), this.#options.flushIntervalMs).unref()
      : undefined
    this.#spool?.seal()
    do {
      this.#batch ??= this.#take()
      // Due, and yet nothing to be had: the disk gives nothing out for now.
      const isDone = this.#batch ? await this.#attempt(this.#batch) : !this.#isDue()
      if (!isDone) await this.#pause.wait(this.#retryAfterMs)
    } while (!this.#abort.signal.aborted && (this.#batch || this.#isDue()))
    clearInterval(spilling)
    this.#pumping = false
    const hasMore = this.#queue.rows > 0 || (this.#spool?.openRows ?? 0) > 0
    if (hasMore && !this.#abort.signal.aborted) this.#startSoon(this.#options.flushIntervalMs)
  }

  /** Whether to go on at once instead of waiting for more. */
  #isDue(): boolean {
    const { maxBatchRows } = this.#options
    if (this.#waiters.isWaitedFor || this.#closed) this.#spool?.seal()
    if (this.#spool && this.#spool.completeRows > 0) return true
    if (this.#queue.rows === 0) return false
    return this.#waiters.isWaitedFor || this.#closed || this.#queue.rows >= maxBatchRows
  }

  /**
   * Returns the next batch: this process's batches in the order of their numbers, alternating with batches that an
   * earlier process left.
   */
  #take(): Taken<Item> | undefined {
    const own = () => {
      // Its number is lower than the queue's next one, and would be taken for a repeat if it came later.
      if (this.#queue.rows > 0) this.#spool?.seal()
      const spooled = this.#spool?.take('own')
      // Batches that the disk cannot return now also have lower numbers than the queue's.
      return spooled || (this.#spool?.ownCompleteRows ?? 0) > 0 ? spooled : this.#fromQueue()
    }
    const foreign = () => this.#spool?.take('foreign')
    this.#wasForeign = !this.#wasForeign
    return this.#wasForeign ? (foreign() ?? own()) : (own() ?? foreign())
  }

  #fromQueue(): Taken<Item> | undefined {
    if (this.#queue.rows === 0) return undefined
    const { items, bytes } = this.#queue.take(this.#options.maxBatchRows, this.#maxBatchBytes)
    this.#number += NUMBER_STEP
    const sender = this.#spool?.sender ?? this.#sender
    return { sender, number: this.#number, items, bytes, beganMs: performance.now() }
  }

  /** Delivers the batch; false when it has to be tried again. */
  async #attempt(batch: Taken<Item>): Promise<boolean> {
    batch.beganMs = performance.now()
    this.#pause.end()
    const { sender, number, items, bytes } = batch
    try {
      this.#settle(batch, await this.#options.deliver({ sender, number, items, bytes }, this.#abort.signal))
      return true
    } catch (error) {
      if (this.#abort.signal.aborted) return true
      this.#lastError = error instanceof Error ? error.message : String(error)
      const kind = error instanceof DeliveryFailure ? error.kind : 'retry'
      if (kind === 'retry') {
        this.#tally.countRetry()
        this.#retryAfterMs = error instanceof DeliveryFailure ? error.retryAfterMs : undefined
        if (this.#isTakenOver(batch)) this.#handOver(batch)
        else if (batch.spooled || this.#spool?.write(batch)) this.#batch = undefined
        this.#tell(`${this.#lastError}; ${waiting(this.pendingRows)} for the next attempt`)
        return false
      }
      if (this.#isTakenOver(batch)) this.#handOver(batch)
      else if (kind === 'too_large' && batch.items.length > 1) this.#halve(batch)
      else this.#settle(batch, { rejected: batch.items.length, reason: this.#lastError })
      return true
    }
  }

  /** Whether another process sends a batch by now. */
  #isTakenOver(batch: Taken<Item>): boolean {
    return batch.spooled !== undefined && !this.#spool?.keeps(batch)
  }

  #handOver(batch: Taken<Item>): void {
    this.#batch = undefined
    if (!batch.spooled?.isForeign) this.#waiters.settle(batch.items.length)
  }

  #tell(sentence: string, isOnce = false): void {
    try {
      this.#options.onProblem(sentence, isOnce)
    } catch {
      // The application's own function; delivery goes on without it.
    }
  }

  #halve(batch: Taken<Item>): void {
    this.#batch = undefined
    this.#maxBatchBytes = Math.max(1, Math.floor(batch.bytes / 2))
    if (!batch.spooled || !this.#spool) {
      this.#queue.putBack(batch.items, batch.bytes)
      return
    }
    if (this.#spool.halve(batch)) return
    this.#settle(batch, { rejected: batch.items.length, reason: this.#lastError ?? '' })
  }

  #settle(batch: Taken<Item>, delivery: Delivery): void {
    this.#batch = undefined
    this.#pause.reset()
    if (batch.spooled) this.#spool?.remove(batch)
    if (!delivery.rejected) this.#lastError = null
    this.#tally.countArrived(batch.items.length, delivery)
    if (!batch.spooled?.isForeign) this.#waiters.settle(batch.items.length)
    this.#reportLoss(false)
  }

  /** Moves waiting lines to disk within a flush interval while the receiver is away or does not answer. */
  #spillWhileAway(): void {
    const batch = this.#batch
    const isSlow = batch !== undefined && performance.now() - batch.beganMs > SLOW_DELIVERY_MS
    if (!this.#pause.isFailing && !isSlow) return
    this.#spillWithBatch()
    this.#spool?.seal()
  }

  /** The queue into the spool, the batch under way before it. */
  #spillWithBatch(): void {
    const batch = this.#batch
    if (batch && !batch.spooled && this.#spool?.write(batch)) this.#spool.hold(batch)
    this.#spill()
  }

  /** The queue into the spool, unless the batch under way is in memory alone, whose number comes before. */
  #spill(): void {
    const spool = this.#spool
    if (!spool || (this.#batch && !this.#batch.spooled)) return
    spool.seal()
    while (this.#queue.rows > 0) {
      const batch = this.#fromQueue()
      if (!batch || spool.write(batch)) continue
      this.#queue.putBack(batch.items, batch.bytes)
      return
    }
  }

  #drop(rows: number, isForeign: boolean): void {
    if (rows === 0) return
    this.#tally.countDropped(rows)
    if (!isForeign) this.#waiters.settle(rows)
  }

  /** Adds an item that reports the losses, at most once per notice interval. */
  #reportLoss(atOnce: boolean): void {
    const loss = this.#closed ? undefined : this.#tally.takeLoss(atOnce)
    if (!loss) return
    const notice = this.#options.describeLoss(loss)
    this.add(notice.item, notice.bytes)
  }
}
