import { checkMetric, checkSelection } from './checks.ts'
import {
  parseSelector as parseMatchers,
  parseNumber,
  parseSelection,
  parseStages,
  parseUnwrap,
} from './parse-stages.ts'
import type { Grouping, Matching, Metric, Query, RangeAggregation, Selection } from './syntax.ts'
import { TokenReader } from './token-reader.ts'
import { LogqlError } from './tokens.ts'

const RANGE_OPERATIONS: ReadonlySet<string> = new Set([
  ...['count_over_time', 'rate', 'rate_counter', 'bytes_over_time', 'bytes_rate', 'avg_over_time'],
  ...['sum_over_time', 'min_over_time', 'max_over_time', 'stdvar_over_time', 'stddev_over_time'],
  ...['quantile_over_time', 'first_over_time', 'last_over_time', 'absent_over_time'],
])
const VECTOR_OPERATIONS: ReadonlySet<string> = new Set([
  ...['sum', 'avg', 'count', 'max', 'min', 'stddev', 'stdvar', 'bottomk', 'topk', 'approx_topk'],
  ...['sort', 'sort_desc'],
])

/** How closely operators bind; `^` alone binds to the right. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  or: 1,
  ...{ and: 2, unless: 2 },
  ...{ '==': 3, '!=': 3, '<': 3, '<=': 3, '>': 3, '>=': 3 },
  ...{ '+': 4, '-': 4 },
  ...{ '*': 5, '/': 5, '%': 5 },
  '^': 6,
}

/** @throws {LogqlError} with the line and column, as Loki words it */
export function parseLogql(text: string): Query {
  const reader = new TokenReader(text)
  const query = parseQuery(reader, 0)
  if (reader.peek().kind !== 'end') throw reader.unexpected()
  if (query.kind === 'logs') checkSelection(query.selection)
  else checkMetric(query.metric)
  return query
}

/** A log query. @throws {LogqlError} */
export function parseLogQuery(text: string): Selection {
  const query = parseLogql(text)
  if (query.kind === 'logs') return query.selection
  throw new LogqlError('only log selector is supported')
}

/** A selector without stages. @throws {LogqlError} */
export function parseMatchersOnly(text: string): Selection {
  const query = parseLogql(text)
  if (query.kind === 'logs' && query.selection.stages.length === 0) return query.selection
  throw new LogqlError('only label matchers are supported')
}

function parseQuery(reader: TokenReader, least: number): Query {
  return reader.nested(() => {
    let left = parseOperand(reader)
    for (;;) {
      const operator = reader.peek().text
      const precedence = reader.isAt(...Object.keys(PRECEDENCE)) ? (PRECEDENCE[operator] ?? 0) : 0
      if (precedence === 0 || precedence <= least) return left
      reader.next()
      const matching = parseMatching(reader)
      const right = parseQuery(reader, operator === '^' ? precedence - 1 : precedence)
      left = { kind: 'metric', metric: binary(operator, left, right, matching) }
    }
  })
}

function binary(operator: string, left: Query, right: Query, matching: Matching): Metric {
  for (const [side, leg] of [
    ['left', left],
    ['right', right],
  ] as const) {
    if (leg.kind === 'metric') continue
    const type = leg.selection.stages.length > 0 ? '*syntax.PipelineExpr' : '*syntax.MatchersExpr'
    throw new LogqlError(`unexpected type for ${side} leg of binary operation (${operator}): ${type}`)
  }
  return {
    kind: 'binary',
    operator,
    left: (left as { metric: Metric }).metric,
    right: (right as { metric: Metric }).metric,
    matching,
  }
}

function parseOperand(reader: TokenReader): Query {
  if (reader.isAt('{')) return { kind: 'logs', selection: parseSelection(reader) }
  if (reader.take('(') !== undefined) {
    const query = parseQuery(reader, 0)
    reader.expect(')', [])
    return query
  }
  return { kind: 'metric', metric: parseFunction(reader) }
}

function parseMetric(reader: TokenReader): Metric {
  const query = parseQuery(reader, 0)
  if (query.kind === 'metric') return query.metric
  throw reader.unexpected()
}

function parseFunction(reader: TokenReader): Metric {
  const { kind, text } = reader.peek()
  if (kind === 'number' || reader.isAt('+', '-')) return { kind: 'literal', value: parseNumber(reader) }
  if (kind !== 'word') throw reader.unexpected()
  if (RANGE_OPERATIONS.has(text)) return parseRange(reader)
  if (VECTOR_OPERATIONS.has(text)) return parseVector(reader)
  if (text === 'vector') {
    reader.next()
    reader.expect('(')
    const value = Number(reader.expectKind('number').text)
    reader.expect(')')
    return { kind: 'constant', value }
  }
  if (text === 'label_replace') return parseLabelReplace(reader)
  throw reader.unexpected()
}

