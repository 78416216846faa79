import type { LogFilter, Visibility } from '../store/log-filter.ts'
import type { LogOperations } from '../store/log-operations.ts'
import type { LogSummary } from '../store/log-overview.ts'
import type { LogRow } from '../store/log-row.ts'
import { comparable, fromMillis, now, toMillis } from '../store/timestamp.ts'
import { AppError } from './app-error.ts'
import type { CameraService } from './camera-service.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { chooseBucket, fillBuckets, type Histogram } from './histogram.ts'
import { appliedFilters, type LogQuery, toFilter } from './log-query.ts'

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
}

export type LogPage = { logs: LogRow[]; pagination: Pagination; filters_applied: Record<string, unknown> }

export type FacetValue = { value: string | number; label: string; count: number }

export type LogServiceOptions = { logOperations: LogOperations; cameras: CameraService }

/** The rules of reading and removing logs; no HTTP and no SQL (spec: "Business Logic Layer"). */
export class LogService {
  readonly #logs: LogOperations
  readonly #cameras: CameraService

  constructor({ logOperations, cameras }: LogServiceOptions) {
    this.#logs = logOperations
    this.#cameras = cameras
  }

  /** One page of matching rows, newest first, by number or from a cursor. */
  async getLogs(query: LogQuery, paging: Paging, visibility: Visibility): Promise<LogPage> {
    const filter = toFilter(query, visibility)
    const [{ logs, ...edges }, total] = await Promise.all([
      this.#slice(filter, paging),
      this.#logs.countLogs(filter),
    ])
    const seen = (paging.page - 1) * paging.limit + logs.length
    const totalItems = total.is_exact ? total.total : Math.max(total.total, seen + (edges.has_next ? 1 : 0))
    const first = logs[0]
    const last = logs.at(-1)
    return {
      logs,
      pagination: {
        page: paging.page,
        limit: paging.limit,
        total_pages: Math.ceil(totalItems / paging.limit),
        total_items: totalItems,
        total_is_exact: total.is_exact,
        ...edges,
        next_cursor: edges.has_next && last ? encodeCursor({ direction: 'older', position: last }) : null,
        previous_cursor:
          edges.has_previous && first ? encodeCursor({ direction: 'newer', position: first }) : null,
      },
      filters_applied: appliedFilters(query),
    }
  }

  /** @throws {AppError} NOT_FOUND when there is no such row or the caller may not see it */
  async getLog(id: number, visibility: Visibility): Promise<LogRow> {
    const row = await this.#logs.getLog(id, { visibility })
    if (row) return row
    throw new AppError('NOT_FOUND', `Log with ID ${id} not found`)
  }

  /** The summary of the last so many hours, or of the query's own range when it has one. */
  async getStats(
    query: LogQuery,
    hours: number,
    visibility: Visibility,
  ): Promise<{ summary: LogSummary; period_hours: number; metadata: StatsMetadata }> {
    const filter = toFilter(query, visibility)
    const hasRange = filter.start !== undefined || filter.end !== undefined
    const summary = await this.#logs.getLogSummary(hasRange ? undefined : hours, filter)
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

  /** Every source kept, by name, with its counts. */
  getSources(visibility: Visibility) {
    return this.#logs.getLogSources({ visibility })
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
  ): Promise<{ logs: LogRow[]; camera_id: number; count: number }> {
    const filter = toFilter({ ...query, camera_id: [camera_id] }, visibility)
    const [{ logs }, { total }] = await Promise.all([
      this.#slice(filter, paging),
      this.#logs.countLogs(filter),
    ])
    if (total === 0 && !(await this.#cameras.isVisible(camera_id, visibility))) {
      const { total: ever } = await this.#logs.countLogs({ visibility, cameras: [camera_id] })
      if (ever === 0) throw new AppError('CAMERA_NOT_FOUND', `Camera with ID ${camera_id} not found`)
    }
    return { logs, camera_id, count: total }
  }

  /** Rows by level over the range, zeros filled, in about as many steps as asked for. */
  async getHistogram(query: LogQuery, steps: number, visibility: Visibility): Promise<Histogram> {
    const filter = toFilter(query, visibility)
    const end = filter.end ?? now()
    const start = filter.start ?? fromMillis(toMillis(end) - 24 * 3_600_000)
    if (comparable(end) < comparable(start))
      throw new AppError('INVALID_DATE', `end_date (${end}) is before start_date.`)
    const bucketMs = chooseBucket(start, end, steps)
    const rows = await this.#logs.getHistogram({ ...filter, start, end }, 0, bucketMs)
    return fillBuckets(rows, start, end, bucketMs)
  }

  /** Rows by level, source and camera, each under all filters but its own. */
  async getFacets(
    query: LogQuery,
    visibility: Visibility,
  ): Promise<{ level: FacetValue[]; source: FacetValue[]; camera_id: FacetValue[] }> {
    const { levels, exclude_levels, ...withoutLevel } = toFilter(query, visibility)
    const { sources, exclude_sources, ...withoutSource } = toFilter(query, visibility)
    const { cameras, exclude_cameras, ...withoutCamera } = toFilter(query, visibility)
    const [level, source, camera, names] = await Promise.all([
      this.#logs.getFacet(withoutLevel, 'level'),
      this.#logs.getFacet(withoutSource, 'source'),
      this.#logs.getFacet(withoutCamera, 'camera_id'),
      this.#cameras.names(),
    ])
    const labelled = (values: typeof level, label: (value: string | number) => string) =>
      values.map(({ value, rows }) => ({ value, label: label(value), count: rows }))
    return {
      level: labelled(level, String),
      source: labelled(source, String),
      camera_id: labelled(camera, (id) => names.get(Number(id)) ?? `Camera ${id}`),
    }
  }

  /** The rows of a page and whether there are others on either side. */
  async #slice(
    filter: LogFilter,
    { page, limit, cursor }: Paging,
  ): Promise<{ logs: LogRow[]; has_next: boolean; has_previous: boolean }> {
    if (cursor === undefined) {
      const rows = await this.#logs.getLogs(filter, { offset: (page - 1) * limit, limit: limit + 1 })
      return { logs: rows.slice(0, limit), has_next: rows.length > limit, has_previous: page > 1 }
    }
    const { direction, position } = decodeCursor(cursor)
    const order = direction === 'older' ? 'newest' : 'oldest'
    const rows = await this.#logs.getLogs(filter, { beyond: position, order, limit: limit + 1 })
    const logs = rows.slice(0, limit)
    const hasMore = rows.length > limit
    // The row the cursor was made from lies on the other side, unless it was removed meanwhile.
    if (direction === 'older') return { logs, has_next: hasMore, has_previous: true }
    return { logs: logs.reverse(), has_next: true, has_previous: hasMore }
  }
}

type StatsMetadata = {
  generated_at: string
  data_range: { first_log: string | null; last_log: string | null }
  coverage: { unique_sources: number; unique_cameras: number }
}

function hoursBetween(start: string | null, end: string): number {
  return start === null ? 0 : Math.max(1, Math.ceil((toMillis(end) - toMillis(start)) / 3_600_000))
}
