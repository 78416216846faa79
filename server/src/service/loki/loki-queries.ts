import type { LogRow } from '../../store/database/reader.ts'
import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import { type Page, readLogPage } from '../../store/reading/log-pages.ts'
import type { ScannedRow } from '../../store/reading/row-scan.ts'
import { AppError } from '../app-error.ts'
import { keyOf } from './labels.ts'
import { parseLogQuery, parseLogql } from './language/parse.ts'
import { printQuery } from './language/print.ts'
import type { Metric, Selection } from './language/syntax.ts'
import { type LokiReader, within } from './loki-reader.ts'
import { type LokiRange, toMillis, toNanos } from './loki-time.ts'
import { evaluateMetric, foldNumbers, type MetricSeries } from './metrics/evaluate.ts'
import { ALL_LABELS, type LabelSet } from './pipeline/line-labels.ts'
import { RowPipeline } from './row-pipeline.ts'
import { holdMore, type Limits, RowReader, ScanStopped } from './row-reader.ts'
import { toSelectionFilter } from './selection-filter.ts'

/** A line with the labels it has beside those of its stream; these are among the stream's unless they are asked for apart. */
export type LokiLine = { nanos: string; line: string; metadata: LabelSet; parsed: LabelSet }
type LokiStream = { stream: LabelSet; lines: LokiLine[] }
export type LokiAnswer =
  | { resultType: 'streams'; result: LokiStream[]; warning: string | undefined }
  | { resultType: 'matrix' | 'vector'; result: MetricSeries[]; warning: string | undefined }
  | { resultType: 'scalar'; at: number; value: number }

/** Lines of one answer at most, as in Loki. */
const MAX_LINES = 5000
/** Text of one answer at most. */
const MAX_TEXT = 8 * 1024 * 1024
/** Points of one series at most, as in Loki. */
const MAX_POINTS = 11_000

export type LinesAsked = {
  limit: number
  isForward: boolean
  /** Whether labels of the line itself are listed apart from those of its stream. */
  isCategorized: boolean
  /** Lines nearer to the one before are left out. */
  intervalMs: number
}
export type RangeAsked = LokiRange & LinesAsked & { stepMs: number }

/** LogQL's questions, answered from kept counts and rows. Each is under the caller's visibility. */
export class LokiQueries {
  readonly #reader: LokiReader

  constructor(reader: LokiReader) {
    this.#reader = reader
  }

  /** @throws {AppError} INVALID_REQUEST in Loki's words */
  async queryRange(
    query: string,
    range: RangeAsked,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<LokiAnswer> {
    const { start, end, stepMs } = range
    if (Number((end - start) / 1_000_000n) / stepMs > MAX_POINTS) {
      throw new AppError(
        'INVALID_REQUEST',
        'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
      )
    }
    const parsed = parseLogql(query)
    if (parsed.kind === 'logs') return this.#lines(parsed.selection, range, visibility, signal)
    // As in Loki, steps lie where their multiples do, so that the same ones are asked for again.
    const first = Math.floor(toMillis(start) / stepMs)
    const last = Math.ceil(toMillis(end) / stepMs)
    const times = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * stepMs)
    return this.#evaluate(parsed.metric, times, stepMs, visibility, signal)
  }

