// Reading statements: the shape of their rows, the connection they run on, and the time and text that one may take.
import { setTimeout as delay } from 'node:timers/promises'
import type { Level } from '@timelapser/logger'
import pg from 'pg'
import { ByteBudget } from '../../byte-budget.ts'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'
import { withFallback } from './fallback.ts'
import { isPooled, sessionsOf } from './pooler.ts'
import { withScanSlot } from './scan-slots.ts'

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

/** Runs a single reading statement: a pool, or a reader that follows a signal. */
export type Reader = {
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<{ rows: R[] }>
}

export type StatementLimits = {
  /** Cancels the statement on the server when it aborts. */
  signal?: AbortSignal | undefined
  /**
   * How long the statement may take; the connection's own limit otherwise. A statement with a limit may scan, so it
   * takes a slot.
   */
  timeoutMs?: number | undefined
}

/** A cancel that overtook its statement on the way to the server did nothing, so it is repeated. */
const REPEAT_CANCEL_MS = 200

/** Where a read goes, and what ends it. */
export type ReadFrom = { pool: pg.Pool; signal?: AbortSignal | undefined }

/** A reader whose statements end when the signal aborts. */
export function readerFor({ pool, signal }: ReadFrom): Reader {
  if (!signal) return pool
  return { query: (text, values) => queryWithin(pool, text, values ?? [], { signal }) }
}

/**
 * Runs one statement within limits.
 *
 * @throws the signal's reason once it has aborted and the statement is gone from the server; PostgreSQL's error 57014,
 * see `isTimeout`, when the statement took too long
 */
export async function queryWithin<R extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: unknown[],
  limits: StatementLimits,
): Promise<{ rows: R[] }> {
  const { signal, timeoutMs } = limits
  signal?.throwIfAborted()
  return withFallback(pool, signal, (one) => {
    const run = () => runWithin<R>(one, text, values, limits)
    return timeoutMs === undefined ? run() : withScanSlot(one, signal, run)
  })
}

async function runWithin<R extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: unknown[],
  { signal, timeoutMs }: StatementLimits,
): Promise<{ rows: R[] }> {
  const client = await pool.connect()
  const ended = new AbortController()
  // Through a pooler only a transaction keeps its session, and only that says which it is.
  const isOwnTransaction = timeoutMs !== undefined || (signal !== undefined && isPooled(pool))
  let { processID } = client as pg.PoolClient & { processID: number }
  let cancelling: Promise<void> | undefined
  const cancel = () => {
    cancelling = cancelUntil(ended.signal, pool, processID)
  }
  let isUsable = true
  try {
    if (isOwnTransaction) {
      const limit =
        timeoutMs === undefined ? '' : `; set local statement_timeout = ${Math.max(1, Math.ceil(timeoutMs))}`
      if (isPooled(pool)) processID = await beginPooled(client, limit)
      else await client.query(`begin read only${limit}`)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    signal?.throwIfAborted()
    return await client.query<R>(text, values)
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', cancel)
    ended.abort()
    // A cancel under way hits the connection's next statement, so nobody else gets the connection before it is done.
    await cancelling
    if (isOwnTransaction || cancelling) isUsable = await rollBack(client)
    client.release(!isUsable)
  }
}

/** Whether the statement was ended by its time limit. */
export function isTimeout(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '57014'
}

function rollBack(client: pg.PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  )
}

/** Begins a transaction and returns the process of its session. */
async function beginPooled(client: pg.PoolClient, limit: string): Promise<number> {
  // A reply for each of the statements.
  const replies = (await client.query(
    `begin read only${limit}; select pg_backend_pid() as pid`,
  )) as unknown as pg.QueryResult<{ pid: number }>[]
  return replies.at(-1)?.rows[0]?.pid as number
}

/** Cancels what the session runs, from a connection of its own: the pool may be all taken by what is to be cancelled. */
async function cancelUntil(ended: AbortSignal, pool: pg.Pool, processID: number): Promise<void> {
  const canceller = new pg.Client(sessionsOf(pool).options)
  canceller.on('error', () => undefined)
  try {
    await canceller.connect()
    while (!ended.aborted) {
      await canceller.query('select pg_cancel_backend($1)', [processID])
      await delay(REPEAT_CANCEL_MS, undefined, { signal: ended }).catch(() => undefined)
    }
  } catch {
    // It cannot be cancelled now; the statement ends at its time limit, and the caller waits for that.
  } finally {
    await canceller.end().catch(() => undefined)
  }
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

/**
 * Pages that compare text may take seconds each; others find room beside them. The room that they grow by is a holder's of
 * its own: even if the pages of administrators, beyond the number, use all of this, one page can grow, and end.
 */
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
      await this.budget.wait('long', more, signal ?? NEVER)
      giveBack = () => {
        this.budget.give('long', more)
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
