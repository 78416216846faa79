import {
  comparable,
  endOfMinute,
  floorTo,
  fromMillis,
  MINUTE,
  now,
  toMillis,
} from '../../../store/database/timestamp.ts'
import { countablePart, type LogFilter, type Visibility } from '../../../store/filter/log-filter.ts'
import type { LogOperations } from '../../../store/log-operations.ts'
import type { CameraService } from '../../administration/camera-service.ts'
import type { SettingsService } from '../../administration/settings-service.ts'
import { AppError } from '../../app-error.ts'
import { type Cut, chooseBucket, cutRange, MAX_BUCKETS } from '../../logs/histogram.ts'
import type { LogQuery, SearchQueries } from '../../logs/log-query.ts'
import { parseTimeZone } from '../../logs/time-zone.ts'
import type { MessageScanner, Range } from '../message-scanner.ts'
import { type Chart, type Counted, toChart } from './chart.ts'
import { ChartReading, isSampled } from './chart-reading.ts'
import { type ChartQuery, type ChartRequest, readChartQuery } from './chart-request.ts'
import { countChart, isCountedChart } from './counted-chart.ts'

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
   * Counts by level, source and camera come from the kept counts; everything else is read from the lines, for as long as
   * a view may look, see `ChartReading`.
   *
   * @param onProgress told of the results so far
   * @throws {AppError} INVALID_REQUEST naming the parameter that cannot be answered
   */
  async draw(
    asked: ChartQuery,
    query: LogQuery,
    shape: ChartShape,
    visibility: Visibility,
    signal?: AbortSignal,
    onProgress?: (chart: Chart) => void,
  ): Promise<Chart> {
    const request = readChartQuery(asked)
    const { queries, cameras } = this.#options
    const filter = await queries.toFilter(query, visibility)
    const { range, cut, seenEnd } = await this.#cut(filter, shape, request)
    const within = { ...filter, ...range }
    const names = new Map((await cameras.list(visibility)).map(({ id, name }) => [String(id), name]))
    const steps = shape.totals ? undefined : cut
    const draw = (counted: Counted) => toChart({ request, counted, range, seenEnd, cut: steps, names })
    if (isCountedChart(request, within, steps)) {
      return draw(await countChart(this.#options.logOperations, request, within, steps, signal))
    }
    const tell = async (counted: Counted) => onProgress?.(await draw(counted))
    return draw(await this.#read(request, query, within, { cut, shape, visibility, signal }, tell))
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

  /** How many lines there are, from the kept counts alone: those of whole minutes. */
  async #candidates(within: LogFilter & Range, signal: AbortSignal | undefined): Promise<number> {
    const start = fromMillis(floorTo(within.start, MINUTE))
    const minutes = { ...countablePart(within), start, end: endOfMinute(within.end) }
    return (await this.#options.logOperations.countLogs(minutes, signal)).total
  }

  async #read(
    request: ChartRequest,
    query: LogQuery,
    within: LogFilter & Range,
    asked: { cut: Cut; shape: ChartShape; visibility: Visibility; signal: AbortSignal | undefined },
    tell: (counted: Counted) => Promise<void>,
  ): Promise<Counted> {
    const { cut, shape, visibility, signal } = asked
    const { logOperations, scanner } = this.#options
    const range = { start: within.start, end: within.end }
    const candidates = isSampled(request) ? await this.#candidates(within, signal) : 0
    const reading = new ChartReading({
      ...{ logOperations, request, range, starts: cut.starts, candidates, signal },
    })
    let told = performance.now()
    async function* readOn(filter: LogFilter) {
      for await (const piece of reading.read(filter)) {
        yield piece
        if (performance.now() - told < PROGRESS_MS) continue
        await tell(reading.counted(reading.edge))
        told = performance.now()
      }
    }
    const reader = { visibility, signal, withinMs: shape.withinMs }
    const late = await scanner.scanLines(query, range, reader, readOn, (lines) => {
      reading.take(lines)
      return true
    })
    return reading.counted(late)
  }
}

/** How often the results so far are told. */
const PROGRESS_MS = 500

/** The whole range as one step. */
function wholeRange(start: string, end: string): Cut {
  const from = toMillis(start)
  const bucketMs = Math.max(1, toMillis(end) - from)
  return { starts: [from], bucketMs, countedFrom: from, countedMs: bucketMs }
}
