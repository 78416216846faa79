// A query as Loki's `format_query` prints it: what is longer than 100 characters is broken into lines.
import { goQuote, writeBytes, writeFloat, writeGoDuration, writePrometheusDuration } from './go-values.ts'
import type {
  Grouping,
  LabelFilter,
  LineFilter,
  Matcher,
  Matching,
  Metric,
  Query,
  RangeAggregation,
  Selection,
  Stage,
  Unwrap,
} from './syntax.ts'

const WIDTH = 100

export function printQuery(query: Query): string {
  return query.kind === 'logs' ? prettySelection(query.selection, 0) : prettyMetric(query.metric, 0)
}

function prettySelection(selection: Selection, level: number): string {
  const { matchers, stages } = selection
  const line = printSelection(selection)
  if (stages.length === 0 || line.length <= WIDTH) return indent(level) + line
  const lines = stages.map((stage) => indent(level + 1) + printStage(stage))
  return [indent(level) + printMatchers(matchers), ...lines].join('\n')
}

function prettyMetric(metric: Metric, level: number): string {
  const line = printMetric(metric)
  const start = indent(level)
  if (line.length <= WIDTH || metric.kind === 'literal' || metric.kind === 'constant') return start + line
  const inner = indent(level + 1)
  switch (metric.kind) {
    case 'range': {
      const { operation, parameter, grouping } = metric
      const given = parameter === undefined ? '' : `${inner}${writeFloat(parameter)},\n`
      const by = grouping ? prettyGrouping(grouping) : ''
      return `${start}${operation}(\n${given}${prettyLogRange(metric, level + 1)}\n${start})${by}`
    }
    case 'vector': {
      const { operation, parameter, grouping, of } = metric
      const given = parameter === undefined ? '' : `${inner}${parameter},\n`
      const by = grouping ? prettyGrouping(grouping) : ''
      return `${start}${operation}${by}(\n${given}${prettyMetric(of, level + 1)}\n${start})`
    }
    case 'binary': {
      const { operator, left, right, matching } = metric
      const legs = [prettyMetric(left, level + 1), prettyMetric(right, level + 1)]
      return `${legs[0]}\n${start}${printOperator(operator, matching)}\n${legs[1]}`
    }
    case 'label_replace': {
      const { of, destination, replacement, source, pattern } = metric
      const texts = [destination, replacement, source, pattern].map((text) => inner + goQuote(text))
      return `${start}label_replace(\n${[prettyMetric(of, level + 1), ...texts].join(',\n')}\n${start})`
    }
  }
}

function prettyLogRange(metric: RangeAggregation, level: number): string {
  const { selection, unwrap, range } = metric
  let text = prettySelection(selection, level)
  if (unwrap) {
    const [first = '', ...filters] = unwrapPieces(unwrap)
    text += [first, ...filters].map((piece) => `\n${indent(level + 1)}${piece}`).join('')
  }
  const offset = metric.offset === 0 ? '' : ` offset ${writePrometheusDuration(metric.offset)}`
  return `${text} [${writePrometheusDuration(range)}]${offset}${printAt(metric)}`
}

function prettyGrouping({ isWithout, labels }: Grouping): string {
  const word = isWithout ? ' without' : labels.length > 0 ? ' by' : ''
  return labels.length > 0 ? `${word} (${labels.join(', ')})` : word
}

function indent(level: number): string {
  return '  '.repeat(level)
}

function printMetric(metric: Metric): string {
  switch (metric.kind) {
    case 'literal':
      return writeFloat(metric.value)
    case 'constant':
      return `vector(${metric.value.toFixed(6)})`
    case 'range': {
      const { operation, parameter, selection, unwrap, range, offset, grouping } = metric
      const given = parameter === undefined ? '' : `${writeFloat(parameter)},`
      const log = printSelection(selection) + (unwrap ? ` ${unwrapPieces(unwrap).join(' ')}` : '')
      const shift = offset === 0 ? '' : ` offset ${writeGoDuration(offset)}`
      const by = grouping ? printGrouping(grouping) : ''
      return `${operation}(${given}${log}[${writePrometheusDuration(range)}]${shift}${printAt(metric)})${by}`
    }
    case 'vector': {
      const { operation, parameter, grouping, of } = metric
      const by = grouping && (grouping.isWithout || grouping.labels.length > 0) ? printGrouping(grouping) : ''
      return `${operation}${by}(${parameter === undefined ? '' : `${parameter},`}${printMetric(of)})`
    }
    case 'binary': {
      const { operator, left, right, matching } = metric
      return `(${printMetric(left)} ${printOperator(operator, matching)} ${printMetric(right)})`
    }
    case 'label_replace': {
      const { of, destination, replacement, source, pattern } = metric
      const texts = [destination, replacement, source, pattern].map(goQuote)
      return `label_replace(${[printMetric(of), ...texts].join(',')})`
    }
  }
}

