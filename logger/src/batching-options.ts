import type { Loss } from './loss-record.ts'
import type { ClassedLine } from './spool/batch-files.ts'
import type { Spool } from './spool/spool.ts'

/** Items that are delivered together. */
export type Batch<Item> = {
  /** A uuid. Batches of one sender come one after the other. */
  sender: string
  /** Rises with each batch of its sender; a batch that is tried again keeps its number and its items. */
  number: number
  items: readonly Item[]
  bytes: number
}

/** The outcome of a delivered batch. */
export type Delivery = {
  /** Items the other side refused, and why. */
  rejected?: number
  reason?: string
  /** Items it held back by level. */
  filtered?: number
}

/** Thrown by `deliver`; any other error means `retry`. */
export class DeliveryFailure extends Error {
  /** `retry`: the same batch again; `refused`: never; `too_large`: in smaller batches. */
  readonly kind: 'retry' | 'refused' | 'too_large'
  /** Not before that. */
  readonly retryAfterMs: number | undefined

  constructor(kind: DeliveryFailure['kind'], message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'DeliveryFailure'
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
}

/** Bounds and times of batching that an application may set. */
export type BatchingLimits = {
  /** Default 1,000. */
  maxBatchRows?: number
  /** Default 1 MB. */
  maxBatchBytes?: number
  /** How long a line waits for others. Default 500. */
  flushIntervalMs?: number
  /** Lines kept while the other side is away; then the oldest are dropped. Default 50,000. */
  maxQueueRows?: number
  /** Default 64 MB. */
  maxQueueBytes?: number
  /** The first pause after a failure; doubles up to `retryMaxMs`. Default 500. */
  retryBaseMs?: number
  /** Default 30,000. */
  retryMaxMs?: number
  /** How long `flush()` and `close()` wait for the other side. Default 5,000. */
  flushTimeoutMs?: number
  /** Least time between two lines that report lost lines. Default 10,000. */
  noticeIntervalMs?: number
}

/** Where batches wait on disk while the other side is away. */
export type BatchingSpool<Item> = {
  store: Spool
  /** Whether each item is on disk before `add` returns. */
  durable: boolean
  encode(item: Item): ClassedLine
  /** @throws when the text is no item */
  decode(text: string): Item
}

export type BatchingOptions<Item> = BatchingLimits & {
  spool?: BatchingSpool<Item> | undefined
  /** Resolves when the batch is stored; throws {@link DeliveryFailure}, or anything else to be called again. */
  deliver(batch: Batch<Item>, signal: AbortSignal): Promise<Delivery>
  /** Makes the item that reports lost items. */
  describeLoss(loss: Loss): { item: Item; bytes: number }
  /**
   * Receives each failure as a sentence; must not log through the buffer. `isOnce` marks a sentence that is not
   * repeated.
   */
  onProblem(sentence: string, isOnce?: boolean): void
}

export function withDefaults<Item>(options: BatchingOptions<Item>): Required<BatchingOptions<Item>> {
  return {
    spool: undefined,
    maxBatchRows: 1_000,
    maxBatchBytes: 1024 * 1024,
    flushIntervalMs: 500,
    maxQueueRows: 50_000,
    maxQueueBytes: 64 * 1024 * 1024,
    retryBaseMs: 500,
    retryMaxMs: 30_000,
    flushTimeoutMs: 5_000,
    noticeIntervalMs: 10_000,
    ...(Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ) as BatchingOptions<Item>),
  }
}
