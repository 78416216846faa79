import { AsyncLocalStorage } from 'node:async_hooks'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'
import { HOUR } from '../../store/database/timestamp.ts'
import {
  EXPORT_FIELDS,
  type ExportField,
  type ExportFormat,
  exportHeader,
} from '../../store/export/export-format.ts'
import { exportRows, type LogExport } from '../../store/export/export-rows.ts'
import type { Visibility } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import { appliedFilters, type LogQuery, type SearchQueries } from './log-query.ts'

/** Each takes a core of the database while its client keeps up. Two of them for one caller. */
const MAX_AT_ONCE = 6

/** Downloads of a user or key that are audited each in an hour; further ones share an entry. */
const AUDITED_AN_HOUR = 60

/** The feed, which distinguishes later rows from ours, is kept a day. */
const MAX_DURATION_MS = 12 * HOUR

/** A client that takes nothing for so long is cut off: it keeps one of the few places. */
const STALL_MS = 5 * 60_000

export type ExportAsked = {
  format: ExportFormat
  /** Unset for those of a record, in NDJSON, and for all of a row, in CSV. */
  fields?: readonly ExportField[]
  order: 'oldest' | 'newest'
}

/** The fields that `ingest` takes: an export of all fields is stored again as it was. */
const RECORD_FIELDS = EXPORT_FIELDS.filter((field) => field !== 'id' && field !== 'camera_name')

/** How an export ended; `removed` is null when it is unknown how many of the rows were gone before they were read. */
export type ExportOutcome = { rows: number; removed: number | null }

export type ExportServiceOptions = {
  logOperations: LogOperations
  queries: SearchQueries
  auditTrail: AuditTrail
}

/** Everything that matches a filter, as a file; start and result are audited. */
export class ExportService {
  readonly #options: ExportServiceOptions
  readonly #places = new FairPlaces(MAX_AT_ONCE)

  constructor(options: ExportServiceOptions) {
    this.#options = options
  }

  /**
   * Begins an export of what matches now. It has to be closed, whether or not it was read.
   *
   * @param caller aborts when nobody waits for it any more
   * @throws {AppError} of a query that is wrong; RATE_LIMITED while too many exports run
   */
  async start(
    query: LogQuery,
    asked: ExportAsked,
    visibility: Visibility,
    caller: AbortSignal,
  ): Promise<RunningExport> {
    const { logOperations, queries, auditTrail } = this.#options
    const filter = await queries.toFilter(query, visibility)
    const giveBack = this.#takePlace()
    try {
      const { format, order } = asked
      const fields = asked.fields ?? (format === 'csv' ? EXPORT_FIELDS : RECORD_FIELDS)
      const ending = new AbortController()
      const signal = AbortSignal.any([caller, ending.signal, AbortSignal.timeout(MAX_DURATION_MS)])
      const found = await logOperations.read(exportRows, filter, signal, { format, fields, order })
      const { total, is_exact } = found.total
      const details = { filters: appliedFilters(query), format, fields, total, total_is_exact: is_exact }
      // It ends long after the request was answered, and is its caller's doing all the same.
      const asCaller = AsyncLocalStorage.snapshot()
      const tell = (action: string, result: object) =>
        asCaller(() =>
          auditTrail.writeOften(
            { action, entity: 'logs', after: { ...details, ...result } },
            AUDITED_AN_HOUR,
          ),
        )
      await tell('logs.export.started', {})
      const onEnd = giveBack
      return new RunningExport({ found, header: exportHeader(format, fields), signal, ending, tell, onEnd })
    } catch (error) {
      giveBack()
      throw error
    }
  }

  #takePlace(): () => void {
    const caller = currentCaller()
    const giveBack = this.#places.tryTake(caller)
    if (giveBack) return giveBack
    const isOwn = this.#places.heldBy(caller) >= this.#places.share
    const running = isOwn ? `${this.#places.share} of your exports` : `${this.#places.taken} exports`
    const sentence = `${running} are running on this server. Try again when one has ended.`
    throw new AppError('RATE_LIMITED', sentence, { retryAfter: 10 })
  }
}

type Run = {
  found: LogExport
  header: string
  signal: AbortSignal
  ending: AbortController
  tell: (action: string, result: object) => Promise<void>
  onEnd: () => void
}

/** An export from its start to its end. */
export class RunningExport {
  readonly #run: Run
  readonly #outcome: ExportOutcome = { rows: 0, removed: null }
  #state: 'running' | 'complete' | 'closed' = 'running'
  #failure: unknown

  constructor(run: Run) {
    this.#run = run
  }

  /** How many rows it will have, unless some are removed meanwhile. */
  get total(): LogExport['total'] {
    return this.#run.found.total
  }

  /** Aborts when it ends before its reader took all of it. */
  get signal(): AbortSignal {
    return this.#run.signal
  }

  /** The outcome; final once all text was read. */
  get outcome(): Readonly<ExportOutcome> {
    return this.#outcome
  }

  /** The text, piece by piece; only one piece is read ahead. */
  async *text(): AsyncGenerator<string> {
    const { found, header, ending } = this.#run
    try {
      // Even an empty piece sends the head of the reply, and with it how many rows there are to wait for.
      yield header
      for await (const { lines, rows } of found.chunks) {
        const stall = setTimeout(
          () => ending.abort(new Error('the client read nothing for minutes')),
          STALL_MS,
        )
        try {
          if (rows > 0) yield lines
        } finally {
          clearTimeout(stall)
        }
        this.#outcome.rows += rows
      }
      this.#outcome.removed = (await found.countRemoved(this.#outcome.rows)) ?? null
      this.#state = 'complete'
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  /** Ends it where it is, and writes down how it went. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    const isComplete = this.#state === 'complete'
    this.#state = 'closed'
    const { ending, signal, tell, onEnd } = this.#run
    const reason = this.#failure ?? (signal.aborted ? signal.reason : new Error('its reader has gone'))
    ending.abort()
    onEnd()
    if (isComplete) await tell('logs.export', this.#outcome)
    else await tell('logs.export.failed', { rows: this.#outcome.rows, error: sentenceOf(reason) })
  }
}

function sentenceOf(reason: unknown): string {
  return (reason instanceof Error ? reason.message : String(reason)).slice(0, 500)
}
