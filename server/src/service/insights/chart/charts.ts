import {
  comparable,
  endOfMinute,
  fromMillis,
  MINUTE,
  now,
  toMillis,
} from '../../../store/database/timestamp.ts'
import { isCountable, type LogFilter, type Visibility } from '../../../store/filter/log-filter.ts'
import type { LogOperations } from '../../../store/log-operations.ts'
import type { FoldKind } from '../../../store/reading/fold-statement.ts'
import type { Position } from '../../../store/reading/log-rows.ts'
import { type FoldedCell, foldValues, placesOf } from '../../../store/reading/value-folds.ts'
import type { ScannedValues } from '../../../store/reading/value-scan.ts'
import { scanValues } from '../../../store/reading/value-scan.ts'
import type { CameraService } from '../../administration/camera-service.ts'
import type { SettingsService } from '../../administration/settings-service.ts'
import { AppError } from '../../app-error.ts'
import { type Cut, chooseBucket, cutRange, MAX_BUCKETS } from '../../logs/histogram.ts'
import type { LogQuery, SearchQueries } from '../../logs/log-query.ts'
import { parseTimeZone } from '../../logs/time-zone.ts'
import type { MessageScanner, Range, Scanned } from '../message-scanner.ts'
import { type Chart, type Counted, toChart } from './chart.ts'
import { type ChartQuery, type ChartRequest, type Measure, readChartQuery } from './chart-request.ts'
import { countChart, isCountedChart } from './counted-chart.ts'
import { LineGroups } from './line-groups.ts'

/** In about `buckets` steps or in steps of `bucket_seconds`, or the whole range at once. */
export type ChartShape = {
  buckets: number
  bucket_seconds?: number | undefined
  timezone?: string | undefined
  totals: boolean
  withinMs?: number | undefined
}

/** Most points of one chart, in all its series: a megabyte of reply. */
const MAX_POINTS = 100_000

export type ChartsOptions = {
  logOperations: LogOperations
  queries: SearchQueries
  cameras: CameraService
  settings: SettingsService
  scanner: MessageScanner
}

/** Figures of the matching lines by up to two fields, over time or at once. */
export class Charts {
  readonly #options: ChartsOptions

  constructor(options: ChartsOptions) {
    this.#options = options
  }

