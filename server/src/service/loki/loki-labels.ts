import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import { countDimensions } from '../../store/reading/log-overview.ts'
import { countLoggers } from '../../store/reading/logger-counts.ts'
import { keyOf, streamOf } from './labels.ts'
import { parseMatchersOnly } from './language/parse.ts'
import type { Selection } from './language/syntax.ts'
import type { LokiReader } from './loki-reader.ts'
import type { LokiRange } from './loki-time.ts'
import type { LabelSet } from './pipeline/line-labels.ts'
import { type Limits, RowReader, ScanStopped } from './row-reader.ts'
import { LABELS, labelFor } from './selection-filter.ts'

/** How long rows are looked at for which loggers write of which cameras. */
const LOOK_MS = 1500
/** Streams of one answer at most. */
const MAX_STREAMS = 5000
const EVERYTHING: Selection = { matchers: [], stages: [] }

/** Which streams there are, and what their labels hold: answered from kept counts, but for the loggers. */
export class LokiLabels {
  readonly #reader: LokiReader

  constructor(reader: LokiReader) {
    this.#reader = reader
  }

  /** Names of labels, those that streams of the selector have; all when there is none. */
  async names(range: LokiRange, selector: string | undefined, visibility: Visibility): Promise<string[]> {
    if (selector === undefined) return [...LABELS]
    const values = await this.#values(range, parseMatchersOnly(selector), visibility)
    return LABELS.filter((label) => values[label].size > 0)
  }

  /** The values of one label in the range, sorted; none for a label that streams do not have. */
  async values(
    label: string,
    range: LokiRange,
    selector: string | undefined,
    visibility: Visibility,
  ): Promise<string[]> {
    const own = labelFor(label)
    if (own === undefined) return []
    const selection = selector === undefined ? EVERYTHING : parseMatchersOnly(selector)
    const values = await this.#values(range, selection, visibility, own === 'logger_name')
    return [...values[own]].sort()
  }

  /** The streams that match any of the selectors in the range. */
  async series(
    selectors: readonly string[],
    range: LokiRange,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<LabelSet[]> {
    const found = new Map<string, LabelSet>()
    for (const selector of selectors) {
      const { filter } = await this.#reader.filterFor(parseMatchersOnly(selector), range, visibility)
      const { streams, isCertain } = await this.#countedStreams(filter, signal)
      const seen = isCertain ? undefined : await this.#streamsOfRows(filter, signal)
      for (const labels of seen ?? streams) {
        if (found.size < MAX_STREAMS) found.set(keyOf(labels), labels)
      }
    }
    return [...found.values()]
  }

  /**
   * The streams by the counts. Loggers and cameras are counted apart: where a level of a source has several of both,
   * they are returned in every combination.
   */
  async #countedStreams(
    filter: LogFilter,
    signal: AbortSignal | undefined,
  ): Promise<{ streams: LabelSet[]; isCertain: boolean }> {
    const { counts } = await this.#reader.logs.read(countLoggers, filter, signal)
    const loggers = Map.groupBy(counts, ({ level, source }) => `${level}\0${source}`)
    const dimensions = await this.#reader.logs.read(countDimensions, filter, signal)
    const cameras = Map.groupBy(dimensions, ({ level, source }) => `${level}\0${source}`)
    let isCertain = true
    const streams = dimensions.flatMap((dimension) => {
      const key = `${dimension.level}\0${dimension.source}`
      const names = [...new Set(loggers.get(key)?.map(({ logger_name }) => logger_name) ?? [null])]
      isCertain &&= names.length === 1 || cameras.get(key)?.length === 1
      return names.map((logger_name) => streamOf({ ...dimension, logger_name }))
    })
    return { streams, isCertain }
  }

  /** The streams of all rows; undefined when there are too many to be looked at. */
  async #streamsOfRows(filter: LogFilter, signal: AbortSignal | undefined): Promise<LabelSet[] | undefined> {
    const found = new Map<string, LabelSet>()
    const work = async (limits: Limits) => {
      const reader = new RowReader(this.#reader.logs, filter, 'newest', limits)
      try {
        await reader.readTo(undefined, (row) => {
          const labels = streamOf(row)
          if (found.size < MAX_STREAMS) found.set(keyOf(labels), labels)
          return true
        })
        return [...found.values()]
      } catch (error) {
        if (error instanceof ScanStopped) return undefined
        throw error
      } finally {
        await reader.close()
      }
    }
    return this.#reader.within(signal, work, Math.min(LOOK_MS, this.#reader.logs.searchBudgetMs))
  }

  /** How many values each label has, the most first. */
  async detected(
    range: LokiRange,
    selector: string | undefined,
    visibility: Visibility,
  ): Promise<{ label: string; cardinality: number }[]> {
    const selection = selector === undefined ? EVERYTHING : parseMatchersOnly(selector)
    const values = await this.#values(range, selection, visibility)
    // Loki leaves out labels whose values are numbers alone: they are ids.
    return LABELS.filter((label) => [...values[label]].some((value) => !/^\d+$/.test(value)))
      .map((label) => ({ label, cardinality: values[label].size }))
      .sort((a, b) => b.cardinality - a.cardinality)
  }

  async #values(
    range: LokiRange,
    selection: Selection,
    visibility: Visibility,
    withLoggers = true,
  ): Promise<Record<(typeof LABELS)[number], Set<string>>> {
    const { filter } = await this.#reader.filterFor(selection, range, visibility)
    const rows = await this.#reader.logs.read(countDimensions, filter, undefined)
    const loggers = withLoggers ? (await this.#reader.logs.read(countLoggers, filter, undefined)).counts : []
    return {
      camera: new Set(rows.flatMap(({ camera_id }) => (camera_id === null ? [] : [String(camera_id)]))),
      level: new Set(rows.map(({ level }) => level)),
      logger_name: new Set(loggers.flatMap(({ logger_name }) => logger_name ?? [])),
      source: new Set(rows.map(({ source }) => source)),
    }
  }
}
