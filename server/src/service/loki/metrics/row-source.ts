import type { LogFilter } from '../../../store/filter/log-filter.ts'
import type { ScannedRow } from '../../../store/reading/row-scan.ts'
import { AppError } from '../../app-error.ts'
import { keyOf, writeLabels } from '../labels.ts'
import { readBytes, readFloat, readGoDuration } from '../language/go-values.ts'
import type { Grouping, RangeAggregation, Unwrap } from '../language/syntax.ts'
import { requiredLabels } from '../pipeline/compile-stages.ts'
import { compileFilter, type LabelCondition } from '../pipeline/label-filters.ts'
import { ALIASES, ALL_LABELS, type Hints, type LabelSet, type LineLabels } from '../pipeline/line-labels.ts'
import { millisOf, RowPipeline } from '../row-pipeline.ts'
import { holdMore, RowReader } from '../row-reader.ts'
import { type Cell, type Fold, foldFor } from './folds.ts'
import { between, type Evaluation, type Source } from './source.ts'
import { grouped, type Sample } from './vectors.ts'

const SAMPLE_ERROR = 'SampleExtractionErr'
/** Bytes of a cell and of a number in it, about. */
const CELL_BYTES = 120
const NUMBER_BYTES = 8
/** Cells that one query may merge: windows that overlap a thousandfold cost a thousand merges a step. */
const MAX_MERGES = 50_000_000
/** A step of more ranges than these has more between its windows than in them. */
const SPARSE = 3

type Series = { labels: LabelSet; key: string; cells: Stretch[]; from: number }
/** The values of one stretch of time, which ends at `end`. */
type Stretch = { end: number; cell: Cell }

/** The windows of a range aggregation, from rows. Rows are read once, the newest first; what no later window needs is forgotten. */
export class RowSource implements Source {
  readonly #evaluation: Evaluation
  readonly #filter: LogFilter
  readonly #fold: Fold
  readonly #pipeline: RowPipeline
  readonly #valueOf: (line: string, labels: LineLabels) => number | undefined
  readonly #labelsOf: (labels: LineLabels) => LabelSet
  readonly #series = new Map<string, Series>()
  readonly #range: number
  readonly #offset: number
  readonly #isSparse: boolean
  #reader: RowReader | undefined
  /** Everything after this was read. */
  #readFrom = Number.POSITIVE_INFINITY
  #merges = 0

  /** @param override the grouping of a `sum` around it, which needs no others of its labels */
  constructor(
    evaluation: Evaluation,
    filter: LogFilter,
    aggregation: RangeAggregation,
    override: Grouping | undefined,
  ) {
    const { operation, parameter, selection, unwrap, range, offset } = aggregation
    const grouping = override ?? aggregation.grouping
    const isAbsence = operation === 'absent_over_time'
    const noLabels =
      isAbsence || (grouping !== undefined && !grouping.isWithout && grouping.labels.length === 0)
    this.#evaluation = evaluation
    this.#filter = filter
    this.#fold = foldFor(operation, parameter ?? 0, unwrap !== undefined)
    this.#pipeline = new RowPipeline(selection, hintsFor(aggregation, grouping, noLabels))
    this.#valueOf = unwrap ? unwrapped(unwrap) : operation.startsWith('bytes') ? bytesOf : () => 1
    this.#labelsOf = labelsBy(grouping, noLabels, unwrap?.label)
    this.#range = range / 1e6
    this.#offset = offset / 1e6
    this.#isSparse = evaluation.times.length > 1 && evaluation.stepMs > this.#range * SPARSE
  }

  async next(at: number): Promise<readonly Sample[]> {
    const to = at - this.#offset
    const from = to - this.#range
    await this.#readTo(from, to)
    const samples: Sample[] = []
    for (const [key, series] of this.#series) {
      const { cells, labels } = series
      while ((cells[series.from]?.end ?? Number.NEGATIVE_INFINITY) > to) series.from += 1
      if (series.from >= cells.length) {
        this.#series.delete(key)
        continue
      }
      if (series.from > 1000) {
        cells.splice(0, series.from)
        series.from = 0
      }
      let last = series.from
      while (last < cells.length && (cells[last] as Stretch).end > from) last += 1
      if (last === series.from) continue
      this.#merges += last - series.from
      const window = cells.slice(series.from, last).map(({ cell }) => cell)
      samples.push({
        key: series.key,
        labels,
        value: this.#fold.result(window, { end: to, range: this.#range }),
      })
    }
    if (this.#merges > MAX_MERGES)
      throw new AppError(
        'INVALID_REQUEST',
        'the ranges of too many steps overlap; use a larger step or a smaller range',
      )
    return samples
  }

  async close(): Promise<void> {
    await this.#reader?.close()
  }

  async #readTo(from: number, to: number): Promise<void> {
    if (this.#readFrom <= from) return
    const { logs, times, limits } = this.#evaluation
    if (this.#isSparse && this.#readFrom > to) {
      await this.#reader?.close()
      this.#reader = new RowReader(logs, between(this.#filter, from, to), 'newest', limits)
    } else if (this.#reader === undefined) {
      const first = (times[0] ?? 0) - this.#offset - this.#range
      this.#reader = new RowReader(logs, between(this.#filter, first, to), 'newest', limits)
    }
    const reached = await this.#reader.readTo(
      this.#isSparse ? undefined : between({} as LogFilter, from, to).start,
      (row) => {
        this.#add(row)
        return true
      },
    )
    this.#readFrom = this.#isSparse
      ? from
      : reached === undefined
        ? Number.NEGATIVE_INFINITY
        : millisOf(reached)
  }