function printAt({ at }: RangeAggregation): string {
  if (at === undefined) return ''
  return typeof at === 'number' ? ` @ ${writeFloat(at / 1e9)}` : ` @ ${at}()`
}

function printGrouping({ isWithout, labels }: Grouping): string {
  return ` ${isWithout ? 'without' : 'by'} (${labels.join(',')})`
}

function printOperator(operator: string, { isBool, labels, isOn, group, included }: Matching): string {
  const pieces = [operator, ...(isBool ? ['bool'] : [])]
  const by = [
    ...(group === 'none' ? [] : [`group_${group}`]),
    ...(included.length > 0 ? [`(${included.join(',')})`] : []),
  ].join(' ')
  // Loki leaves the blank in front of a grouping that is not there.
  if (labels.length > 0 || isOn) pieces.push(isOn ? 'on' : 'ignoring', `(${labels.join(',')})`, by)
  return pieces.join(' ')
}

function printSelection({ matchers, stages }: Selection): string {
  return [printMatchers(matchers), ...stages.map(printStage)].join(' ')
}

function printMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(', ')}}`
}

function printMatcher({ label, operator, value }: Matcher): string {
  return `${label}${operator}${goQuote(value)}`
}

export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line_filter':
      return printLineFilter(stage)
    case 'json':
      return `| json${printPairs(stage.extractions)}`
    case 'logfmt': {
      const flags = (stage.isStrict ? ' --strict' : '') + (stage.keepsEmpty ? ' --keep-empty' : '')
      return `| logfmt${flags}${printPairs(stage.extractions)}`
    }
    case 'regexp':
    case 'pattern':
      return `| ${stage.kind} ${goQuote(stage.pattern)}`
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`
    case 'label_filter':
      return `| ${printFilter(stage.filter)}`
    case 'line_format':
      return `| line_format ${goQuote(stage.template)}`
    case 'label_format': {
      const formats = stage.formats.map(
        ({ label, value, isRename }) => `${label}=${isRename ? value : goQuote(value)}`,
      )
      return `| label_format ${formats.join(',')}`
    }
    case 'drop':
    case 'keep': {
      const labels = stage.labels.map((label) => (typeof label === 'string' ? label : printMatcher(label)))
      return `| ${stage.kind} ${labels.join(',')}`
    }
  }
}

function printPairs(extractions: readonly { label: string; expression: string }[]): string {
  if (extractions.length === 0) return ''
  return ` ${extractions.map(({ label, expression }) => `${label}=${goQuote(expression)}`).join(',')}`
}

function printLineFilter({ operator, alternatives }: LineFilter): string {
  const texts = alternatives.map(({ text, isIp }) => (isIp ? `ip(${goQuote(text)})` : goQuote(text)))
  // Loki prints each of several texts that must not be there as a filter of its own.
  if (operator.startsWith('!')) return texts.map((text) => `${operator} ${text}`).join(' ')
  return `${operator} ${texts.join(' or ')}`
}

function printFilter(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const word = filter.kind === 'and' ? ',' : 'or'
      return `( ${printFilter(filter.left)} ${word} ${printFilter(filter.right)} )`
    }
    case 'string':
      return filter.matcher.operator.endsWith('~')
        ? `${filter.matcher.label}${filter.matcher.operator}${backQuoted(filter.matcher.value)}`
        : printMatcher(filter.matcher)
    case 'ip':
      return `${filter.label}${filter.operator}ip(${goQuote(filter.pattern)})`
    case 'duration':
      return `${filter.label}${filter.comparison}${writeGoDuration(filter.value)}`
    case 'bytes':
      return `${filter.label}${filter.comparison}${writeBytes(filter.value)}`
    case 'number':
      return `${filter.label}${filter.comparison}${writeFloat(filter.value)}`
  }
}

function backQuoted(text: string): string {
  return text.includes('`') ? goQuote(text) : `\`${text}\``
}

function unwrapPieces({ label, conversion, filters }: Unwrap): string[] {
  const of = conversion === '' ? label : `${conversion}(${label})`
  return [`| unwrap ${of}`, ...filters.map((filter) => `| ${printFilter(filter)}`)]
}
