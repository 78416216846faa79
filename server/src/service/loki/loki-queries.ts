import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { Page } from '../../store/reading/log-pages.ts'
import type { LogRow } from '../../store/reading/log-row.ts'
import { AppError } from '../app-error.ts'
import { type LogSelection, parseLogql, parseSelector } from './logql.ts'
import { countSeries, type Labels, type Sample, SERIES_LIMIT } from './loki-counts.ts'
import { toNanos, toUtc } from './loki-time.ts'
import { isLabel, toSearch } from './selection-search.ts'

export type LokiRange = { start: bigint; end: bigint }
type LokiStream = { stream: Labels; rows: LogRow[] }
export type LokiSeries = { metric: Labels; values: Sample[] }
export type LokiAnswer =
  | { resultType: 'streams'; result: LokiStream[]; warning: string | undefined }
  | { resultType: 'matrix' | 'vector'; result: LokiSeries[] }

/** Lines of one answer at most, as in Loki. */
const MAX_LINES = 5000
/** Points of one series at most, as in Loki. */
const MAX_POINTS = 11_000

type RangeQuery = LokiRange & { limit: number; isForward: boolean; stepMs: number }

/** Loki's questions, answered from rows and kept counts. Every one is under the caller's visibility. */
export class LokiQueries {
  readonly #logs: LogOperations

  constructor(logOperations: LogOperations) {
    this.#logs = logOperations
  }

