import type { DimensionCount } from '../../store/counts/counts.ts'
import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import { countDimensions } from '../../store/reading/log-overview.ts'
import type { ScannedRow } from '../../store/reading/row-scan.ts'
import { AppError } from '../app-error.ts'
import { keyOf, streamOf } from './labels.ts'
import { parseMatchersOnly } from './language/parse.ts'
import type { Selection } from './language/syntax.ts'
import type { LokiReader } from './loki-reader.ts'
import { type LokiRange, toMillis } from './loki-time.ts'
import type { MetricSeries } from './metrics/evaluate.ts'
import { ALL_LABELS, type LabelSet, toMetadata } from './pipeline/line-labels.ts'
import { millisOf, RowPipeline } from './row-pipeline.ts'
import { type Limits, RowReader, ScanStopped } from './row-reader.ts'
import { labelFor } from './selection-filter.ts'

/** How long lines are measured; older lines are estimated from these and the kept counts. */
const MEASURE_MS = 1500
/** Steps of one answer at most. */
const MAX_STEPS = 11_000
/** Distinct series; the volume of further series is left out. */
const MAX_SERIES = 10_000

export type VolumeAsked = LokiRange & {
  selector: string
  /** Labels that separate the volumes; those of the selector when there are none. */
  labels: readonly string[]
  /** By the values of labels, or by the labels alone. */
  isByLabel: boolean
  limit: number
  /** One volume for each; one for all when unset. */
  stepMs: number | undefined
}

export type IndexStats = { streams: number; chunks: number; bytes: number; entries: number }

type Measured = { bytes: number; rows: number }

/** Bytes of lines. */
export class LokiVolumes {
  readonly #reader: LokiReader

  constructor(reader: LokiReader) {
    this.#reader = reader
  }

  /** How much there is, for a warning before it is read. Bytes and streams are measured in part, and estimated for the rest. */
  async stats(
    selector: string,
    range: LokiRange,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<IndexStats> {
    const selection = parseMatchersOnly(selector)
    const { filter, isExact } = await this.#reader.filterFor(selection, range, visibility)
    const streams = new Set<string>()
    const measured = { rows: 0, bytes: 0 }
    const sizes = new LineBytes()
    const stoppedAt = await this.#measure(filter, selection, isExact, signal, (row) => {
      streams.add(keyOf(streamOf(row)))
      measured.rows += 1
      measured.bytes += sizes.of(row)
    })
    if (stoppedAt === undefined)
      return { streams: streams.size, chunks: streams.size, bytes: measured.bytes, entries: measured.rows }
    const counts = await this.#reader.logs.read(countDimensions, filter, signal)
    const entries = counts.reduce((sum, { rows }) => sum + rows, 0)
    const most = Math.max(streams.size, counts.length)
    const bytes = Math.round((measured.bytes / Math.max(1, measured.rows)) * entries)
    return { streams: most, chunks: most, bytes, entries }
  }

  /** The volumes of the largest series, the largest first. */
  async volumes(asked: VolumeAsked, visibility: Visibility, signal?: AbortSignal): Promise<MetricSeries[]> {
    const { stepMs, start, end } = asked
    if (stepMs !== undefined && (toMillis(end) - toMillis(start)) / stepMs > MAX_STEPS) {
      throw new AppError(
        'INVALID_REQUEST',
        'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
      )
    }
    const selection = parseMatchersOnly(asked.selector)
    const { filter, isExact } = await this.#reader.filterFor(selection, asked, visibility)
    const gathered = new Volumes(
      asked,
      selection.matchers.map(({ label }) => label),
    )
    const stoppedAt = await this.#measure(filter, selection, isExact, signal, (row) => gathered.add(row))
    if (stoppedAt !== undefined) await this.#estimate({ ...filter, end: stoppedAt }, gathered, asked, signal)
    return gathered.list()
  }

  /** Hands over the newest rows for some time. @returns where it ended; undefined for all */
  #measure(
    filter: LogFilter,
    selection: Selection,
    isExact: boolean,
    signal: AbortSignal | undefined,
    take: (row: ScannedRow) => void,
  ): Promise<string | undefined> {
    const pipeline = new RowPipeline(selection, ALL_LABELS)
    const work = async (limits: Limits) => {
      const reader = new RowReader(this.#reader.logs, filter, 'newest', limits)
      try {
        await reader.readTo(undefined, (row) => {
          if (isExact || pipeline.run(row) !== undefined) take(row)
          return true
        })
        return undefined
      } catch (error) {
        if (error instanceof ScanStopped) return error.message
        throw error
      } finally {
        await reader.close()
      }
    }
    return this.#reader.within(signal, work, Math.min(MEASURE_MS, this.#reader.logs.searchBudgetMs))
  }

  /** Adds what was not measured: as many rows as were counted, of the size of those that were measured. */
  async #estimate(
    filter: LogFilter & { start: string; end: string },
    gathered: Volumes,
    { stepMs, start }: VolumeAsked,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { logs } = this.#reader
    const counts = await logs.read(countDimensions, filter, signal)
    if (stepMs === undefined) {
      for (const count of counts) gathered.estimate(count, count.rows, 0)
      return
    }
    const origin = toMillis(start)
    const total = Map.groupBy(counts, ({ level }) => level)
    for (const { level, bucket, rows } of await logs.getHistogram(filter, origin, stepMs, signal)) {
      const ofLevel = total.get(level) ?? []
      const all = ofLevel.reduce((sum, count) => sum + count.rows, 0)
      for (const count of ofLevel) gathered.estimate(count, (rows * count.rows) / all, millisOf(bucket))
    }
  }
}

