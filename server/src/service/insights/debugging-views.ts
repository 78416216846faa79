import type { LogRow } from '../../store/database/reader.ts'
import { MINUTE, toMillis } from '../../store/database/timestamp.ts'
import type { Visibility } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { scanFields } from '../../store/reading/field-scan.ts'
import { countDimensions } from '../../store/reading/log-overview.ts'
import { readLogSlice } from '../../store/reading/log-pages.ts'
import { countLoggers } from '../../store/reading/logger-counts.ts'
import { AppError } from '../app-error.ts'
import type { LogQuery, SearchQueries } from '../logs/log-query.ts'
import { type FieldSummary, FieldValues } from './field-values.ts'
import { type MessageGroup, MessageGroups } from './message-groups.ts'
import { daysBefore, MessageScanner, type Range, toDates, withLevel } from './message-scanner.ts'
import { type NoisyLogger, rowsOf, toNoisyLoggers } from './noisy-loggers.ts'
import { type RequestTrail, toTrail } from './request-trail.ts'
import { type ServiceSummaries, summariseServices } from './service-summaries.ts'

/** Lines of one request that are listed. */
const MAX_TRAIL = 1000

export type ErrorGroups = Range & {
  groups: MessageGroup[]
  total: number
  others: number
  searched_to: string | null
}

export type NewMessages = Range & {
  groups: MessageGroup[]
  sources: { source: string; count: number }[]
  compared_from: string
  searched_to: string | null
}

/** Which lines count as being around a line. */
export const CONTEXT_SCOPES = ['all', 'source', 'camera', 'logger'] as const
export type ContextScope = (typeof CONTEXT_SCOPES)[number]
export type ContextAsked = { before: number; after: number; same: ContextScope }
export type LogContext = { log: LogRow; logs: LogRow[]; has_newer: boolean; has_older: boolean }

export type NoisyLoggers = Range & { loggers: NoisyLogger[]; total: number; searched_to: string | null }

export type FieldsView = Range & {
  fields: FieldSummary[]
  total: number
  is_cut: boolean
  searched_to: string | null
}

/** How much is listed, and after how many milliseconds the caller wants an answer: less than five seconds, or undefined. */
export type Asked = { limit: number; withinMs: number | undefined }

/** Values of each field when all fields are asked for. */
const VALUES_OF_EACH = 5

/** Ways to look at logs that a list does not show: by kind of message, by request, by what is new. */
export class DebuggingViews {
  readonly #logs: LogOperations
  readonly #queries: SearchQueries
  /** Bounds how many views look through lines at once. */
  readonly scanner: MessageScanner

  /** @param scanMs how long a view looks through lines before it answers with what it has */
  constructor(logs: LogOperations, queries: SearchQueries, scanMs?: number) {
    this.#logs = logs
    this.#queries = queries
    this.scanner = new MessageScanner(logs, queries, scanMs)
  }