  /** @throws {AppError} INVALID_REQUEST in Loki's words */
  async queryRange(
    query: string,
    range: RangeQuery,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<LokiAnswer> {
    const parsed = parseLogql(query)
    if (parsed.kind === 'logs') return this.#lines(parsed.selection, range, visibility, signal)
    const [from, to] = [millisOf(range.start), millisOf(range.end)]
    if (to < from)
      throw new AppError('INVALID_REQUEST', 'end timestamp must not be before or equal to start time')
    const points = Math.floor((to - from) / range.stepMs) + 1
    if (points > MAX_POINTS) {
      throw new AppError(
        'INVALID_REQUEST',
        `exceeded maximum resolution of ${MAX_POINTS} points per time series. Try increasing the value of the step parameter`,
      )
    }
    const times = Array.from({ length: points }, (_, index) => from + index * range.stepMs)
    if (parsed.kind === 'vector') {
      const values = times.map((at): Sample => ({ at, value: parsed.value }))
      return { resultType: 'matrix', result: [{ metric: {}, values }] }
    }
    const filter = await this.#filter(parsed.selection, visibility)
    return {
      resultType: 'matrix',
      result: await countSeries(this.#logs, filter, parsed, times, range.stepMs, signal),
    }
  }

  /** @throws {AppError} INVALID_REQUEST */
  async queryInstant(
    query: string,
    at: bigint,
    { limit, isForward }: Pick<RangeQuery, 'limit' | 'isForward'>,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<LokiAnswer> {
    const parsed = parseLogql(query)
    if (parsed.kind === 'logs') {
      // Loki refuses these; logcli's `instant-query` and people at a prompt do not mean to be.
      const range = { start: at - 3_600_000_000_000n, end: at, limit, isForward, stepMs: 1000 }
      return this.#lines(parsed.selection, range, visibility, signal)
    }
    const time = millisOf(at)
    if (parsed.kind === 'vector')
      return { resultType: 'vector', result: [{ metric: {}, values: [{ at: time, value: parsed.value }] }] }
    const filter = await this.#filter(parsed.selection, visibility)
    return {
      resultType: 'vector',
      result: await countSeries(this.#logs, filter, parsed, [time], parsed.rangeMs, signal),
    }
  }

  /** The values of one label in the range, sorted; none for a label that rows do not have. */
  async labelValues(
    label: string,
    range: LokiRange,
    selector: string | undefined,
    visibility: Visibility,
  ): Promise<string[]> {
    const name = label === 'service_name' ? 'source' : label
    if (!isLabel(name)) return []
    const selection = selector === undefined ? { matchers: [], lines: [] } : parseSelector(selector)
    const filter = within(await this.#filter(selection, visibility), range)
    if (name === 'logger_name') {
      const { counts } = await this.#logs.countLoggers(filter)
      return [...new Set(counts.flatMap(({ logger_name }) => logger_name ?? []))].sort()
    }
    const values = await this.#logs.getFacet(filter, name === 'camera' ? 'camera_id' : name)
    return values.map(({ value }) => String(value)).sort()
  }

  /** The streams that match any of the selectors in the range. */
  async series(selectors: string[], range: LokiRange, visibility: Visibility): Promise<Labels[]> {
    const found = new Map<string, Labels>()
    for (const selector of selectors) {
      const filter = within(await this.#filter(parseSelector(selector), visibility), range)
      for (const { level, source, camera_id } of await this.#logs.countByDimensions(filter)) {
        const labels = { level, source, ...(camera_id !== null && { camera: String(camera_id) }) }
        found.set(JSON.stringify(labels), labels)
      }
    }
    return [...found.values()].slice(0, SERIES_LIMIT)
  }

  /** What a tail shows. @throws {AppError} INVALID_REQUEST */
  async tailFilter(query: string, visibility: Visibility): Promise<LogFilter> {
    return this.#filter(parseSelector(query), visibility)
  }

  /** The newest rows, newest first: of the last hour, unless another start is given. */
  async newest(filter: LogFilter, start: bigint | undefined, limit: number): Promise<LogRow[]> {
    const end = BigInt(Date.now() + 3_600_000) * 1_000_000n
    const { rows } = await this.#logs.getPage(
      within(filter, { start: start ?? end - 7_200_000_000_000n, end }),
      { offset: 0, limit: Math.min(limit, MAX_LINES) },
    )
    return rows
  }

  async #filter(selection: LogSelection, visibility: Visibility): Promise<LogFilter> {
    const { search, patterns } = toSearch(selection)
    for (const pattern of patterns) {
      const problem = await this.#logs.explainPattern(pattern)
      if (problem !== undefined)
        throw new AppError('INVALID_REQUEST', `parse error : ${problem}: ${pattern.slice(0, 100)}`)
    }
    return { visibility, q: search }
  }

  async #lines(
    selection: LogSelection,
    range: RangeQuery,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<LokiAnswer> {
    const { limit, isForward } = range
    if (limit > MAX_LINES)
      throw new AppError(
        'INVALID_REQUEST',
        `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${MAX_LINES})`,
      )
    const filter = within(await this.#filter(selection, visibility), range)
    const page = await this.#logs.getPage(
      filter,
      isForward
        ? { beyond: { timestamp: toUtc(range.start), id: 0 }, order: 'oldest', limit }
        : { offset: 0, limit },
      signal,
    )
    const streams = new Map<string, LokiStream>()
    for (const row of page.rows) {
      const stream = labelsOf(row)
      const key = JSON.stringify(stream)
      const known = streams.get(key)
      if (known === undefined) streams.set(key, { stream, rows: [row] })
      else known.rows.push(row)
    }
    return { resultType: 'streams', result: [...streams.values()], warning: warningOf(page) }
  }
}

/** Why there are fewer lines than there could be. */
function warningOf({ stopped_at, is_cut, rows }: Page): string | undefined {
  if (stopped_at !== null)
    return `the search took too long and was stopped at ${toNanos(stopped_at.timestamp)}`
  const last = rows.at(-1)
  if (!is_cut || last === undefined) return undefined
  return `the lines are long: of more than 8 MB only those up to ${toNanos(last.timestamp)} are here`
}

/** The labels of a row's stream. */
export function labelsOf({ level, source, camera_id, logger_name }: LogRow): Labels {
  return {
    ...{ level, source },
    ...(camera_id !== null && { camera: String(camera_id) }),
    ...(logger_name !== null && { logger_name }),
  }
}

/** From start on, and before end, as Loki has it. */
function within(filter: LogFilter, { start, end }: LokiRange): LogFilter {
  return { ...filter, start: toUtc(start), end: toUtc(end - 1000n) }
}

function millisOf(nanos: bigint): number {
  return Number(nanos / 1_000_000n)
}
