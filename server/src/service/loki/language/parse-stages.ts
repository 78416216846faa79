import type {
  Comparison,
  Extraction,
  LabelFilter,
  LabelFormat,
  LineFilter,
  Matcher,
  Selection,
  Stage,
  Unwrap,
} from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

const LINE_OPERATORS = ['|=', '!=', '|~', '!~', '|>', '!>']

/** `{source="api", level!="INFO"}` */
export function parseSelector(reader: TokenReader): Matcher[] {
  reader.expect('{', [])
  const matchers: Matcher[] = []
  if (reader.take('}') !== undefined) return matchers
  for (;;) {
    const label = reader.expectKind('identifier', matchers.length === 0 ? ['IDENTIFIER', '}'] : undefined)
    const operator = reader.take('=', '!=', '=~', '!~') as Matcher['operator'] | undefined
    if (operator === undefined) throw reader.unexpected(['=', '=~', '!~', '!='])
    matchers.push({ label: label.text, operator, value: reader.expectKind('string').text })
    if (reader.take('}') !== undefined) return matchers
    if (reader.take(',') === undefined) throw reader.unexpected(['}', ','])
  }
}

/** Stages up to something that is none, or up to `| unwrap`. */
export function parseStages(reader: TokenReader): Stage[] {
  const stages: Stage[] = []
  for (;;) {
    if (reader.isAt(...LINE_OPERATORS)) stages.push(parseLineFilter(reader))
    else if (reader.isAt('|') && !isUnwrap(reader)) {
      reader.next()
      stages.push(parseStage(reader))
    } else return stages
  }
}

/** A selector with its stages. */
export function parseSelection(reader: TokenReader): Selection {
  return { matchers: parseSelector(reader), stages: parseStages(reader) }
}

export function parseUnwrap(reader: TokenReader): Unwrap | undefined {
  if (!isUnwrap(reader)) return undefined
  reader.next()
  reader.next()
  const conversion = reader.take('bytes', 'duration', 'duration_seconds') as Unwrap['conversion'] | undefined
  const expected = ['IDENTIFIER', 'BYTES_CONV', 'DURATION_CONV', 'DURATION_SECONDS_CONV']
  if (conversion !== undefined) reader.expect('(')
  const { text: label } = reader.expectKind('identifier', conversion === undefined ? expected : undefined)
  if (conversion !== undefined) reader.expect(')')
  const filters: LabelFilter[] = []
  while (reader.isAt('|')) {
    reader.next()
    filters.push(parseLabelFilter(reader))
  }
  return { label, conversion: conversion ?? '', filters }
}

function isUnwrap(reader: TokenReader): boolean {
  const { kind, text } = reader.peek(1)
  return reader.isAt('|') && kind === 'word' && text === 'unwrap'
}

function parseLineFilter(reader: TokenReader): LineFilter {
  const operator = reader.next().text as LineFilter['operator']
  const alternatives: LineFilter['alternatives'][number][] = []
  do {
    if (reader.take('ip') !== undefined) {
      reader.expect('(')
      alternatives.push({ text: reader.expectKind('string').text, isIp: true })
      reader.expect(')')
    } else alternatives.push({ text: reader.expectKind('string', ['STRING', 'ip']).text, isIp: false })
  } while (reader.take('or') !== undefined)
  return { kind: 'line_filter', operator, alternatives }
}

function parseStage(reader: TokenReader): Stage {
  const { kind, text } = reader.peek()
  if (kind === 'identifier' || reader.isAt('('))
    return { kind: 'label_filter', filter: parseLabelFilter(reader) }
  if (kind !== 'word') throw reader.unexpected()
  switch (text) {
    case 'json':
      reader.next()
      return { kind: 'json', extractions: parseExtractions(reader) }
    case 'logfmt': {
      reader.next()
      const flags: string[] = []
      while (reader.peek().kind === 'flag') flags.push(reader.next().text)
      const extractions = parseExtractions(reader)
      return {
        ...{ kind: 'logfmt', extractions },
        ...{ isStrict: flags.includes('--strict'), keepsEmpty: flags.includes('--keep-empty') },
      }
    }
    case 'regexp':
    case 'pattern':
      reader.next()
      return { kind: text, pattern: reader.expectKind('string').text }
    case 'unpack':
    case 'decolorize':
      reader.next()
      return { kind: text }
    case 'line_format':
      reader.next()
      return { kind: 'line_format', template: reader.expectKind('string').text }
    case 'label_format':
      reader.next()
      return { kind: 'label_format', formats: parseFormats(reader) }
    case 'drop':
    case 'keep':
      reader.next()
      return { kind: text, labels: parseNames(reader) }
    default:
      throw reader.unexpected()
  }
}

