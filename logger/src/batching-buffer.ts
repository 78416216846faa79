import { randomUUID } from 'node:crypto'
import {
  type Batch,
  type BatchingOptions,
  type Delivery,
  DeliveryFailure,
  withDefaults,
} from './batching-options.ts'
import { FlushWaiters } from './flush-waiters.ts'
import { ItemQueue } from './item-queue.ts'
import type { HandlerStats } from './record.ts'

/** A batch under way, and where it is kept besides in memory. */
type Taken<Item> = Batch<Item> & { beganMs: number; spooled?: { isForeign: boolean } }

/** Between two numbers that are given out there is room for the halves of a batch that was refused as too large. */
const NUMBER_STEP = 1024
/** A delivery that takes longer may be one that never ends: what waits behind it goes to disk. */
const SLOW_DELIVERY_MS = 1_000

/**
 * Gathers items into batches and delivers them in order, one batch at a time, trying again until it works. Adding
 * never blocks or throws. While the other side is away batches wait on disk where there is a spool, else in memory;
 * when that is full the oldest items go, counted, and one item of `describeLoss` says so. A batch keeps its number and
 * content through all its attempts, so that the other side can tell a repeat.
 */
export class BatchingBuffer<Item> {
  readonly #options: Required<BatchingOptions<Item>>
  readonly #sender: string
  readonly #queue = new ItemQueue<Item>()
  readonly #waiters = new FlushWaiters()
  /** Taken and being delivered, or waiting in memory for its next attempt. */
  #batch: Taken<Item> | undefined
  #number = 0
  #openBytes = 0
  #maxBatchBytes: number
  #timer: NodeJS.Timeout | undefined
  #timerDelayMs = Number.POSITIVE_INFINITY
  #pumping = false
  #wake: (() => void) | undefined
  #failures = 0
  #retryAfterMs: number | undefined
  #retryAtMs: number | undefined
  #wasForeign = false
  #closed = false
  readonly #abort = new AbortController()
  #counts = { delivered: 0, dropped: 0, rejected: 0, filtered: 0, retries: 0 }
  #unreported = { dropped: 0, rejected: 0, reason: '' }
  #lastNoticeMs = Number.NEGATIVE_INFINITY
  #lastError: string | null = null

  constructor(options: BatchingOptions<Item>) {
    this.#options = withDefaults(options)
    this.#maxBatchBytes = this.#options.maxBatchBytes
    const { spool } = this.#options
    this.#sender = spool?.store.sender ?? randomUUID()
    // What an earlier process left goes out though this one may never log.
    if (spool && !spool.store.isEmpty) this.#startSoon(0)
  }

