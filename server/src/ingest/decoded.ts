import type { LogRecord } from '@timelapser/logger'

/** A record that was not taken: its position among the records sent (0 is the first) and why. */
export type Rejection = { index: number; reason: string }

/** What a decoder makes of a body. Never thrown away as a whole: good records stand beside bad ones. */
export type Decoded = {
  /** In the order they were sent. */
  records: LogRecord[]
  /** In the order they were sent; the first `MAX_NAMED_REJECTIONS`. */
  rejections: Rejection[]
  /** All of them. */
  rejectedCount: number
  /** Where each record stood among what was sent; undefined when none was rejected, so each at its own index. */
  positions: number[] | undefined
}

/**
 * Rejections told one by one. Enough to see the pattern; without it 16 MB of `{}` would turn into five million
 * reasons in memory and in the reply.
 */
export const MAX_NAMED_REJECTIONS = 1000

/** What a decoder fills in where the sender said nothing. */
export type RecordDefaults = {
  /** Arrival, ISO 8601 in UTC; the time of records that carry none. */
  now: string
  /** `system` when absent, as in the table. */
  source?: string
  logger_name?: string
  camera_id?: number
}

export const DEFAULT_SOURCE = 'system'

/** Collects what a decoder finds, record by record. */
export class DecodedBody implements Decoded {
  readonly records: LogRecord[] = []
  readonly rejections: Rejection[] = []
  rejectedCount = 0
  positions: number[] | undefined = undefined

  /** @param outcome the record, or the reason why there is none. */
  add(outcome: LogRecord | string): void {
    const index = this.records.length + this.rejectedCount
    if (typeof outcome !== 'string') {
      this.records.push(outcome)
      this.positions?.push(index)
      return
    }
    this.positions ??= this.records.map((_, position) => position)
    if (this.rejectedCount < MAX_NAMED_REJECTIONS) this.rejections.push({ index, reason: outcome })
    this.rejectedCount += 1
  }
}