  #add(row: ScannedRow): void {
    const at = millisOf(row.timestamp)
    const end = this.#stretchOf(at)
    if (end === undefined) return
    const line = this.#pipeline.run(row)
    if (line === undefined) return
    const { labels } = this.#pipeline
    const value = this.#valueOf(line, labels)
    if (value === undefined) return
    if (labels.isBroken) throw brokenLine(labels)
    const set = labels.error === '' ? this.#labelsOf(labels) : labels.all()
    const key = keyOf(set)
    let series = this.#series.get(key)
    if (series === undefined) {
      series = { labels: set, key, cells: [], from: 0 }
      this.#series.set(key, series)
      holdMore(this.#evaluation.limits, CELL_BYTES + key.length * 4)
    }
    const last = series.cells.at(-1)
    if (last?.end === end) {
      this.#fold.add(last.cell, value, at)
      if (this.#fold.isGrowing) holdMore(this.#evaluation.limits, NUMBER_BYTES)
    } else {
      series.cells.push({ end, cell: this.#fold.start(value, at) })
      holdMore(this.#evaluation.limits, CELL_BYTES)
    }
  }

  /** The end of the stretch that a time lies in, none of which a window cuts; undefined when no window has it. */
  #stretchOf(at: number): number | undefined {
    const { times, stepMs } = this.#evaluation
    const first = (times[0] ?? 0) - this.#offset
    const last = (times.at(-1) ?? 0) - this.#offset
    // The first window that ends at the time or later.
    const step = Math.max(0, Math.ceil((at - first) / stepMs))
    const end = first + step * stepMs
    if (end > last || at <= end - this.#range) return undefined
    // And the first that begins there or later: stretches end where windows begin or end.
    const begun = first - this.#range
    const beginning = begun + Math.ceil((at - begun) / stepMs) * stepMs
    return Math.min(end, beginning)
  }
}

/** Only labels that something looks at are extracted, where that is known. */
function hintsFor(
  { selection, unwrap }: RangeAggregation,
  grouping: Grouping | undefined,
  noLabels: boolean,
): Hints {
  const isKnown = noLabels || (grouping && !grouping.isWithout && grouping.labels.length > 0)
  if (!isKnown) return ALL_LABELS
  const names = [
    ...requiredLabels(selection.stages, unwrap?.filters),
    ...(noLabels ? [] : (grouping?.labels ?? [])),
    ...(unwrap ? [unwrap.label] : []),
  ]
  // A label whose name is taken is extracted under another one, which its own stands for.
  const required = new Set(names.flatMap((name) => [name, name.replace(/_extracted$/, '')]))
  return { noLabels: required.size === 0, required }
}

function bytesOf(line: string): number {
  return Buffer.byteLength(line)
}

/** The number that a label holds; undefined for a line without it, or that the filters behind it drop. */
function unwrapped({
  label,
  conversion,
  filters,
}: Unwrap): (line: string, labels: LineLabels) => number | undefined {
  const conditions: LabelCondition[] = filters.map(compileFilter)
  const read = conversion === '' ? readFloat : conversion === 'bytes' ? readBytes : readGoDuration
  const factor = conversion.startsWith('duration') ? 1e9 : 1
  return (_line, labels) => {
    const text = labels.get(label)
    if (text === undefined || text === '') return undefined
    const found = read(text)
    if ('problem' in found) labels.fail(SAMPLE_ERROR, found.problem)
    if (!conditions.every((holds) => holds(labels))) return undefined
    return 'value' in found ? found.value / factor : 0
  }
}

function labelsBy(
  grouping: Grouping | undefined,
  noLabels: boolean,
  unwrappedLabel: string | undefined,
): (labels: LineLabels) => LabelSet {
  if (noLabels) return () => ({})
  const without = unwrappedLabel === undefined ? [] : [unwrappedLabel]
  if (grouping === undefined || grouping.isWithout || grouping.labels.length === 0) {
    const names = { isWithout: true, labels: [...(grouping?.labels ?? []), ...without] }
    return names.labels.length === 0 ? (labels) => labels.all() : (labels) => grouped(labels.all(), names)
  }
  const names = [...new Set(grouping.labels)].sort()
  return (labels) => {
    const set: LabelSet = {}
    for (const name of names) {
      const own = ALIASES.get(name)
      const value =
        labels.get(name) ?? (own === undefined || names.includes(own) ? undefined : labels.aliased(name))
      if (value !== undefined) set[name] = value
    }
    return set
  }
}

function brokenLine(labels: LineLabels): AppError {
  return new AppError(
    'INVALID_REQUEST',
    `pipeline error: '${labels.error}' for series: '${writeLabels(labels.all())}'.\nLeave out such lines with a label filter, __error__!="${labels.error}" for this error or __error__="" for all; it may also stand behind unwrap.`,
  )
}