  /** Takes one item of so many bytes; returns at once. */
  add(item: Item, bytes: number): void {
    if (this.#closed) {
      this.#counts.dropped++
      return
    }
    this.#waiters.add()
    if (!this.#appendToSpool(item, bytes)) this.#enqueue(item, bytes)
  }

  /** Resolves when all that was added so far is delivered or given up, at the latest after `timeoutMs`. */
  flush(timeoutMs: number = this.#options.flushTimeoutMs): Promise<void> {
    const flushed = this.#waiters.wait(timeoutMs)
    if (!this.#waiters.isWaitedFor) return flushed
    this.#wake?.()
    void this.#pump()
    return flushed
  }

  /** Flushes, then leaves what is left to the spool, or gives up on it and counts it. */
  async close(timeoutMs?: number): Promise<void> {
    if (this.#closed) return
    this.#reportLoss(true)
    this.#closed = true
    await this.flush(timeoutMs)
    this.#abort.abort()
    this.#wake?.()
    clearTimeout(this.#timer)
    const lost = this.save()
    const { spool } = this.#options
    const kept = spool?.store.ownRows ?? 0
    spool?.store.close()
    const why = this.#lastError ?? 'no time left'
    if (kept > 0)
      this.#tell(`${kept} log lines wait in ${spool?.store.directory} to be sent by the next process: ${why}`)
    if (lost === 0) return
    this.#queue.clear()
    this.#batch = undefined
    this.#countDropped(lost)
    this.#tell(`${lost} log lines could not be delivered: ${why}`)
  }

  /** Puts on disk what is in memory, where there is a spool; returns how many items then are in memory alone. */
  save(): number {
    const batch = this.#batch
    if (batch && !batch.spooled && this.#write(batch)) this.#batch = undefined
    this.#spill()
    return this.#queue.rows + (this.#batch && !this.#batch.spooled ? this.#batch.items.length : 0)
  }

  /** Items that are neither delivered nor given up. */
  get pendingRows(): number {
    return this.#waiters.pending
  }

  stats(): Omit<HandlerStats, 'name'> {
    const store = this.#options.spool?.store
    const inMemory = this.#batch && !this.#batch.spooled ? this.#batch : undefined
    return {
      ...this.#counts,
      queuedRows: this.#queue.rows + (inMemory?.items.length ?? 0),
      queuedBytes: this.#queue.bytes + (inMemory?.bytes ?? 0),
      spooledRows: store?.rows ?? 0,
      spooledBytes: store?.bytes ?? 0,
      lastError: this.#lastError,
      nextAttemptAt: this.#retryAtMs === undefined ? null : new Date(this.#retryAtMs).toISOString(),
    }
  }

  /** Durable: on disk before the call returns. False when it could not be. */
  #appendToSpool(item: Item, bytes: number): boolean {
    const { spool, maxBatchRows, flushIntervalMs } = this.#options
    if (!spool?.durable) return false
    try {
      if (spool.store.openRows === 0) {
        this.#number += NUMBER_STEP
        this.#openBytes = 0
      }
      spool.store.append(this.#number, spool.encode(item))
    } catch (error) {
      this.#spoolFailed(error)
      return false
    }
    this.#openBytes += bytes
    const isFull = spool.store.openRows >= maxBatchRows || this.#openBytes >= this.#maxBatchBytes
    if (isFull) this.#sealOpen()
    if (!this.#pumping) this.#startSoon(isFull ? 0 : flushIntervalMs)
    this.#countSpoolDrops()
    return true
  }

  #enqueue(item: Item, bytes: number): void {
    const { maxQueueRows, maxQueueBytes, maxBatchRows, flushIntervalMs } = this.#options
    const isFull = () =>
      this.#queue.rows > 0 && (this.#queue.rows >= maxQueueRows || this.#queue.bytes + bytes > maxQueueBytes)
    if (this.#options.spool && (isFull() || (this.#failures > 0 && this.#queue.rows >= maxBatchRows))) {
      this.#spillWithBatch()
    }
    while (isFull()) {
      this.#queue.shift()
      this.#countDropped(1)
    }
    this.#queue.push(item, bytes)
    if (this.#pumping) return
    if (this.#queue.rows >= maxBatchRows || this.#queue.bytes >= this.#maxBatchBytes) this.#startSoon(0)
    else this.#startSoon(flushIntervalMs)
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
    const spilling = this.#options.spool
      ? setInterval(() => this.#spillWhileAway(), this.#options.flushIntervalMs).unref()
      : undefined
    this.#sealOpen()
    do {
      this.#batch ??= this.#take()
      if (this.#batch && !(await this.#attempt(this.#batch))) await this.#backOff()
    } while (!this.#abort.signal.aborted && (this.#batch || this.#isDue()))
    clearInterval(spilling)
    this.#pumping = false
    const hasMore = this.#queue.rows > 0 || (this.#options.spool?.store.openRows ?? 0) > 0
    if (hasMore && !this.#abort.signal.aborted) this.#startSoon(this.#options.flushIntervalMs)
  }

  /** Whether to go on at once instead of waiting for more. */
  #isDue(): boolean {
    const { spool, maxBatchRows } = this.#options
    if (spool && (this.#waiters.isWaitedFor || this.#closed)) this.#sealOpen()
    if (spool && spool.store.rows > spool.store.openRows) return true
    if (this.#queue.rows === 0) return false
    return this.#waiters.isWaitedFor || this.#closed || this.#queue.rows >= maxBatchRows
  }

  /** The next batch: this process's in the order of their numbers, and by turns one that an earlier process left. */
  #take(): Taken<Item> | undefined {
    const own = () => {
      // Its number is lower than the queue's next one, and would be taken for a repeat if it came later.
      if (this.#queue.rows > 0) this.#sealOpen()
      return this.#fromSpool('nextOwn') ?? this.#fromQueue()
    }
    const foreign = () => this.#fromSpool('nextForeign')
    this.#wasForeign = !this.#wasForeign
    return this.#wasForeign ? (foreign() ?? own()) : (own() ?? foreign())
  }

  #fromQueue(): Taken<Item> | undefined {
    if (this.#queue.rows === 0) return undefined
    const { items, bytes } = this.#queue.take(this.#options.maxBatchRows, this.#maxBatchBytes)
    this.#number += NUMBER_STEP
    return { sender: this.#sender, number: this.#number, items, bytes, beganMs: performance.now() }
  }

  #fromSpool(next: 'nextOwn' | 'nextForeign'): Taken<Item> | undefined {
    const { spool } = this.#options
    if (!spool) return undefined
    try {
      for (let spooled = spool.store[next](); spooled; spooled = spool.store[next]()) {
        const { sender, number, texts, isForeign } = spooled
        const items = texts.flatMap((text) => decodeOrNone(spool.decode, text))
        const unreadable = spooled.broken + texts.length - items.length
        this.#drop(unreadable, isForeign)
        const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
        if (items.length > 0)
          return { sender, number, items, bytes, spooled: { isForeign }, beganMs: performance.now() }
        spool.store.remove(spooled)
      }
    } catch (error) {
      this.#spoolFailed(error)
    }
    return undefined
  }

  /** Delivers the batch; false when it has to be tried again. */
  async #attempt(batch: Taken<Item>): Promise<boolean> {
    batch.beganMs = performance.now()
    this.#retryAtMs = undefined
    const { sender, number, items, bytes } = batch
    try {
      this.#settle(batch, await this.#options.deliver({ sender, number, items, bytes }, this.#abort.signal))
      return true
    } catch (error) {
      if (this.#abort.signal.aborted) return true
      this.#lastError = error instanceof Error ? error.message : String(error)
      const kind = error instanceof DeliveryFailure ? error.kind : 'retry'
      if (kind === 'retry') {
        this.#counts.retries++
        this.#retryAfterMs = error instanceof DeliveryFailure ? error.retryAfterMs : undefined
        if (batch.spooled || this.#write(batch)) this.#batch = undefined
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

  #halve(batch: Taken<Item>): void {
    this.#batch = undefined
    this.#maxBatchBytes = Math.max(1, Math.floor(batch.bytes / 2))
    const { spool } = this.#options
    if (!batch.spooled || !spool) {
      this.#queue.putBack(batch.items, batch.bytes)
      return
    }
    const endOfRoom = batch.number - (batch.number % NUMBER_STEP) + NUMBER_STEP
    try {
      if (spool.store.halve(batch, batch.items.map(spool.encode), endOfRoom)) return
    } catch (error) {
      this.#spoolFailed(error)
    }
    this.#settle(batch, { rejected: batch.items.length, reason: this.#lastError ?? '' })
  }

  #settle(batch: Taken<Item>, { rejected = 0, filtered = 0, reason = '' }: Delivery): void {
    this.#batch = undefined
    this.#failures = 0
    if (batch.spooled) this.#options.spool?.store.remove(batch)
    if (rejected === 0) this.#lastError = null
    this.#counts.delivered += batch.items.length - rejected - filtered
    this.#counts.rejected += rejected
    this.#counts.filtered += filtered
    this.#unreported.rejected += rejected
    if (rejected > 0) this.#unreported.reason = reason
    if (!batch.spooled?.isForeign) this.#waiters.settle(batch.items.length)
    this.#reportLoss(false)
  }

  /** What waits while the other side is away, or does not answer, goes to disk within a flush interval. */
  #spillWhileAway(): void {
    const batch = this.#batch
    const isSlow = batch !== undefined && performance.now() - batch.beganMs > SLOW_DELIVERY_MS
    if (this.#failures === 0 && !isSlow) return
    this.#spillWithBatch()
    this.#sealOpen()
  }

  /** The queue into the spool, the batch under way before it. */
  #spillWithBatch(): void {
    const batch = this.#batch
    if (batch && !batch.spooled && this.#write(batch)) this.#options.spool?.store.hold(batch)
    this.#spill()
  }

  /** The queue into the spool, unless the batch under way is in memory alone, whose number comes before. */
  #spill(): void {
    const { spool } = this.#options
    if (!spool || (this.#batch && !this.#batch.spooled)) return
    this.#sealOpen()
    while (this.#queue.rows > 0) {
      const batch = this.#fromQueue()
      if (!batch || this.#write(batch)) continue
      this.#queue.putBack(batch.items, batch.bytes)
      return
    }
  }

  /** Writes a batch of the queue into the spool; false when that fails or there is none. */
  #write(batch: Taken<Item>): boolean {
    const { spool } = this.#options
    if (!spool) return false
    try {
      spool.store.write(batch.number, batch.items.map(spool.encode))
    } catch (error) {
      this.#spoolFailed(error)
      return false
    } finally {
      this.#countSpoolDrops()
    }
    batch.spooled = { isForeign: false }
    return true
  }

  #sealOpen(): void {
    try {
      this.#options.spool?.store.seal()
    } catch (error) {
      this.#spoolFailed(error)
    }
  }

  #spoolFailed(error: unknown): void {
    this.#tell(`Log lines cannot be kept on disk: ${error instanceof Error ? error.message : String(error)}`)
  }

  #countSpoolDrops(): void {
    const dropped = this.#options.spool?.store.takeDropped() ?? { own: 0, foreign: 0 }
    this.#countDropped(dropped.own)
    this.#drop(dropped.foreign, true)
  }

  #countDropped(rows: number): void {
    this.#drop(rows, false)
  }

  #drop(rows: number, isForeign: boolean): void {
    if (rows === 0) return
    this.#counts.dropped += rows
    this.#unreported.dropped += rows
    if (!isForeign) this.#waiters.settle(rows)
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
    this.#retryAtMs = Date.now() + delayMs
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

function decodeOrNone<Item>(decode: (text: string) => Item, text: string): Item[] {
  try {
    return [decode(text)]
  } catch {
    return []
  }
}
