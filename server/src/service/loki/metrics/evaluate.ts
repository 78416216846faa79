import { AppError } from '../../app-error.ts'
import type { Grouping, Metric, RangeAggregation } from '../language/syntax.ts'
import type { LabelSet } from '../pipeline/line-labels.ts'
import { compilePattern, expand } from '../pipeline/patterns.ts'
import { holdMore, ScanStopped, Turns } from '../row-reader.ts'
import { isLabel, labelFor, namesIn, toSelectionFilter } from '../selection-filter.ts'
import { countedSource } from './counted-series.ts'
import { applyOperator } from './operators.ts'
import { RowSource } from './row-source.ts'
import { between, type Evaluation, type Source } from './source.ts'
import { aggregate, combine, type Sample, sample, withNumber } from './vectors.ts'

type Point = { at: number; value: number }
export type MetricSeries = { metric: LabelSet; values: Point[] }

/** The result of an evaluation; `from` is the first of its times that was evaluated, when that was not all. */
export type Evaluated = { series: MetricSeries[]; from: number | undefined }

/** Series of one answer at most, as in Loki. */
const MAX_SERIES = 500
/** Bytes of a chunk of rows, with what it becomes. */
const READ_BYTES = 8 * 1024 * 1024
/** Bytes of a value and its time, about. */
const POINT_BYTES = 64

const SUMMED = new Set(['bytes_over_time', 'bytes_rate', 'sum_over_time', 'rate', 'count_over_time'])

/**
 * The series of a metric at each time. When the time of the query is over, those of the last times are given.
 *
 * @throws {AppError} QUERY_TIMEOUT when not even the last time could be evaluated
 */
export async function evaluateMetric(metric: Metric, evaluation: Evaluation): Promise<Evaluated> {
  const sources: Source[] = []
  const series = new Map<string, MetricSeries>()
  const turns = new Turns(evaluation.limits)
  // Its sources read one after the other, and keep no rows.
  holdMore(evaluation.limits, READ_BYTES)
  let from: number | undefined
  try {
    const source = await sourceOf(metric, evaluation, sources)
    for (const at of evaluation.times.toReversed()) {
      let vector: readonly Sample[]
      try {
        vector = await source.next(at)
        await turns.pass('')
      } catch (error) {
        if (!(error instanceof ScanStopped)) throw error
        if (from === undefined) throw tooSlow()
        return { series: inOrder(series), from }
      }
      from = at
      holdMore(evaluation.limits, vector.length * POINT_BYTES)
      for (const { key, labels, value } of vector) {
        const known = series.get(key)
        if (known !== undefined) known.values.push({ at, value })
        else series.set(key, { metric: labels, values: [{ at, value }] })
        if (series.size > MAX_SERIES) throw tooManySeries()
      }
    }
  } finally {
    await Promise.all(sources.map((source) => source.close()))
  }
  return { series: inOrder(series), from: undefined }
}

function inOrder(series: ReadonlyMap<string, MetricSeries>): MetricSeries[] {
  return [...series.values()].map(({ metric, values }) => ({ metric, values: values.reverse() }))
}

function tooSlow(): AppError {
  return new AppError(
    'QUERY_TIMEOUT',
    'The query exceeded its time limit. Narrow its range, or select fewer lines.',
  )
}

function tooManySeries(): AppError {
  return new AppError(
    'INVALID_REQUEST',
    `maximum number of series (${MAX_SERIES}) reached for a single query; select fewer streams or aggregate by fewer labels`,
  )
}

/** A metric of numbers alone as its number. */
export function foldNumbers(metric: Metric): Metric {
  if (metric.kind === 'vector' || metric.kind === 'label_replace')
    return { ...metric, of: foldNumbers(metric.of) }
  if (metric.kind !== 'binary') return metric
  const [left, right] = [foldNumbers(metric.left), foldNumbers(metric.right)]
  if (left.kind !== 'literal' || right.kind !== 'literal') return { ...metric, left, right }
  return { kind: 'literal', value: applyOperator(metric.operator, left.value, right.value) }
}

async function sourceOf(metric: Metric, evaluation: Evaluation, sources: Source[]): Promise<Source> {
  const make = (of: Metric) => sourceOf(of, evaluation, sources)
  const source = (next: Source['next']): Source => ({ next, close: async () => undefined })
  switch (metric.kind) {
    case 'literal':
    case 'constant': {
      const vector = [sample({}, metric.value)]
      return source(async () => vector)
    }
    case 'range': {
      const made = await rangeSource(metric, undefined, evaluation)
      sources.push(made)
      return made
    }
    case 'vector': {
      const { operation, parameter = 0, grouping = { isWithout: false, labels: [] }, of } = metric
      const isSummed = operation === 'sum' && of.kind === 'range' && SUMMED.has(of.operation)
      const inner = isSummed ? await rangeSource(of, grouping, evaluation) : await make(of)
      if (isSummed) sources.push(inner)
      return source(async (at) => aggregate(operation, parameter, grouping, await inner.next(at)))
    }
    case 'label_replace':
      return replacing(metric, await make(metric.of))
    case 'binary': {
      const { operator, left, right, matching } = metric
      const options = { isLeft: left.kind === 'literal', isBool: matching.isBool }
      if (left.kind === 'literal' || right.kind === 'literal') {
        const number = (left.kind === 'literal' ? left : right) as { value: number }
        const inner = await make(left.kind === 'literal' ? right : left)
        return source(async (at) => withNumber(operator, await inner.next(at), number.value, options))
      }
      const [a, b] = [await make(left), await make(right)]
      return source(async (at) => combine(operator, await a.next(at), await b.next(at), matching))
    }
  }
}

