import { repairText } from '@timelapser/logger'
import type { Tree } from '../../store/filter/search-tree.ts'
import { type ParsedCondition, type ParsedSearch, readField } from './search-fields.ts'
import { queryError, SearchScanner } from './search-scanner.ts'

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
    throw queryError('A bracket is closed that was never opened', from, 'Remove it, or put it in quotes.')
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
      `More than ${MAX_DEPTH} brackets are open`,
      from,
      'Use fewer, or put the text in quotes.',
    )
  }
  scanner.at++
  scanner.depth++
  const inner = readAlternatives(scanner, patterns)
  if (scanner.isAtEnd) {
    throw queryError('A bracket is opened', from, 'Close it with ), or put the text in quotes.')
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
  const said = 'The regular expression refers back to a group'
  return { said, offset: 1 + reference.index, hint: 'Write the text out.' }
}

/** One node for several, nested ones of the same kind taken in. */
function join(kind: 'and' | 'or', nodes: readonly ParsedSearch[]): ParsedSearch {
  const flat: Tree<ParsedCondition>[] = nodes.flatMap((node) => (node.kind === kind ? node.nodes : [node]))
  return flat.length === 1 ? (flat[0] as ParsedSearch) : { kind, nodes: flat }
}