  /** Each service (source), the busiest when none are named; see `summariseServices`. */
  services(
    names: readonly string[] | undefined,
    hours: number,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<ServiceSummaries> {
    return summariseServices(this.#logs, this.scanner, names, hours, { visibility, signal })
  }

  /** Messages by their shape, errors where no level was asked for, of the last 24 hours where no time was. */
  async errors(
    query: LogQuery,
    { limit, withinMs }: Asked,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<ErrorGroups> {
    const asked = withLevel(query, 'ERROR')
    const range = await this.scanner.rangeOf(asked, visibility)
    const groups = new MessageGroups()
    const searched_to = await this.scanner.scan(asked, range, { visibility, signal, withinMs }, (some) => {
      groups.add(some)
      return true
    })
    return { ...range, ...groups.list(limit), total: groups.total, searched_to }
  }

  /**
   * Shapes and sources there were since `start_date` (yesterday at this time) and not in the days before that; warnings
   * and above where no level was asked for.
   *
   * @param comparedDays how far before it is compared; less when the time was over, see `compared_from`
   */
  async whatIsNew(
    query: LogQuery,
    { comparedDays, limit, withinMs }: Asked & { comparedDays: number },
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<NewMessages> {
    const asked = withLevel(query, 'WARNING')
    const range = await this.scanner.rangeOf(asked, visibility)
    const before = daysBefore(range.start, comparedDays)
    const reader = { visibility, signal, share: 0.5, withinMs }
    const groups = new MessageGroups()
    const searched_to = await this.scanner.scan(asked, range, reader, (some) => {
      groups.add(some)
      return true
    })
    const compared_from = await this.scanner.scan(asked, before, reader, (some) => {
      groups.forgetThoseOf(some)
      return groups.size > 0
    })
    const isIn = async ({ start, end }: Range) => {
      const counts = await this.#logs.read(countDimensions, { visibility, start, end }, signal)
      return Map.groupBy(counts, ({ source }) => source)
    }
    const [present, past] = await Promise.all([isIn(range), isIn(before)])
    const sources = [...present]
      .filter(([source]) => !past.has(source))
      .map(([source, of]) => ({ source, count: rowsOf(of) }))
      .sort((a, b) => (a.source < b.source ? -1 : 1))
    return {
      ...range,
      groups: groups.list(limit).groups,
      sources,
      compared_from: compared_from ?? before.start,
      searched_to,
    }
  }

  /** @throws {AppError} NOT_FOUND when nothing the caller may see belongs to the request */
  async request(request_id: string, query: LogQuery, visibility: Visibility): Promise<RequestTrail> {
    const filter = await this.#queries.toFilter({ ...query, request_id }, visibility)
    const slice = { beyond: { timestamp: '0001-01-01T00:00:00Z', id: 0 }, order: 'oldest' as const }
    const { rows: found, isCut } = await this.#logs.read(readLogSlice, filter, undefined, {
      ...slice,
      limit: MAX_TRAIL + 1,
    })
    if (found.length === 0)
      throw new AppError('NOT_FOUND', `There are no lines of the request ${request_id}.`)
    return toTrail(request_id, found.slice(0, MAX_TRAIL), isCut || found.length > MAX_TRAIL)
  }

  /**
   * The lines before and after one, newest first.
   *
   * @throws {AppError} NOT_FOUND when the row does not exist or the caller may not see it
   */
  async context(
    id: number,
    { before, after, same }: ContextAsked,
    visibility: Visibility,
  ): Promise<LogContext> {
    const log = await this.#logs.getLog(id, { visibility })
    if (!log) throw new AppError('NOT_FOUND', `Log with ID ${id} not found`)
    const filter = { visibility, ...scopeOf(log, same) }
    const [newer, older] = await Promise.all([
      this.#logs.read(readLogSlice, filter, undefined, { beyond: log, order: 'oldest', limit: after + 1 }),
      this.#logs.read(readLogSlice, filter, undefined, { beyond: log, order: 'newest', limit: before + 1 }),
    ])
    return {
      log,
      logs: [...newer.rows.slice(0, after).reverse(), log, ...older.rows.slice(0, before)],
      has_newer: newer.isCut || newer.rows.length > after,
      has_older: older.isCut || older.rows.length > before,
    }
  }

  /**
   * The fields of `extra_data` and the values they hold, of the last 24 hours where no time was asked for.
   *
   * @param asked the keys of one field with dots between, with or without `extra_data.` before them; undefined for all
   * @param limit how many fields are listed, or values of the requested field
   */
  async fields(
    query: LogQuery,
    { field: asked, limit, withinMs }: Asked & { field: string | undefined },
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<FieldsView> {
    const path = asked?.replace(/^extra_data\./, '').split('.')
    const range = await this.scanner.rangeOf(query, visibility)
    const found = new FieldValues(path)
    const searched_to = await this.scanner.scanLines(
      query,
      range,
      { visibility, signal, withinMs },
      (filter) => this.#logs.scan(scanFields, filter, signal, path),
      (lines) => {
        found.add(lines)
        return true
      },
    )
    const values = path ? limit : Math.min(limit, VALUES_OF_EACH)
    const fields = found.list({ fields: limit, values })
    return { ...range, fields, total: found.total, is_cut: found.isCut, searched_to }
  }

  /** Loggers by how much they write. */
  async loggers(
    query: LogQuery,
    limit: number,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<NoisyLoggers> {
    const range = await this.scanner.rangeOf(query, visibility)
    const filter = await this.#queries.toFilter({ ...query, ...toDates(range) }, visibility)
    const { counts, counted_from } = await this.#logs.read(countLoggers, filter, signal)
    const minutes = (toMillis(range.end) - toMillis(counted_from ?? range.start)) / MINUTE
    const loggers = toNoisyLoggers(counts, minutes).slice(0, limit)
    return { ...range, loggers, total: rowsOf(counts), searched_to: counted_from }
  }
}

function scopeOf(log: LogRow, same: ContextScope) {
  if (same === 'source') return { sources: [log.source] }
  if (same === 'camera' && log.camera_id !== null) return { cameras: [log.camera_id] }
  if (same === 'logger' && log.logger_name !== null) return { logger_names: [log.logger_name] }
  return {}
}