/** Distinct texts of structured metadata. */
const MAX_TEXTS = 100_000

/** Bytes as Loki counts them: a line, eight for each pair of structured metadata, and each text of these once a stream. */
class LineBytes {
  readonly #known = new Set<string>()

  of({ message, extra_data, ...row }: ScannedRow): number {
    let bytes = Buffer.byteLength(message)
    if (extra_data === null) return bytes
    const stream = keyOf(streamOf(row))
    for (const [name, value] of toMetadata(extra_data)) {
      bytes += 8
      for (const text of [name, value]) {
        const key = `${stream}${text}`
        if (this.#known.has(key)) continue
        bytes += Buffer.byteLength(text)
        if (this.#known.size < MAX_TEXTS && text.length < 200) this.#known.add(key)
      }
    }
    return bytes
  }
}

/** Bytes by labels and step. */
class Volumes {
  readonly #bytes = new LineBytes()
  readonly #asked: VolumeAsked
  readonly #names: readonly string[]
  readonly #series = new Map<string, { metric: LabelSet; steps: Map<number, number>; measured: Measured }>()
  readonly #all: Measured = { bytes: 0, rows: 0 }

  constructor(asked: VolumeAsked, selected: readonly string[]) {
    this.#asked = asked
    this.#names = asked.labels.length > 0 ? asked.labels : selected
  }

  add(row: ScannedRow): void {
    const bytes = this.#bytes.of(row)
    this.#all.bytes += bytes
    this.#all.rows += 1
    for (const series of this.#seriesOf(streamOf(row))) {
      series.measured.bytes += bytes
      series.measured.rows += 1
      this.#addTo(series.steps, millisOf(row.timestamp), bytes)
    }
  }

  estimate(count: DimensionCount, rows: number, at: number): void {
    for (const series of this.#seriesOf(streamOf({ ...count, logger_name: null }))) {
      const { bytes, rows: measured } = series.measured.rows > 0 ? series.measured : this.#all
      if (measured > 0) this.#addTo(series.steps, at, (bytes / measured) * rows)
    }
  }

  list(): MetricSeries[] {
    const sorted = [...this.#series.values()]
      .map(({ metric, steps }) => ({
        metric,
        values: [...steps].sort(([a], [b]) => a - b).map(([at, bytes]) => ({ at, value: Math.round(bytes) })),
      }))
      .sort((a, b) => (b.values[0]?.value ?? 0) - (a.values[0]?.value ?? 0))
    return sorted.slice(0, this.#asked.limit)
  }

  #addTo(steps: Map<number, number>, at: number, bytes: number): void {
    const { start, end, stepMs } = this.#asked
    const [from, to] = [toMillis(start), toMillis(end)]
    // Loki says the last millisecond of a step, and the end of the range for the last.
    const step = stepMs === undefined ? to : Math.floor(at / stepMs) * stepMs + stepMs - 1
    const place = Math.max(from, Math.min(step, to))
    steps.set(place, (steps.get(place) ?? 0) + bytes)
  }

  #seriesOf(stream: LabelSet) {
    const metrics: LabelSet[] = []
    if (this.#asked.isByLabel) {
      const names = this.#asked.labels.length > 0 ? this.#asked.labels : Object.keys(stream)
      metrics.push(
        ...names.filter((name) => labelOf(stream, name) !== undefined).map((name) => ({ [name]: '' })),
      )
    } else {
      const entries = this.#names.flatMap((name) => {
        const value = labelOf(stream, name)
        return value === undefined ? [] : [[name, value] as const]
      })
      metrics.push(Object.fromEntries(this.#names.length === 0 ? Object.entries(stream) : entries.sort()))
    }
    return metrics.flatMap((metric) => {
      const key = keyOf(metric)
      const known = this.#series.get(key)
      if (known !== undefined) return [known]
      if (this.#series.size >= MAX_SERIES) return []
      const made = { metric, steps: new Map<number, number>(), measured: { bytes: 0, rows: 0 } }
      this.#series.set(key, made)
      return [made]
    })
  }
}

function labelOf(stream: LabelSet, name: string): string | undefined {
  const own = labelFor(name) ?? name
  return Object.hasOwn(stream, own) ? stream[own] : undefined
}
