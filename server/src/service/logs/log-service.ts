import type { LogRow } from '../../store/database/reader.ts'
import { comparable, endOfMinute, fromMillis, MINUTE, now, toMillis } from '../../store/database/timestamp.ts'
import { isCountable, type Visibility } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { earliest } from '../../store/reading/log-groups.ts'
import { type LogSummary, type SourceList, summariseSources } from '../../store/reading/log-overview.ts'
import { type LogSlice, type Page, readLogPage } from '../../store/reading/log-pages.ts'
import type { Position } from '../../store/reading/log-rows.ts'
import type { StoredRules } from '../../store/settings/level-overrides.ts'
import type { AuditDetails, AuditTrail } from '../access/audit-trail.ts'
import type { CameraService } from '../administration/camera-service.ts'
import type { LevelConfiguration, LevelService } from '../administration/level-service.ts'
import type { SettingsService } from '../administration/settings-service.ts'
import { AppError } from '../app-error.ts'
import { FreshCache } from '../fresh-cache.ts'
import { CameraActivityService } from '../insights/camera-activity.ts'
import { Charts } from '../insights/chart/charts.ts'
import { DebuggingViews } from '../insights/debugging-views.ts'
import { chooseBucket, cutRange, fillBuckets, type Histogram, MAX_BUCKETS } from './histogram.ts'
import { appliedFilters, type LogQuery, type SearchQueries } from './log-query.ts'
import { parseTimeZone } from './time-zone.ts'

export type LogPage = { logs: LogRow[]; pagination: Pagination; filters_applied: Record<string, unknown> }

/** In about `buckets` steps, or in steps of `bucket_seconds`, on the clocks of `timezone`, the configured one unless given. */
export type HistogramShape = { buckets: number; bucket_seconds?: number; timezone?: string }

/** Values listed of each facet, so that a page of them stays small. */
const MAX_FACET_VALUES = 1000

type FacetValue = { value: string | number; label: string; count: number }

export type LogServiceOptions = {
  logOperations: LogOperations
  cameras: CameraService
  levels: LevelService
  settings: SettingsService
  queries: SearchQueries
  auditTrail: AuditTrail
  /** Whether changes by other servers are announced at this moment; nothing is kept while they are not. */
  isTold: () => boolean
}

/** The rules of reading and removing logs; no HTTP and no SQL (spec: "Business Logic Layer"). */
export class LogService {
  readonly #logs: LogOperations
  readonly #cameras: CameraService
  readonly #queries: SearchQueries
  readonly #auditTrail: AuditTrail
  readonly #levels: LevelService
  readonly #views: DebuggingViews
  /** The lines that each camera wrote lately, and where it fell silent. */
  readonly cameraActivity: CameraActivityService
  /** Figures of the matching lines by up to two fields, over time or at once. */
  readonly charts: Charts
  readonly #settings: SettingsService
  readonly #isTold: () => boolean
  readonly #summaries = new FreshCache<LogSummary>({ maxAgeMs: 2 * MINUTE, maxEntries: 200 })
  readonly #sources = new FreshCache<SourceList>({ maxAgeMs: 15 * MINUTE, maxEntries: 200 })

