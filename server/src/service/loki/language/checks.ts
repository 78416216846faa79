import { compileStages } from '../pipeline/compile-stages.ts'
import { compileFilter } from '../pipeline/label-filters.ts'
import { compileMatcher, compilePattern } from '../pipeline/patterns.ts'
import type { LabelFilter, Matcher, Metric, RangeAggregation, Selection, Stage } from './syntax.ts'
import { LogqlError } from './tokens.ts'

const GROUPED = new Set([
  ...['avg_over_time', 'stddev_over_time', 'stdvar_over_time', 'quantile_over_time', 'max_over_time'],
  ...['min_over_time', 'first_over_time', 'last_over_time'],
])
const UNWRAPPED = new Set([
  ...['avg_over_time', 'sum_over_time', 'max_over_time', 'min_over_time', 'stddev_over_time'],
  ...['stdvar_over_time', 'quantile_over_time', 'rate', 'rate_counter', 'absent_over_time'],
  ...['first_over_time', 'last_over_time'],
])
const OF_LINES = new Set(['bytes_over_time', 'bytes_rate', 'count_over_time', 'rate', 'absent_over_time'])

/** Regular expressions and templates of one selection at most; each is compiled, and run for every line. */
const MAX_PATTERNS = 64
/** Range aggregations of one query at most; each reads its lines by itself. */
const MAX_RANGES = 50

/** Refuses what the grammar lets through and means nothing. @throws {LogqlError} */
export function checkMetric(metric: Metric): void {
  if (rangesIn(metric) > MAX_RANGES)
    throw new LogqlError(`there are more than ${MAX_RANGES} range aggregations; use fewer`)
  checkPart(metric)
}

function rangesIn(metric: Metric): number {
  if (metric.kind === 'binary') return rangesIn(metric.left) + rangesIn(metric.right)
  if (metric.kind === 'vector' || metric.kind === 'label_replace') return rangesIn(metric.of)
  return Number(metric.kind === 'range')
}

function checkPart(metric: Metric): void {
  switch (metric.kind) {
    case 'binary':
      for (const side of ['left', 'right'] as const) {
        const leg = metric[side]
        if (leg.kind === 'literal' && ['or', 'and', 'unless'].includes(metric.operator))
          throw new LogqlError(
            `unexpected literal for ${side} leg of logical/set binary operation (${metric.operator}): ${leg.value.toFixed(6)}`,
          )
        checkPart(leg)
      }
      return
    case 'label_replace':
      try {
        compilePattern(`^(?:${metric.pattern})$`)
      } catch (error) {
        throw new LogqlError(`invalid regex in label_replace: ${(error as Error).message}`)
      }
      checkPart(metric.of)
      return
    case 'vector':
      checkVector(metric)
      checkPart(metric.of)
      return
    case 'range':
      checkRange(metric)
  }
}

function checkVector({ operation, parameter, grouping }: Extract<Metric, { kind: 'vector' }>): void {
  if (['topk', 'bottomk', 'approx_topk'].includes(operation)) {
    if (parameter === undefined) throw new LogqlError(`parameter required for operation ${operation}`)
    if (!Number.isSafeInteger(parameter)) throw new LogqlError(`invalid parameter ${operation}(${parameter},`)
    if (parameter <= 0)
      throw new LogqlError(`invalid parameter (must be greater than 0) ${operation}(${parameter}`)
    if (operation === 'approx_topk' && grouping)
      throw new LogqlError(`grouping not allowed for ${operation} aggregation`)
  } else if (parameter !== undefined) {
    throw new LogqlError(`unsupported parameter for operation ${operation}(${parameter},`)
  }
  if (operation.startsWith('sort') && grouping && grouping.labels.length > 0)
    throw new LogqlError("sort and sort_desc doesn't allow grouping by ")
}

function checkRange({ operation, parameter, grouping, unwrap, selection }: RangeAggregation): void {
  if (parameter !== undefined && operation !== 'quantile_over_time')
    throw new LogqlError(`parameter ${parameter} not supported for operation ${operation}`)
  if (parameter === undefined && operation === 'quantile_over_time')
    throw new LogqlError(`parameter required for operation ${operation}`)
  if (grouping && !GROUPED.has(operation))
    throw new LogqlError(`grouping not allowed for ${operation} aggregation`)
  if (unwrap && !UNWRAPPED.has(operation))
    throw new LogqlError(`invalid aggregation ${operation} with unwrap`)
  if (!unwrap && !OF_LINES.has(operation))
    throw new LogqlError(`invalid aggregation ${operation} without unwrap`)
  for (const filter of unwrap?.filters ?? []) compileFilter(filter)
  checkSelection(selection)
}

/** @throws {LogqlError} for a regular expression or template that is broken */
export function checkSelection({ matchers, stages }: Selection): void {
  if (
    matchers.filter(isPattern).length + stages.reduce((sum, stage) => sum + patternsIn(stage), 0) >
    MAX_PATTERNS
  )
    throw new LogqlError(`there are more than ${MAX_PATTERNS} regular expressions and templates; use fewer`)
  for (const matcher of matchers) compileMatcher(matcher)
  compileStages(stages)
}

function isPattern({ operator }: Matcher): boolean {
  return operator.endsWith('~')
}

function patternsIn(stage: Stage): number {
  switch (stage.kind) {
    case 'line_filter':
      return stage.operator.endsWith('~') || stage.operator.endsWith('>') ? stage.alternatives.length : 0
    case 'label_filter':
      return patternsOf(stage.filter)
    case 'label_format':
      return stage.formats.length
    case 'drop':
    case 'keep':
      return stage.labels.filter((label) => typeof label !== 'string' && isPattern(label)).length
    case 'regexp':
    case 'pattern':
    case 'line_format':
      return 1
    default:
      return 0
  }
}

function patternsOf(filter: LabelFilter): number {
  if (filter.kind === 'and' || filter.kind === 'or') return patternsOf(filter.left) + patternsOf(filter.right)
  return Number(filter.kind === 'string' && isPattern(filter.matcher))
}