  /** @throws {AppError} INVALID_REQUEST */
  async queryInstant(
    query: string,
    at: bigint,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<LokiAnswer> {
    const parsed = parseLogql(query)
    if (parsed.kind === 'logs') {
      throw new AppError(
        'INVALID_REQUEST',
        'log queries are not supported as an instant query type, please change your query to a range query type',
      )
    }
    const time = toMillis(at)
    const metric = foldNumbers(parsed.metric)
    if (metric.kind === 'literal') return { resultType: 'scalar', at: time, value: metric.value }
    const { result, warning } = await this.#evaluate(metric, [time], 1000, visibility, signal)
    const byLabels = (a: MetricSeries, b: MetricSeries) => (keyOf(a.metric) < keyOf(b.metric) ? -1 : 1)
    const isSorted = metric.kind === 'vector' && metric.operation.startsWith('sort')
    return { resultType: 'vector', result: isSorted ? result : result.sort(byLabels), warning }
  }

  async #evaluate(
    metric: Metric,
    times: number[],
    stepMs: number,
    visibility: Visibility,
    signal: AbortSignal | undefined,
  ): Promise<{ resultType: 'matrix'; result: MetricSeries[]; warning: string | undefined }> {
    const { logs } = this.#reader
    const { series, from } = await this.#reader.within(signal, (limits) =>
      evaluateMetric(foldNumbers(metric), { logs, visibility, times, stepMs, limits }),
    )
    const warning =
      from === undefined
        ? undefined
        : `the query took too long: there are no values before ${new Date(from).toISOString()}`
    return { resultType: 'matrix', result: series, warning }
  }

  /** The query as `format_query` writes it. @throws {AppError} INVALID_REQUEST */
  format(query: string): string {
    return printQuery(parseLogql(query))
  }

  /** The filter of a tail, which finds rows that may match, and the pipeline that makes lines of those that do. @throws {AppError} INVALID_REQUEST */
  async tail(query: string, visibility: Visibility): Promise<{ filter: LogFilter; pipeline: RowPipeline }> {
    const selection = parseLogQuery(query)
    const { filter } = await toSelectionFilter(selection, visibility, undefined)
    return { filter, pipeline: new RowPipeline(selection, ALL_LABELS) }
  }

  /** The newest rows, newest first: of the last hour, unless another start is given. */
  async newest(filter: LogFilter, start: bigint | undefined, limit: number): Promise<LogRow[]> {
    const end = BigInt(Date.now() + 3_600_000) * 1_000_000n
    const { rows } = await this.#reader.logs.read(
      readLogPage,
      within(filter, { start: start ?? end - 7_200_000_000_000n, end }),
      undefined,
      { offset: 0, limit: Math.min(limit, MAX_LINES) },
    )
    return rows
  }

  async #lines(
    selection: Selection,
    range: RangeAsked,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<LokiAnswer> {
    const { limit, isForward } = range
    if (limit > MAX_LINES)
      throw new AppError(
        'INVALID_REQUEST',
        `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${MAX_LINES})`,
      )
    const { filter, isExact } = await this.#reader.filterFor(selection, range, visibility)
    const lines = new Lines(selection, range)
    if (!isExact || range.intervalMs > 0) {
      const warning = await this.#reader.within(signal, (limits) =>
        this.#scan(filter, lines, isForward, limits),
      )
      return { resultType: 'streams', result: lines.streams(), warning }
    }
    const slice = isForward
      ? { beyond: { timestamp: filter.start, id: 0 }, order: 'oldest' as const, limit }
      : { offset: 0, limit }
    const page = await this.#reader.logs.read(readLogPage, filter, signal, slice)
    for (const row of page.rows) lines.add(row)
    return { resultType: 'streams', result: lines.streams(), warning: warningOf(page) }
  }

  /** Looks through rows until there are as many lines as were asked for. @returns why there may be fewer */
  async #scan(
    filter: LogFilter,
    lines: Lines,
    isForward: boolean,
    limits: Limits,
  ): Promise<string | undefined> {
    holdMore(limits, MAX_TEXT)
    const reader = new RowReader(this.#reader.logs, filter, isForward ? 'oldest' : 'newest', limits)
    try {
      const last = await reader.readTo(undefined, (row) => {
        lines.add(row)
        return !lines.isFull
      })
      if (last === undefined || !lines.isCut) return undefined
      return cutWarning(last)
    } catch (error) {
      if (!(error instanceof ScanStopped)) throw error
      return `the search took too long and was stopped at ${toNanos(error.message)}`
    } finally {
      await reader.close()
    }
  }
}

/** Lines on their way into streams, as many as were asked for. */
class Lines {
  readonly #pipeline: RowPipeline
  readonly #asked: LinesAsked
  readonly #streams = new Map<string, LokiStream>()
  #count = 0
  #text = 0
  #last: bigint | undefined

  constructor(selection: Selection, asked: LinesAsked) {
    this.#pipeline = new RowPipeline(selection, ALL_LABELS)
    this.#asked = asked
  }

  /** Whether the answer ends for its length alone. */
  get isCut(): boolean {
    return this.#text >= MAX_TEXT && this.#count < this.#asked.limit
  }

  get isFull(): boolean {
    return this.#count >= this.#asked.limit || this.#text >= MAX_TEXT
  }

  add(row: ScannedRow): void {
    if (this.isFull) return
    const line = this.#pipeline.run(row)
    if (line === undefined) return
    const nanos = toNanos(row.timestamp)
    if (!this.#isDue(BigInt(nanos))) return
    const { stream, ...own } = this.#labels()
    const key = keyOf(stream)
    const known = this.#streams.get(key)
    const entry = { nanos, line, ...own }
    if (known === undefined) this.#streams.set(key, { stream, lines: [entry] })
    else known.lines.push(entry)
    this.#count += 1
    this.#text += line.length + key.length
  }

  streams(): LokiStream[] {
    return [...this.#streams].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stream]) => stream)
  }

  #labels(): { stream: LabelSet; metadata: LabelSet; parsed: LabelSet } {
    const { labels } = this.#pipeline
    return this.#asked.isCategorized
      ? labels.categories()
      : { stream: labels.all(), metadata: {}, parsed: {} }
  }

  #isDue(nanos: bigint): boolean {
    const { intervalMs } = this.#asked
    if (intervalMs > 0 && this.#last !== undefined) {
      const distance = nanos > this.#last ? nanos - this.#last : this.#last - nanos
      if (distance < BigInt(intervalMs) * 1_000_000n) return false
    }
    this.#last = nanos
    return true
  }
}

/** Why there are fewer lines than there could be. */
function warningOf({ stopped_at, is_cut, rows }: Page): string | undefined {
  if (stopped_at !== null)
    return `the search took too long and was stopped at ${toNanos(stopped_at.timestamp)}`
  const last = rows.at(-1)
  return is_cut && last !== undefined ? cutWarning(last.timestamp) : undefined
}

function cutWarning(timestamp: string): string {
  return `the result was cut at 8 MB: it has only lines up to ${toNanos(timestamp)}`
}