function parseLabelReplace(reader: TokenReader): Metric {
  reader.next()
  reader.expect('(')
  const of = parseMetric(reader)
  const texts = [0, 1, 2, 3].map((index) => {
    reader.expect(',', index === 0 ? [] : [','])
    return reader.expectKind('string').text
  })
  reader.expect(')')
  const [destination = '', replacement = '', source = '', pattern = ''] = texts
  return { kind: 'label_replace', of, destination, replacement, source, pattern }
}

function parseVector(reader: TokenReader): Metric {
  const operation = reader.next().text
  const before = parseGrouping(reader)
  reader.expect('(')
  const isParameter = reader.peek().kind === 'number' && reader.peek(1).text === ','
  const parameter = isParameter ? Number(reader.next().text) : undefined
  if (isParameter) reader.next()
  const of = parseMetric(reader)
  reader.expect(')', [])
  const grouping = before ?? parseGrouping(reader)
  return { kind: 'vector', operation, parameter, grouping, of }
}

function parseRange(reader: TokenReader): RangeAggregation {
  const operation = reader.next().text
  reader.expect('(')
  const isParameter = reader.peek().kind === 'number'
  const parameter = isParameter ? Number(reader.next().text) : undefined
  if (isParameter) reader.expect(',')
  else if (!reader.isAt('{', '(')) throw reader.unexpected(['NUMBER', '{', '('])
  const { range, ...log } = parseLogRange(reader)
  if (range === undefined) throw reader.unexpected()
  reader.expect(')', [])
  const grouping = parseGrouping(reader)
  return { kind: 'range', operation, parameter, grouping, range, ...log }
}

type LogRange = Pick<RangeAggregation, 'selection' | 'offset' | 'at' | 'unwrap'> & {
  range: number | undefined
}

/** `{…} | json | unwrap took [5m] offset 1h`; the range may stand before the stages, and any part in brackets. */
function parseLogRange(reader: TokenReader): LogRange {
  return reader.nested(() => {
    let log: LogRange
    if (reader.take('(') !== undefined) {
      log = parseLogRange(reader)
      reader.expect(')', [])
    } else {
      if (!reader.isAt('{')) throw reader.unexpected(['{', '('])
      const selection = { matchers: parseMatchers(reader), stages: parseStages(reader) }
      log = { selection, unwrap: parseUnwrap(reader), range: undefined, offset: 0, at: undefined }
    }
    if (log.range !== undefined || reader.peek().kind !== 'range') return log
    log = { ...log, range: reader.next().value, ...parseModifiers(reader) }
    if (log.unwrap !== undefined) return log
    const { matchers, stages } = log.selection
    const later = stages.length === 0 ? parseStages(reader) : []
    return { ...log, selection: { matchers, stages: [...stages, ...later] }, unwrap: parseUnwrap(reader) }
  })
}

/** `offset 5m` and, which Loki has not, `@ 1795964400`, `@ start()`, `@ end()`, in any order. */
function parseModifiers(reader: TokenReader): Pick<RangeAggregation, 'offset' | 'at'> {
  let offset = 0
  let at: RangeAggregation['at']
  for (;;) {
    if (reader.take('offset') !== undefined) offset = reader.expectKind('duration').value
    else if (reader.take('@') !== undefined) {
      const { kind, text } = reader.peek()
      if (kind === 'identifier' && (text === 'start' || text === 'end')) {
        reader.next()
        reader.expect('(')
        reader.expect(')')
        at = text
      } else at = Math.round(parseNumber(reader, ['NUMBER']) * 1e9)
    } else return { offset, at }
  }
}

function parseGrouping(reader: TokenReader): Grouping | undefined {
  const word = reader.take('by', 'without')
  if (word === undefined) return undefined
  return { isWithout: word === 'without', labels: parseLabels(reader) }
}

function parseLabels(reader: TokenReader): string[] {
  reader.expect('(')
  const labels: string[] = []
  if (reader.take(')') !== undefined) return labels
  for (;;) {
    labels.push(reader.expectKind('identifier', labels.length === 0 ? ['IDENTIFIER', ')'] : undefined).text)
    if (reader.take(')') !== undefined) return labels
    reader.expect(',', [',', ')'])
  }
}

function parseMatching(reader: TokenReader): Matching {
  const isBool = reader.take('bool') !== undefined
  const word = reader.take('on', 'ignoring')
  const labels = word === undefined ? [] : parseLabels(reader)
  const side = word === undefined ? undefined : reader.take('group_left', 'group_right')
  const included = side !== undefined && reader.isAt('(') && isLabelList(reader) ? parseLabels(reader) : []
  const group = side === undefined ? 'none' : side === 'group_left' ? 'left' : 'right'
  return { isBool, labels, isOn: word === 'on', group, included }
}

/** Whether the bracket holds labels, and not the other side of the operator. */
function isLabelList(reader: TokenReader): boolean {
  const { kind, text } = reader.peek(1)
  return kind === 'identifier' || (kind === 'symbol' && text === ')')
}
