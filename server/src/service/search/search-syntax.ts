import { LEVELS, repairText } from '@timelapser/logger'
import { readLevel } from '../../ingest/record-fields.ts'
import type { Comparison, ExtraMatch, SearchCondition, Tree } from '../../store/filter/search-conditions.ts'
import { AppError } from '../app-error.ts'

/** @returns an error that says what is wrong with a query, where (1 is its first character), and what to do */
export function queryError(problem: string, at: number, hint: string): AppError {
  const position = at + 1
  return new AppError('INVALID_QUERY', `${problem} at position ${position}. ${hint}`, { position })
}

const SPACE = /\s/

/** Walks over the text of a search: spaces, words, quoted phrases and regular expressions. */
class SearchScanner {
  readonly text: string
  at = 0
  /** How many brackets are nested. */
  depth = 0

  constructor(text: string) {
    this.text = text
  }

  get next(): string | undefined {
    return this.text[this.at]
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** Whether a bracket that is open ends here. */
  get isAtClosing(): boolean {
    return this.depth > 0 && this.next === ')'
  }

  skipSpace(): void {
    while (!this.isAtEnd && SPACE.test(this.text.charAt(this.at))) this.at++
  }

  /** Whether there is a space, a closing bracket or the end `offset` characters on. */
  isBoundary(offset: number): boolean {
    const character = this.text[this.at + offset]
    return character === undefined || SPACE.test(character) || (this.depth > 0 && character === ')')
  }

  /** Moves over a run of non-space text; within brackets up to the `)` that closes them and not one of its own. */
  word(): string {
    const from = this.at
    let open = 0
    for (; !this.isAtEnd; this.at++) {
      const character = this.text.charAt(this.at)
      if (SPACE.test(character)) break
      if (character === '(') open++
      if (character !== ')') continue
      if (open > 0) open--
      else if (this.depth > 0) break
    }
    return this.text.slice(from, this.at)
  }

  /** Moves over `"…"`; `\"` and `\\` stand for the character, any other backslash for itself. */
  phrase(): string {
    const from = this.at
    const match = /"((?:[^"\\]|\\.)*)"/sy
    match.lastIndex = from
    const found = match.exec(this.text)
    if (!found) {
      throw queryError(
        'A quote is not closed',
        from,
        'Close it with ", or write \\" inside quotes for the character itself.',
      )
    }
    this.at = match.lastIndex
    return (found[1] as string).replace(/\\(["\\])/g, '$1')
  }

  /** Moves over `/…/` when it stands here; a path like `/var/log` is a word. */
  regex(): string | undefined {
    const match = /\/((?![\s/])(?:[^/\\]|\\.)+)\//sy
    match.lastIndex = this.at
    const found = match.exec(this.text)
    if (!found || !this.isBoundary(match.lastIndex - this.at)) return undefined
    this.at = match.lastIndex
    return found[1]
  }
}

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
function readField(scanner: SearchScanner): ParsedCondition | undefined {
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
    `"${value.slice(0, 40)}" is not a level`,
    at,
    `Use one of ${LEVELS.join(', ')}, or quote the whole term to search for the text.`,
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
    `"${value.slice(0, 40)}" is not a number`,
    at,
    `Write a number after ${comparison}, or quote the whole term to search for the text.`,
  )
}

/** Brackets within brackets; more are a mistake, and each costs the parser and PostgreSQL stack. */
const MAX_DEPTH = 50

/** The longest regular expression: it fits on a line; longer ones compile slowly. */
const MAX_PATTERN_LENGTH = 200

/** Regular expressions of one search: PostgreSQL keeps 32 compiled, and would compile more anew for every row. */
export const MAX_PATTERNS = 16

/** The place of a regular expression, for its error message. */
type PatternPlace = { pattern: string; at: number }

/** The parsed search; no `tree` when it is empty. */
export type SearchSyntax = { tree: ParsedSearch | undefined; patterns: PatternPlace[] }

/**
 * Reads the search syntax: words, `"phrases"`, `-negation`, `(a or b)`, `name:value` of known fields and `/regex/`.
 * Terms side by side have to match together and bind tighter than `or`.
 *
 * @throws {AppError} INVALID_QUERY with the position when a quote, a bracket, a level, a number or a regular expression
 * is broken; a word never is
 */
export function parseSearch(text: string): SearchSyntax {
  const scanner = new SearchScanner(repairText(text))
  const patterns: PatternPlace[] = []
  const tree = readAlternatives(scanner, patterns)
  return { tree, patterns }
}