  constructor(options: LogServiceOptions) {
    const { logOperations, cameras, levels, settings, queries, auditTrail, isTold } = options
    this.#isTold = isTold
    this.#settings = settings
    this.#levels = levels
    this.#views = new DebuggingViews(logOperations, queries)
    this.cameraActivity = new CameraActivityService(logOperations, cameras)
    this.charts = new Charts({ logOperations, queries, cameras, settings, scanner: this.#views.scanner })
    this.#auditTrail = auditTrail
    this.#queries = queries
    this.#logs = logOperations
    this.#cameras = cameras
  }

  /** Writes down that somebody did something (spec: "Log Retention and Lifecycle"); changes of our own write theirs themselves. */
  maintainAuditTrail(
    action: string,
    entity: string,
    details: Pick<AuditDetails, 'before' | 'after'> = {},
  ): Promise<void> {
    return this.#auditTrail.write({ action, entity, ...details })
  }

  /** Sets the global level and overrides, and removes overrides; returns what is in force then (spec: "Business Logic Layer"). */
  manageLogLevels(configuration: LevelConfiguration, author: string): Promise<StoredRules> {
    return this.#levels.manage(configuration, author)
  }

  /** Each service (source) with its counts, last line and new errors of the given hours; the busiest without names. */
  aggregateLogsFromServices(
    services: readonly string[] | undefined,
    hours: number,
    visibility: Visibility,
    signal?: AbortSignal,
  ) {
    return this.#views.services(services, hours, visibility, signal)
  }

  /** Logs as no list shows them: by kind of message, by request, around a line, what is new, who is loud. */
  get provideDebuggingViews(): DebuggingViews {
    return this.#views
  }

  /** One page of matching rows, newest first, by number or from a cursor. */
  async getLogs(
    query: LogQuery,
    paging: Paging,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<LogPage> {
    const filter = await this.#queries.toFilter(query, visibility)
    const slice = sliceOf(paging)
    const page = toPage(await this.#logs.read(readLogPage, filter, signal, slice), slice, paging)
    return { ...page, filters_applied: appliedFilters(query) }
  }

  /** @throws {AppError} NOT_FOUND when the row does not exist or the caller may not see it */
  async getLog(id: number, visibility: Visibility): Promise<LogRow> {
    const row = await this.#logs.getLog(id, { visibility })
    if (row) return row
    throw new AppError('NOT_FOUND', `Log with ID ${id} not found`)
  }

  /** The summary of the given hours, or of the query's own range when it has one. */
  async getStats(
    query: LogQuery,
    hours: number,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<{ summary: LogSummary; period_hours: number; metadata: StatsMetadata }> {
    const filter = await this.#queries.toFilter(query, visibility)
    const hasRange = filter.start !== undefined || filter.end !== undefined
    // A rolling period changes with the clock; a fixed period only with the rows. A summary that reads rows takes long
    // and ends with its caller, so others cannot share it.
    const isKept = filter.start !== undefined && filter.end !== undefined && isCountable(filter)
    const summary =
      isKept && this.#isTold()
        ? await this.#summaries.get(JSON.stringify(filter), () => this.#logs.getLogSummary(undefined, filter))
        : await this.#logs.getLogSummary(hasRange ? undefined : hours, filter, signal)
    const { first_log_at, last_log_at, unique_sources, unique_cameras } = summary
    return {
      summary,
      period_hours: hasRange ? hoursBetween(filter.start ?? first_log_at, filter.end ?? now()) : hours,
      metadata: {
        generated_at: now(),
        data_range: { first_log: first_log_at, last_log: last_log_at },
        coverage: { unique_sources, unique_cameras },
      },
    }
  }

  /** The sources kept, by name, with their counts; and how many there are. */
  getSources(visibility: Visibility): Promise<SourceList> {
    const load = () => this.#logs.read(summariseSources, { visibility }, undefined)
    return this.#isTold() ? this.#sources.get(JSON.stringify(visibility), load) : load()
  }

  /** Rows were stored, removed or renamed: earlier answers may no longer be true. */
  forgetAnswers(): void {
    this.#summaries.clear()
    this.#sources.clear()
  }

  /**
   * The newest rows of one camera and how many it has.
   *
   * @throws {AppError} CAMERA_NOT_FOUND when it has neither a row nor a log the caller may see
   */
  async getCameraLogs(
    camera_id: number,
    query: LogQuery,
    paging: Paging,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<{ logs: LogRow[]; camera_id: number; count: number; pagination: Pagination }> {
    const { logs, pagination } = await this.getLogs(
      { ...query, camera_id: [camera_id] },
      paging,
      visibility,
      signal,
    )
    const count = pagination.total_items
    if (count === 0 && !(await this.#cameras.isVisible(camera_id, visibility))) {
      const { total: ever } = await this.#logs.countLogs({ visibility, cameras: [camera_id] })
      if (ever === 0) throw new AppError('CAMERA_NOT_FOUND', `Camera with ID ${camera_id} not found`)
    }
    return { logs, camera_id, count, pagination }
  }

  /** Rows by level over the range, zeros filled, in steps that are round on the zone's clocks. */
  async getHistogram(
    query: LogQuery,
    { buckets, bucket_seconds, timezone }: HistogramShape,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<Histogram> {
    const filter = await this.#queries.toFilter(query, visibility)
    const present = filter.end ?? now()
    const start = filter.start ?? fromMillis(toMillis(present) - 24 * 3_600_000)
    if (comparable(present) < comparable(start))
      throw new AppError('INVALID_DATE', `end_date (${present}) is before start_date.`)
    const bucketMs =
      bucket_seconds === undefined ? chooseBucket(start, present, buckets) : bucket_seconds * 1000
    // For an unfinished minute, the kept counts give at once the answer that its rows, a million under load, would
    // give.
    const end = filter.end === undefined && bucketMs >= MINUTE ? endOfMinute(present) : present
    if ((toMillis(end) - toMillis(start)) / bucketMs > MAX_BUCKETS) {
      throw new AppError(
        'INVALID_REQUEST',
        `bucket_seconds cuts the range into more than ${MAX_BUCKETS} bars.`,
      )
    }
    const zone = timezone === undefined ? (await this.#settings.get()).timezone : parseTimeZone(timezone)
    const cut = cutRange(start, end, bucketMs, zone)
    const rows = await this.#logs.getHistogram(
      { ...filter, start, end },
      cut.countedFrom,
      cut.countedMs,
      signal,
    )
    return fillBuckets(rows, start, end, cut)
  }

  /** Rows by level, source and camera, each under all filters but its own; the 1,000 values with most rows. */
  async getFacets(query: LogQuery, visibility: Visibility, signal?: AbortSignal): Promise<Facets> {
    const filter = await this.#queries.toFilter(query, visibility)
    const { levels, exclude_levels, ...withoutLevel } = filter
    const { sources, exclude_sources, ...withoutSource } = filter
    const { cameras, exclude_cameras, ...withoutCamera } = filter
    const asked = [
      ['level', withoutLevel],
      ['source', withoutSource],
      ['camera_id', withoutCamera],
    ] as const
    const [[level = [], source = [], camera = []], visibleCameras] = await Promise.all([
      this.#logs.getFacets(asked, signal),
      this.#cameras.list(visibility),
    ])
    const names = new Map(visibleCameras.map(({ id, name }) => [id, name]))
    const labelled = (values: typeof level, label: (value: string | number) => string) =>
      values
        .slice(0, MAX_FACET_VALUES)
        .map(({ value, rows }) => ({ value, label: label(value), count: rows }))
    return {
      level: labelled(level, String),
      source: labelled(source, String),
      camera_id: labelled(camera, (id) => names.get(Number(id)) ?? `Camera ${id}`),
      totals: { source: source.length, camera_id: camera.length },
    }
  }
}

type Facets = {
  level: FacetValue[]
  source: FacetValue[]
  camera_id: FacetValue[]
  /** How many values there are with those that are not listed. */
  totals: { source: number; camera_id: number }
}

type StatsMetadata = {
  generated_at: string
  data_range: { first_log: string | null; last_log: string | null }
  coverage: { unique_sources: number; unique_cameras: number }
}

function hoursBetween(start: string | null, end: string): number {
  return start === null ? 0 : Math.max(1, Math.ceil((toMillis(end) - toMillis(start)) / 3_600_000))
}

export type Paging = { page: number; limit: number; cursor?: string | undefined }

export type Pagination = {
  page: number
  limit: number
  total_pages: number
  total_items: number
  total_is_exact: boolean
  has_next: boolean
  has_previous: boolean
  next_cursor: string | null
  previous_cursor: string | null
  searched_to: string | null
  is_cut: boolean
}

/**
 * The rows a page needs: its own and one more, which shows whether there are others.
 *
 * @throws {AppError} INVALID_CURSOR
 */
function sliceOf({ page, limit, cursor }: Paging): LogSlice {
  if (cursor === undefined) return { offset: (page - 1) * limit, limit: limit + 1 }
  const { direction, position } = decodeCursor(cursor)
  return { beyond: position, order: direction === 'older' ? 'newest' : 'oldest', limit: limit + 1 }
}

/** The page as it is answered, newest first, and the ways on from it. */
function toPage(found: Page, slice: LogSlice, paging: Paging): { logs: LogRow[]; pagination: Pagination } {
  const { page, limit } = paging
  const isBackwards = 'beyond' in slice && slice.order === 'oldest'
  const logs = isBackwards ? found.rows.slice(0, limit).reverse() : found.rows.slice(0, limit)
  const hasMore = found.rows.length > limit || found.stopped_at !== null || found.is_cut
  // The row a cursor was made from lies on the other side, unless it was removed meanwhile.
  const hasNext = isBackwards || hasMore
  const hasPrevious = isBackwards ? hasMore : 'beyond' in slice || page > 1
  // A stopped search continues where it stopped, whether or not it found rows.
  const older = isBackwards ? (logs.at(-1) ?? slice.beyond) : (found.stopped_at ?? logs.at(-1))
  const newer = isBackwards ? (found.stopped_at ?? logs[0]) : (logs[0] ?? found.stopped_at)
  const seen = ('offset' in slice ? slice.offset : 0) + logs.length
  const { total, is_exact } = found.total
  const totalItems = is_exact ? total : Math.max(total, seen + (hasMore && !found.stopped_at ? 1 : 0))
  return {
    logs,
    pagination: {
      page,
      limit,
      total_pages: Math.ceil(totalItems / limit),
      total_items: totalItems,
      total_is_exact: is_exact,
      has_next: hasNext,
      has_previous: hasPrevious,
      next_cursor: hasNext && older ? encodeCursor({ direction: 'older', position: older }) : null,
      previous_cursor: hasPrevious && newer ? encodeCursor({ direction: 'newer', position: newer }) : null,
      // The way on is from where it stopped; partitions are made ahead, and nobody asks for what is to come.
      is_cut: found.is_cut && found.rows.length < limit,
      searched_to: found.stopped_at && earliest(found.stopped_at.timestamp, now()),
    },
  }
}

/** Where a page begins: after this row in the order of the list, towards older or newer rows. */
type Cursor = { direction: 'older' | 'newer'; position: Position }

/** An opaque text that `decodeCursor` understands. */
function encodeCursor({ direction, position }: Cursor): string {
  const parts = [direction === 'older' ? 'o' : 'n', position.timestamp, position.id]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** @throws {AppError} INVALID_CURSOR when the text was not made by `encodeCursor` */
function decodeCursor(text: string): Cursor {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    const [direction, timestamp, id] = parts as [unknown, unknown, unknown]
    const isTime =
      typeof timestamp === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(timestamp)
    if (isTime && Number.isSafeInteger(id) && (direction === 'o' || direction === 'n')) {
      return { direction: direction === 'o' ? 'older' : 'newer', position: { timestamp, id: id as number } }
    }
  } catch {
    // Falls through to the one sentence about all that is wrong with a cursor.
  }
  throw new AppError(
    'INVALID_CURSOR',
    'Invalid cursor. Use next_cursor or previous_cursor of an earlier reply.',
  )
}
