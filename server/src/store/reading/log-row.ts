import type { Level } from '@timelapser/logger'
import { ByteBudget } from '../../byte-budget.ts'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'

/** One stored line as it is read: the columns of `logs` and the camera's name. Never re-keyed on its way up. */
export type LogRow = {
  id: number
  level: Level
  message: string
  /** ISO 8601 in UTC, up to six fractional digits. */
  timestamp: string
  /** Null for no camera and for a deleted camera. */
  camera_id: number | null
  camera_name: string | null
  source: string
  logger_name: string | null
  extra_data: Record<string, unknown> | null
}

/**
 * A statement of that name whose rows are a relation's as `LogRow`, in no order.
 *
 * @param more columns of the relation, each as `, l.<column>`
 */
export function withCameras(name: string, relation: string, more = ''): string {
  return `
  /* ${name} */
  select l.id, l.level, l.message, l.timestamp,
    case when c.deleted_at is null then l.camera_id end as camera_id,
    case when c.deleted_at is null then c.name end as camera_name,
    l.source, l.logger_name, l.extra_data${more}
  from (${relation}
  ) l
  left join cameras c on c.id = l.camera_id`
}

// How much text one read may bring: a page of 1,000 of the longest lines would be 300 MB.

/** Bytes that the rows of one read have together at most, and one row more: a thousand with 8 kB each. */
export const PAGE_BYTES = 8 * 1024 * 1024

/** The longest row: 256 kB of message and 64 kB of `extra_data`. */
export const LONGEST_ROW_BYTES = 320 * 1024

/** A compressed value may be as long as a field can be. */
const COMPRESSED_BYTES = 65_536

/** Bytes of a row of `logs`, as an expression that reads none of its text. */
export const ROW_BYTES = `(octet_length(message) + case when pg_column_compression(extra_data) is null then coalesce(pg_column_size(extra_data), 0) else ${COMPRESSED_BYTES} end)`

/** Whether that many rows may be too much text. Few are never measured: it would cost most reads more than they bring. */
export function isMeasured(limit: number, maxBytes: number | undefined): boolean {
  return maxBytes !== undefined && limit * LONGEST_ROW_BYTES > maxBytes
}

/** Text of the pages that are being read: as much as four of them may have. */
const READING_BYTES = 32 * 1024 * 1024

/** Pages that compare text may take seconds each; others find room beside them. */
const TEXT_BYTES = 24 * 1024 * 1024

/** Pages that compare text, as many as `withScanSlot` lets scan at a time. */
const TEXTS_AT_ONCE = 10

/** Bytes that a page with text comparison may have before it takes the room of the longest: most pages have fewer. */
const FIRST_TEXT_BYTES = 1024 * 1024

/** Pages that compare text and are longer than that. */
const LONG_TEXTS_AT_ONCE = Math.floor(
  (TEXT_BYTES - TEXTS_AT_ONCE * FIRST_TEXT_BYTES) / (PAGE_BYTES - FIRST_TEXT_BYTES),
)

/** All other pages. They take milliseconds, so that one caller may have all places while nobody else waits. */
const PLAIN_AT_ONCE = Math.floor(TEXT_BYTES / PAGE_BYTES)

/** Room for a page whose rows come bit by bit. */
export type GrowingRoom = {
  /** Bytes that its rows may have before it has to grow. */
  readonly bytes: number
  /** Waits for the room of the longest page. */
  grow(): Promise<void>
}

/** Room for pages on their way from the database. Callers get it in turn: nobody waits for all pages of another. */
export class PageRoom {
  readonly budget = new ByteBudget('pages', READING_BYTES, TEXT_BYTES)
  readonly #texts = new FairPlaces(TEXTS_AT_ONCE)
  readonly #longTexts = new FairPlaces(LONG_TEXTS_AT_ONCE)
  readonly #plain = new FairPlaces(PLAIN_AT_ONCE, PLAIN_AT_ONCE)

  /** Reads a page by indexes and kept counts when there is room for the longest it can be. */
  readPlain<T>(limit: number, signal: AbortSignal | undefined, read: () => Promise<T>): Promise<T> {
    const work = () => this.#within('plain', bytesOf(limit), signal, read)
    return this.#plain.use(currentCaller(), signal, work)
  }

  /** Reads a page that compares text, in room that grows when its lines are long. */
  readText<T>(
    limit: number,
    signal: AbortSignal | undefined,
    read: (room: GrowingRoom) => Promise<T>,
  ): Promise<T> {
    const bytes = Math.min(bytesOf(limit), FIRST_TEXT_BYTES)
    let giveBack: (() => void) | undefined
    const grow = async () => {
      if (giveBack || bytes === bytesOf(limit)) return
      const leave = await this.#longTexts.take(currentCaller(), signal)
      const more = bytesOf(limit) - bytes
      giveBack = leave
      await this.budget.wait('text', more, signal ?? NEVER)
      giveBack = () => {
        this.budget.give('text', more)
        leave()
      }
    }
    const work = () => this.#within('text', bytes, signal, () => read({ bytes, grow }))
    return this.#texts.use(currentCaller(), signal, work).finally(() => giveBack?.())
  }

  async #within<T>(
    holder: 'plain' | 'text',
    bytes: number,
    signal: AbortSignal | undefined,
    read: () => Promise<T>,
  ): Promise<T> {
    await this.budget.wait(holder, bytes, signal ?? NEVER)
    try {
      return await read()
    } finally {
      this.budget.give(holder, bytes)
    }
  }
}

const NEVER = new AbortController().signal

/** A few rows are never too many, whatever they hold. */
function bytesOf(limit: number): number {
  return Math.min(limit * LONGEST_ROW_BYTES, PAGE_BYTES)
}

/** The rows of a relation in order, up to and including the first row with which they are too long. A row may come without text. */
export function cutByBytes(relation: string, order: string, maxBytes: string): string {
  return `
    select *
    from (
      select page.*, ${ROW_BYTES} as own_bytes,
        (sum(${ROW_BYTES}) over (order by ${order} rows unbounded preceding))::bigint as bytes
      from (${relation}
      ) page
    ) measured
    where coalesce(bytes - own_bytes, 0) <= ${maxBytes}::bigint`
}

/** Rows of one read. */
export type MeasuredRows<R = LogRow> = {
  rows: R[]
  /** Bytes of all rows; 0 when they were too few to be measured. */
  bytes: number
  /** Whether more rows were left out for their length. */
  isCut: boolean
}

/** Takes the measure off the rows of a statement with `cutByBytes`. */
export function measured<R extends object>(
  rows: readonly (R & { bytes?: number })[],
  maxBytes: number | undefined,
): MeasuredRows<R> {
  const bytes = rows.at(-1)?.bytes
  if (bytes === undefined || maxBytes === undefined) return { rows: [...rows], bytes: 0, isCut: false }
  return { rows: rows.map(({ bytes: _, ...row }) => row as unknown as R), bytes, isCut: bytes > maxBytes }
}