function readAlternatives(scanner: SearchScanner, patterns: PatternPlace[]): ParsedSearch | undefined {
  const alternatives: ParsedSearch[] = []
  let together: ParsedSearch[] = []
  for (;;) {
    scanner.skipSpace()
    if (scanner.isAtEnd || scanner.isAtClosing) break
    if (together.length > 0 && takeOr(scanner)) {
      alternatives.push(join('and', together))
      together = []
      continue
    }
    together.push(readTerm(scanner, patterns))
  }
  if (together.length > 0) alternatives.push(join('and', together))
  return alternatives.length > 0 ? join('or', alternatives) : undefined
}

/** Moves over `or` when something follows that it can join; otherwise it is a word like any other. */
function takeOr(scanner: SearchScanner): boolean {
  const match = /(?:or|OR)\s+(?=\S)/y
  match.lastIndex = scanner.at
  if (!match.test(scanner.text)) return false
  if (scanner.depth > 0 && scanner.text[match.lastIndex] === ')') return false
  scanner.at = match.lastIndex
  return true
}

function readTerm(scanner: SearchScanner, patterns: PatternPlace[]): ParsedSearch {
  const from = scanner.at
  // `-x` leaves out x; `-`, `--flag` and `->` are words.
  if (scanner.next === '-' && !scanner.isBoundary(1) && !/[->]/.test(scanner.text[from + 1] ?? '')) {
    scanner.at++
    return { kind: 'not', node: readTerm(scanner, patterns) }
  }
  if (scanner.next === '(' && scanner.text[from + 1] !== ')') return readBrackets(scanner, patterns)
  if (scanner.next === ')' && scanner.isBoundary(1)) {
    throw queryError('A closing bracket has no opening bracket', from, 'Remove it, or put it in quotes.')
  }
  if (scanner.next === '"') return { kind: 'text', text: scanner.phrase() }
  const pattern = scanner.regex()
  if (pattern !== undefined) {
    checkPattern(pattern, from)
    if (patterns.length === MAX_PATTERNS) {
      throw queryError(`There are more than ${MAX_PATTERNS} regular expressions`, from, 'Use fewer.')
    }
    patterns.push({ pattern, at: from })
    return { kind: 'regex', pattern }
  }
  return readField(scanner) ?? { kind: 'text', text: scanner.word() }
}

function readBrackets(scanner: SearchScanner, patterns: PatternPlace[]): ParsedSearch {
  const from = scanner.at
  if (scanner.depth >= MAX_DEPTH) {
    throw queryError(
      `More than ${MAX_DEPTH} brackets are nested`,
      from,
      'Use fewer, or put the text in quotes.',
    )
  }
  scanner.at++
  scanner.depth++
  const inner = readAlternatives(scanner, patterns)
  if (scanner.isAtEnd) {
    throw queryError('A bracket is not closed', from, 'Close it with ), or put the text in quotes.')
  }
  scanner.at++
  scanner.depth--
  if (inner) return inner
  throw queryError('A pair of brackets is empty', from, 'Fill or remove it, or put it in quotes.')
}

/** @throws {AppError} INVALID_QUERY with the position in the search */
function checkPattern(pattern: string, at: number): void {
  const problem = patternProblem(pattern)
  if (problem) throw queryError(problem.said, at + problem.offset, problem.hint)
}

/**
 * Patterns that PostgreSQL would accept but must not get, in any query; the rest `LogOperations.explainPattern` checks.
 */
export function patternProblem(pattern: string): { said: string; offset: number; hint: string } | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    const said = `The regular expression is ${pattern.length} characters long`
    return { said, offset: 0, hint: `At most ${MAX_PATTERN_LENGTH} are allowed.` }
  }
  const reference = /(?<!\\)(?:\\\\)*\\[1-9]/.exec(pattern)
  if (!reference) return undefined
  // Matching them takes exponential time.
  const said = 'The regular expression has a back-reference'
  return { said, offset: 1 + reference.index, hint: 'Write the text out.' }
}

/** One node for several, nested ones of the same kind taken in. */
function join(kind: 'and' | 'or', nodes: readonly ParsedSearch[]): ParsedSearch {
  const flat: Tree<ParsedCondition>[] = nodes.flatMap((node) => (node.kind === kind ? node.nodes : [node]))
  return flat.length === 1 ? (flat[0] as ParsedSearch) : { kind, nodes: flat }
}
