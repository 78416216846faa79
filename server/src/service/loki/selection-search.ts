import { LEVELS, parseLevel } from '@timelapser/logger'
import type { SearchNode } from '../../store/filter/search-tree.ts'
import { AppError } from '../app-error.ts'
import { MAX_PATTERNS, patternProblem } from '../search/search-syntax.ts'
import type { LineFilter, LogSelection, Matcher } from './logql.ts'

/** The labels that rows have; any other one is looked for in `extra_data`. */
export const LABELS = ['camera', 'level', 'logger_name', 'source'] as const
export type Label = (typeof LABELS)[number]

export function isLabel(name: string): name is Label {
  return (LABELS as readonly string[]).includes(name)
}

const and = (nodes: SearchNode[]): SearchNode => ({ kind: 'and', nodes })
const or = (nodes: SearchNode[]): SearchNode =>
  nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'or', nodes }
const not = (node: SearchNode): SearchNode => ({ kind: 'not', node })

/**
 * What a selection asks for as a search, and the patterns in it that PostgreSQL has to find valid.
 *
 * @throws {AppError} INVALID_REQUEST for a pattern that `q` does not take either, and for one on a label that is more than names with `.*` in them
 */
export function toSearch({ matchers, lines }: LogSelection): { search: SearchNode; patterns: string[] } {
  const patterns = lines.filter(({ operator }) => operator.endsWith('~')).flatMap(({ texts }) => texts)
  if (patterns.length > MAX_PATTERNS)
    throw new AppError(
      'INVALID_REQUEST',
      `there are more than ${MAX_PATTERNS} regular expressions; use fewer`,
    )
  for (const pattern of patterns) {
    const problem = patternProblem(pattern)
    if (problem) throw new AppError('INVALID_REQUEST', `${problem.said}. ${problem.hint}`)
  }
  return { search: and([...matchers.map(matcherNode), ...lines.map(lineNode)]), patterns }
}

function lineNode({ operator, texts }: LineFilter): SearchNode {
  const found = or(
    texts.map((text) => (operator.endsWith('~') ? { kind: 'line', pattern: text } : literalLine(text))),
  )
  return operator.startsWith('!') ? not(found) : found
}

/** The first finds it by the trigram index, the second tells upper from lower case. */
function literalLine(text: string): SearchNode {
  const pattern = text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
  return and([
    { kind: 'message', text },
    // `***=` takes what follows as it is, so that nothing in it can be read as an option.
    { kind: 'line', pattern: pattern === text ? text : `***=${text}` },
  ])
}

/** A number or word that JSON may hold without quotes; it matches the text and the value. */
const JSON_SCALAR = /^(true|false|null|-?(0|[1-9]\d{0,99})(\.\d{1,99})?([eE][+-]?\d{1,3})?)$/

/** A name, `*` standing for any text when it is a glob. */
type Name = { value: string; isGlob: boolean }

function matcherNode({ label, operator, value }: Matcher): SearchNode {
  const names = operator.endsWith('~') ? alternatives(label, value) : [{ value, isGlob: false }]
  const found = names === undefined ? and([]) : or(names.map((name) => nameNode(label, name)))
  return operator.startsWith('!') ? not(found) : found
}

function nameNode(label: string, name: Name): SearchNode {
  const { value, isGlob } = name
  // A label that is empty is one the row does not have.
  if (value === '') return not(nameNode(label, { value: '*', isGlob: true }))
  switch (label) {
    case 'source':
    case 'service_name':
      return { kind: 'source', value, isGlob }
    case 'logger_name':
      return { kind: 'logger_name', value, isGlob }
    case 'level':
    case 'detected_level':
      return or(
        LEVELS.filter((level) =>
          isGlob ? fits(level, value.toUpperCase(), isGlob) : level === parseLevel(value),
        ).map((level) => ({
          ...{ kind: 'level', comparison: '=', level },
        })) as SearchNode[],
      )
    case 'camera':
    case 'camera_id':
      if (isGlob && value === '*') return not({ kind: 'camera', id: null })
      if (isGlob) throw tooMuch(label, value)
      return /^[1-9]\d{0,8}$/.test(value) ? { kind: 'camera', id: Number(value) } : or([])
    default:
      return {
        kind: 'extra_data',
        path: label.split('.'),
        match: isGlob
          ? { kind: 'glob', text: value }
          : { kind: 'is', text: value, isTextOnly: !JSON_SCALAR.test(value) },
      }
  }
}

function fits(level: string, value: string, isGlob: boolean): boolean {
  if (!isGlob) return level === value
  const [first = '', ...rest] = value.split('*')
  if (!level.startsWith(first)) return false
  let at = first.length
  for (const [index, piece] of rest.entries()) {
    const found = index === rest.length - 1 ? level.length - piece.length : level.indexOf(piece, at)
    if (found < at || !level.startsWith(piece, found)) return false
    at = found + piece.length
  }
  return true
}

/**
 * The names a pattern stands for, undefined for all and none (`.*`): alternatives of literal text with `.*` and `.+`, as
 * people write them and Grafana does. Other patterns would have to run over every name there is.
 */
function alternatives(label: string, pattern: string): Name[] | undefined {
  const inner =
    /^\((?:\?:)?([^()]*)\)$/.exec(pattern.replace(/^\^|\$$/g, ''))?.[1] ?? pattern.replace(/^\^|\$$/g, '')
  const names = inner.split(/(?<!\\)\|/).map((one) => toName(label, one))
  return names.some(({ isGlob, value }) => isGlob && value === '') ? undefined : names
}

function toName(label: string, pattern: string): Name {
  if (pattern === '.*') return { value: '', isGlob: true }
  const pieces = pattern.split(/\.[*+]/)
  const isPlain = pieces.every((piece) => /^(?:[^\\^$.|?*+()[\]{}]|\\[^A-Za-z0-9])*$/s.test(piece))
  if (!isPlain || pieces.some((piece) => pieces.length > 1 && piece.includes('*')))
    throw tooMuch(label, pattern)
  return { value: pieces.map((piece) => piece.replace(/\\(.)/gs, '$1')).join('*'), isGlob: pieces.length > 1 }
}

function tooMuch(label: string, pattern: string): AppError {
  return new AppError(
    'INVALID_REQUEST',
    `the pattern ${JSON.stringify(pattern.slice(0, 100))} of the label ${label} is not supported: only names with | between them and .* in them are`,
  )
}