function parseExtractions(reader: TokenReader): Extraction[] {
  const extractions: Extraction[] = []
  if (reader.peek().kind !== 'identifier') return extractions
  do {
    const label = reader.expectKind('identifier').text
    const expression = reader.take('=') === undefined ? label : reader.expectKind('string').text
    extractions.push({ label, expression })
  } while (reader.take(',') !== undefined)
  return extractions
}

function parseFormats(reader: TokenReader): LabelFormat[] {
  const formats: LabelFormat[] = []
  do {
    const label = reader.expectKind('identifier').text
    reader.expect('=')
    const { kind, text } = reader.peek()
    if (kind !== 'identifier' && kind !== 'string') throw reader.unexpected(['IDENTIFIER', 'STRING'])
    reader.next()
    formats.push({ label, value: text, isRename: kind === 'identifier' })
  } while (reader.take(',') !== undefined)
  return formats
}

function parseNames(reader: TokenReader): (string | Matcher)[] {
  const names: (string | Matcher)[] = []
  do {
    const label = reader.expectKind('identifier').text
    const operator = reader.take('=', '!=', '=~', '!~') as Matcher['operator'] | undefined
    names.push(operator === undefined ? label : { label, operator, value: reader.expectKind('string').text })
  } while (reader.take(',') !== undefined)
  return names
}

/**
 * `a="b" or c > 5, d < 1s`. As in Loki's grammar `and` binds closer than `or`, and all behind a comma or a blank is a
 * single condition.
 */
function parseLabelFilter(reader: TokenReader, least = 0): LabelFilter {
  return reader.nested(() => {
    let left = parseCondition(reader)
    for (;;) {
      const isFilter = reader.peek().kind === 'identifier' || reader.isAt('(')
      if (isFilter || reader.take(',') !== undefined) {
        left = { kind: 'and', left, right: parseLabelFilter(reader) }
      } else if (reader.isAt('and') && least < 2) {
        reader.next()
        left = { kind: 'and', left, right: parseLabelFilter(reader, 2) }
      } else if (reader.isAt('or') && least < 1) {
        reader.next()
        left = { kind: 'or', left, right: parseLabelFilter(reader, 1) }
      } else return left
    }
  })
}

function parseCondition(reader: TokenReader): LabelFilter {
  if (reader.take('(') !== undefined) {
    const filter = parseLabelFilter(reader)
    reader.expect(')', [])
    return filter
  }
  const label = reader.expectKind('identifier', ['IDENTIFIER', '(']).text
  const operator = reader.take('=', '!=', '=~', '!~', '==', '>', '>=', '<', '<=')
  if (operator === undefined) throw reader.unexpected()
  const { kind } = reader.peek()
  const isEquality = operator === '=' || operator === '!='
  if (kind === 'string' && (isEquality || operator === '=~' || operator === '!~'))
    return { kind: 'string', matcher: { label, operator, value: reader.next().text } }
  if (operator === '=~' || operator === '!~') throw reader.unexpected(['STRING'])
  if (isEquality && reader.take('ip') !== undefined) {
    reader.expect('(')
    const pattern = reader.expectKind('string').text
    reader.expect(')')
    return { kind: 'ip', label, operator, pattern }
  }
  const comparison = (operator === '=' ? '==' : operator) as Comparison
  if (kind === 'duration' || kind === 'bytes') return { kind, label, comparison, value: reader.next().value }
  return { kind: 'number', label, comparison, value: parseNumber(reader) }
}

/** A number with or without its sign. */
export function parseNumber(reader: TokenReader, expected: readonly string[] = []): number {
  const sign = reader.take('+', '-')
  const { text } = reader.expectKind('number', sign === undefined ? expected : ['NUMBER'])
  return sign === '-' ? -Number(text) : Number(text)
}
