import type { LogRecord } from '@timelapser/logger'
import { weigh } from '../record-weight.ts'
import { MAX_RECORD_BYTES_A_BODY, MAX_RECORDS_A_BODY, tooManyRecords, tooMuchText } from './body-limits.ts'
import type { LogForm } from './inference/log-form.ts'

/** A record that was not taken: its position among the records sent (0 is the first) and why. */
export type Rejection = { index: number; reason: string }

/** A plain line, and the record that was made of it. */
export type StreamLine = { text: string; record: LogRecord }

/** The result of decoding a body. It is never dropped as a whole: good records stand beside rejections. */
export type Decoded = {
  /** In the order they were sent. */
  records: LogRecord[]
  /** In the order they were sent; the first `MAX_NAMED_REJECTIONS`. */
  rejections: Rejection[]
  /** All of them. */
  rejectedCount: number
  /** Where each record stood among what was sent; undefined when none was rejected, so each at its own index. */
  positions: number[] | undefined
  /** How the body's plain lines were read, where it has some. */
  form?: LogForm | undefined
  /** Plain lines of streams that state no level beside the text, by the stream's labels. */
  streams?: Map<string, StreamLine[]>
  /** The total weight of the records, if they were weighed. */
  bytes?: number
}

/**
 * Rejections listed singly. Enough to see the pattern; without the limit 16 MB of `{}` would turn into five million
 * reasons in memory and in the reply.
 */
export const MAX_NAMED_REJECTIONS = 1000

/** Streams of a body whose lines' form is looked for; senders put some together, hardly ever hundreds. */
const MAX_STREAMS = 200

/** The defaults for values that the sender left out. */
export type RecordDefaults = {
  /** Arrival, ISO 8601 in UTC; the time of records that carry none. */
  now: string
  /** `system` when absent, as in the table. */
  source?: string
  logger_name?: string
  camera_id?: number
}

/** Records of a step: with the usual ones a millisecond, with slow ones some ten. */
const RECORDS_A_STEP = 128

export const DEFAULT_SOURCE = 'system'

/** Collects what a decoder finds, record by record, up to the bound of a body. */
export class DecodedBody implements Decoded {
  readonly records: LogRecord[] = []
  readonly rejections: Rejection[] = []
  rejectedCount = 0
  positions: number[] | undefined = undefined
  bytes = 0
  form: LogForm | undefined = undefined
  readonly streams = new Map<string, StreamLine[]>()

  /** Records looked at so far, taken or not. */
  get size(): number {
    return this.records.length + this.rejectedCount
  }

  /** Whether this is a moment to let others have their turn. */
  get isStep(): boolean {
    return this.size % RECORDS_A_STEP === 0
  }

  /**
   * @param outcome the record, or the reason why there is none.
   * @throws {BodyTooLarge} when there are more than one body may have
   */
  add(outcome: LogRecord | string): void {
    const index = this.size
    if (index >= MAX_RECORDS_A_BODY) throw tooManyRecords()
    // A decoder may take the thrown error for a broken record; then the next record ends it.
    if (this.bytes > MAX_RECORD_BYTES_A_BODY) throw tooMuchText()
    if (typeof outcome !== 'string') {
      this.bytes += weigh(outcome)
      if (this.bytes > MAX_RECORD_BYTES_A_BODY) throw tooMuchText()
      this.records.push(outcome)
      this.positions?.push(index)
      return
    }
    this.positions ??= this.records.map((_, position) => position)
    if (this.rejectedCount < MAX_NAMED_REJECTIONS) this.rejections.push({ index, reason: outcome })
    this.rejectedCount += 1
  }

  /** Notes a plain line of a stream beside its record, which was added. */
  noteLine(labels: string, line: StreamLine): void {
    const lines = this.streams.get(labels)
    if (lines !== undefined) lines.push(line)
    else if (this.streams.size < MAX_STREAMS) this.streams.set(labels, [line])
  }
}

/**
 * Work in steps of a few milliseconds, so that a long body does not block others: the caller may pause
 * between steps as it likes.
 */
export type Steps<T> = Generator<void, T>

/** Runs all steps at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