function replacing(metric: Extract<Metric, { kind: 'label_replace' }>, inner: Source): Source {
  const { destination, replacement, source, pattern } = metric
  const compiled = compilePattern(`^(?:${pattern})$`)
  const replace = (one: Sample): Sample => {
    const group = compiled.find((Object.hasOwn(one.labels, source) && one.labels[source]) || '')
    if (group === undefined) return one
    const value = expand(replacement, (name) => knownGroup(group, name))
    const entries = Object.entries(one.labels).filter(([name]) => name !== destination)
    if (value !== '') entries.push([destination, value])
    return sample(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))), one.value)
  }
  return { next: async (at) => (await inner.next(at)).map(replace), close: async () => undefined }
}

/** A group's text; none for a number or name that the pattern has not. */
function knownGroup(group: (name: number | string) => string | null, name: number | string): string | null {
  try {
    return group(name)
  } catch {
    return null
  }
}

/** @param override the grouping of a `sum` around it */
async function rangeSource(
  aggregation: RangeAggregation,
  override: Grouping | undefined,
  evaluation: Evaluation,
): Promise<Source> {
  if (aggregation.at !== undefined) return fixedSource(aggregation, override, evaluation)
  const { operation, selection, range, offset, unwrap } = aggregation
  const { times, logs, visibility } = evaluation
  const shift = offset / 1e6
  const span = between({ visibility }, (times[0] ?? 0) - shift - range / 1e6, (times.at(-1) ?? 0) - shift)
  const { filter, isExact } = await toSelectionFilter(selection, visibility, namesIn(logs, span))
  const isAbsence = operation === 'absent_over_time'
  const labels = isAbsence ? new Map<string, never>() : countedLabels(override ?? aggregation.grouping)
  const isCount = operation === 'count_over_time' || operation === 'rate' || isAbsence
  const counted =
    isExact && isCount && !unwrap && labels
      ? await countedSource(evaluation, filter, labels, { range, offset, isRate: operation === 'rate' })
      : undefined
  const source = counted ?? new RowSource(evaluation, filter, aggregation, override)
  return isAbsence ? absence(source, aggregation) : source
}

/** The labels of a grouping by those of our streams; undefined for one by any other. */
function countedLabels(
  grouping: Grouping | undefined,
): ReadonlyMap<string, NonNullable<ReturnType<typeof labelFor>>> | undefined {
  if (grouping === undefined || grouping.isWithout) return undefined
  const labels = new Map<string, NonNullable<ReturnType<typeof labelFor>>>()
  for (const name of grouping.labels) {
    const own = name === 'camera_id' ? undefined : labelFor(name)
    if (own === undefined) return undefined
    // Grafana asks for both, and takes what there is.
    if (isLabel(name) || !grouping.labels.includes(own)) labels.set(name, own)
  }
  return labels
}

/** `1` where nothing is, with the labels that the selector names. */
function absence(inner: Source, { selection }: RangeAggregation): Source {
  const counts = Map.groupBy(selection.matchers, ({ label }) => label)
  const entries = [...counts].flatMap(([label, [only, ...more]]) =>
    only?.operator === '=' && more.length === 0 ? [[label, only.value] as const] : [],
  )
  const vector = [sample(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))), 1)]
  return {
    next: async (at) => ((await inner.next(at)).length > 0 ? [] : vector),
    close: () => inner.close(),
  }
}

/** A window that stays where it is, for every step. */
async function fixedSource(
  aggregation: RangeAggregation,
  override: Grouping | undefined,
  evaluation: Evaluation,
): Promise<Source> {
  const { times } = evaluation
  const { at } = aggregation
  const time = at === 'start' ? times[0] : at === 'end' ? times.at(-1) : Number(at) / 1e6
  const once = { ...evaluation, times: [time ?? 0] }
  const source = await rangeSource({ ...aggregation, at: undefined }, override, once)
  let vector: readonly Sample[] | undefined
  return {
    next: async () => {
      vector ??= await source.next(time ?? 0)
      return vector
    },
    close: () => source.close(),
  }
}
