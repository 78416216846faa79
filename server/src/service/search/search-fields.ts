import { LEVELS } from '@timelapser/logger'
import { readLevel } from '../../ingest/record-fields.ts'
import type { Comparison, ExtraMatch, SearchCondition, Tree } from '../../store/filter/search-tree.ts'
import { queryError, type SearchScanner } from './search-scanner.ts'

/** A camera as people call it; which ones that are is looked up when the search is run. */
type CameraName = { kind: 'camera_name'; name: string }

export type ParsedCondition = Exclude<SearchCondition, { kind: 'line' }> | CameraName

/** A search as it was written. */
export type ParsedSearch = Tree<ParsedCondition>

const FIELD =
  /(level|camera|camera_id|source|logger|logger_name|message|id|request_id|extra_data(?:\.[^\s.:"()]+)+):(?=[^\s])/y

const COMPARISON = />=|<=|>|</y

const MAX_CAMERA = 2147483647

/**
 * Reads `name:value` when the name is a known field and the value is valid for it. Anything else is a word, and
 * undefined is returned with the scanner where it was.
 */
export function readField(scanner: SearchScanner): ParsedCondition | undefined {
  FIELD.lastIndex = scanner.at
  const name = FIELD.exec(scanner.text)?.[1]
  if (name === undefined) return undefined
  const from = scanner.at
  scanner.at = FIELD.lastIndex
  const condition = readValue(name, scanner)
  if (!condition) scanner.at = from
  return condition
}

function readValue(name: string, scanner: SearchScanner): ParsedCondition | undefined {
  const from = scanner.at
  const comparison = name === 'level' || name.startsWith('extra_data.') ? readComparison(scanner) : '='
  const isQuoted = scanner.next === '"'
  const value = isQuoted ? scanner.phrase() : scanner.word()
  if (value === '' && !isQuoted) return undefined
  const isGlob = !isQuoted && value.includes('*')
  switch (name) {
    case 'level':
      return { kind: 'level', comparison, level: levelNamed(value, from) }
    case 'camera':
    case 'camera_id':
      return isQuoted ? { kind: 'camera_name', name: value } : camera(value)
    case 'source':
      return { kind: 'source', value, isGlob }
    case 'logger':
    case 'logger_name':
      return { kind: 'logger_name', value, isGlob }
    case 'message':
      return { kind: 'message', text: value }
    case 'id':
      return /^\d{1,15}$/.test(value) ? { kind: 'id', id: Number(value) } : undefined
    case 'request_id':
      return { kind: 'request_id', value }
    default: {
      const match = comparison === '=' ? extraMatch(value, isQuoted) : numberMatch(comparison, value, from)
      return { kind: 'extra_data', path: name.split('.').slice(1), match }
    }
  }
}

function readComparison(scanner: SearchScanner): Comparison {
  COMPARISON.lastIndex = scanner.at
  const found = COMPARISON.exec(scanner.text)?.[0] as Comparison | undefined
  if (found === undefined) return '='
  scanner.at = COMPARISON.lastIndex
  return found
}

function levelNamed(value: string, at: number) {
  const level = readLevel(value)
  if (level) return level
  throw queryError(
    `"${value.slice(0, 40)}" is no level`,
    at,
    `Use one of ${LEVELS.join(', ')}, or put the whole in quotes to search the text.`,
  )
}

function camera(value: string): ParsedCondition {
  if (value.toLowerCase() === 'none') return { kind: 'camera', id: null }
  const isId = /^[1-9]\d{0,9}$/.test(value) && Number(value) <= MAX_CAMERA
  return isId ? { kind: 'camera', id: Number(value) } : { kind: 'camera_name', name: value }
}

function extraMatch(text: string, isQuoted: boolean): ExtraMatch {
  if (!isQuoted && text === '*') return { kind: 'exists' }
  if (!isQuoted && text.includes('*')) return { kind: 'glob', text }
  const isJson = /^(true|false|null|-?(0|[1-9]\d{0,99})(\.\d{1,99})?([eE][+-]?\d{1,3})?)$/.test(text)
  return { kind: 'is', text, isTextOnly: isQuoted || !isJson }
}

function numberMatch(comparison: Exclude<Comparison, '='>, value: string, at: number): ExtraMatch {
  if (/^-?\d{1,99}(\.\d{1,99})?([eE][+-]?\d{1,3})?$/.test(value)) {
    return { kind: 'compare', comparison, number: value }
  }
  throw queryError(
    `"${value.slice(0, 40)}" is no number`,
    at,
    `Write a number after ${comparison}, or put the whole in quotes to search the text.`,
  )
}