  /**
   * Counts by level, source and camera come from the kept counts; everything else is read from the lines, newest first,
   * for as long as a view may look.
   *
   * @throws {AppError} INVALID_REQUEST naming the parameter that cannot be answered
   */
  async draw(
    asked: ChartQuery,
    query: LogQuery,
    shape: ChartShape,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<Chart> {
    const request = readChartQuery(asked)
    const { queries, cameras } = this.#options
    const filter = await queries.toFilter(query, visibility)
    const { range, cut, seenEnd } = await this.#cut(filter, shape, request)
    const within = { ...filter, ...range }
    const counted = isCountedChart(request, within, shape.totals ? undefined : cut)
      ? await countChart(this.#options.logOperations, request, within, shape.totals ? undefined : cut, signal)
      : await this.#read(request, query, range, { cut, shape, visibility, signal })
    const names = new Map((await cameras.list(visibility)).map(({ id, name }) => [String(id), name]))
    return toChart({ request, counted, range, seenEnd, cut: shape.totals ? undefined : cut, names })
  }

  /** The range, its steps, and until when it is over by now. */
  async #cut(filter: LogFilter, shape: ChartShape, { limit }: ChartRequest) {
    const present = filter.end ?? now()
    const start = filter.start ?? fromMillis(toMillis(present) - 24 * 3_600_000)
    if (comparable(present) < comparable(start)) {
      throw new AppError('INVALID_DATE', `end_date (${present}) is before start_date.`)
    }
    const { bucket_seconds, timezone } = shape
    const bucketMs =
      bucket_seconds === undefined ? chooseBucket(start, present, shape.buckets) : bucket_seconds * 1000
    // For an unfinished minute the kept counts give the answer at once.
    const end =
      filter.end === undefined && (shape.totals || bucketMs >= MINUTE) ? endOfMinute(present) : present
    const bars = Math.ceil((toMillis(end) - toMillis(start)) / bucketMs)
    if (!shape.totals && bars > MAX_BUCKETS) {
      throw new AppError(
        'INVALID_REQUEST',
        `bucket_seconds cuts the range into more than ${MAX_BUCKETS} steps; it is ${bucketMs / 1000}.`,
      )
    }
    if (!shape.totals && bars * limit > MAX_POINTS) {
      throw new AppError(
        'INVALID_REQUEST',
        `limit times the steps of the range must be at most ${MAX_POINTS.toLocaleString('en')}; ${limit} times ${bars} is more. Request fewer groups or fewer buckets.`,
      )
    }
    const zone =
      timezone === undefined ? (await this.#options.settings.get()).timezone : parseTimeZone(timezone)
    const seenEnd = Math.min(toMillis(end), Math.max(Date.now(), toMillis(start)))
    return {
      range: { start, end },
      cut: shape.totals ? wholeRange(start, end) : cutRange(start, end, bucketMs, zone),
      seenEnd,
    }
  }

  async #read(
    request: ChartRequest,
    query: LogQuery,
    range: Range,
    asked: { cut: Cut; shape: ChartShape; visibility: Visibility; signal: AbortSignal | undefined },
  ): Promise<Counted> {
    const { cut, shape, visibility, signal } = asked
    const groups = new LineGroups(request, cut.starts)
    let edge = range.end
    const read = (filter: LogFilter) => this.#pieces(request, filter, cut.starts, signal)
    async function* readOn(filter: LogFilter) {
      for await (const piece of read(filter)) {
        yield piece
        edge = piece.searched_to
        if (groups.isFull) return
      }
    }
    const reader = { visibility, signal, withinMs: shape.withinMs }
    const late = await this.#options.scanner.scanLines(query, range, reader, readOn, (lines) => {
      if (isFolded(lines)) groups.addFolded(lines)
      else groups.add(lines as readonly ScannedValues[])
      return true
    })
    const isFull = late === null && groups.isFull && comparable(edge) > comparable(range.start)
    return {
      groups: groups.list(),
      rest: groups.rest,
      total: groups.list().length,
      isCut: groups.isCut,
      leftOut: groups.leftOut,
      lines: groups.lines,
      searched_to: isFull ? edge : late,
      stopped_by: isFull ? 'room' : late === null ? null : 'time',
    }
  }

  /**
   * The lines of the filter, newest first: folded by PostgreSQL, and one by one where that says more or costs less. A text
   * that few lines have is found by an index, which folds of all the time would not use.
   */
  async *#pieces(
    { measure, field, by }: ChartRequest,
    filter: LogFilter,
    starts: readonly number[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Scanned<ScannedValues | FoldedCell>> {
    const { logOperations } = this.#options
    const fold = { kind: FOLDS[measure], field: field?.place, by: by.map(({ place }) => place), starts }
    let beyond: Position | undefined
    if (!isCountable(filter)) {
      let found = 0
      for await (const { lines, searched_to, edge } of logOperations.scan(
        scanValues,
        filter,
        signal,
        placesOf(fold),
      )) {
        yield { lines, searched_to }
        found += lines.length
        if (found < MANY) continue
        beyond = edge
        break
      }
      if (!beyond) return
    }
    yield* logOperations.scan(foldValues, filter, signal, fold, beyond)
  }
}

/** The figures that PostgreSQL folds for a measure. */
const FOLDS: Readonly<Record<Measure, FoldKind>> = {
  count: 'count',
  rate: 'count',
  sum: 'sum',
  avg: 'avg',
  min: 'min',
  max: 'max',
  p50: 'spread',
  p95: 'spread',
  p99: 'spread',
  distinct: 'different',
}

/** Lines that a search has found one by one before the others are folded: the text is not rare. */
const MANY = 20_000

function isFolded(lines: readonly (ScannedValues | FoldedCell)[]): lines is readonly FoldedCell[] {
  return lines.length > 0 && !Array.isArray(lines[0])
}

/** The whole range as one step. */
function wholeRange(start: string, end: string): Cut {
  const from = toMillis(start)
  const bucketMs = Math.max(1, toMillis(end) - from)
  return { starts: [from], bucketMs, countedFrom: from, countedMs: bucketMs }
}
