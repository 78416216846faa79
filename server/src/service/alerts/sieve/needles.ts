// The texts that a line must contain to match a filter: one of several, or nothing that is known.

import type { LogFilter } from '../../../store/filter/log-filter.ts'
import { conjuncts, type SearchNode } from '../../../store/filter/search-conditions.ts'
import { literalsOfPattern, patternOnV8 } from './patterns.ts'

/** A text in lower case, or a pattern that is compared on V8. */
export type Needle =
  | { kind: 'literal'; text: string }
  | { kind: 'pattern'; regex: RegExp; hasAnchor: boolean }

/** A shorter text is in too many lines. */
const SHORTEST = 3
/** Characters of a needle: a longer one tells hardly more, and takes room. */
const LONGEST = 24
/** A pattern tells about as much as a text of so many characters. */
const WORTH_OF_PATTERN = 4

/**
 * Needles of which a line that matches has at least one, in its message or in the name of its logger, without regard to
 * case; undefined where lines without any such text may match.
 */
export function needlesOf(filter: LogFilter): Needle[] | undefined {
  return best([
    filter.search === undefined ? undefined : literal(filter.search),
    filter.logger_names && union(filter.logger_names.map(literal)),
    ...conjuncts(filter.q).map(needlesOfNode),
  ])
}

function needlesOfNode(node: SearchNode): Needle[] | undefined {
  switch (node.kind) {
    case 'and':
      return best(node.nodes.map(needlesOfNode))
    case 'or':
      return union(node.nodes.map(needlesOfNode))
    case 'text':
    case 'message':
      return literal(node.text)
    case 'logger_name':
      return node.isGlob ? best(node.value.split('*').map(literal)) : literal(node.value)
    case 'regex':
    case 'line':
      return needlesOfPattern(node.pattern, node.kind === 'regex')
    default:
      return undefined
  }
}

function needlesOfPattern(pattern: string, isCaseless: boolean): Needle[] | undefined {
  const onV8 = patternOnV8(pattern, isCaseless)
  if (onV8) return [{ kind: 'pattern', ...onV8 }]
  return union((literalsOfPattern(pattern) ?? [[]]).map((runs) => best(runs.map(literal))))
}

/** The longest stretch of ASCII: the case of other letters depends on the database's locale. */
function literal(text: string): Needle[] | undefined {
  const runs = text.match(/[\x20-\x7e]+/g) ?? []
  const longest = runs.reduce((a, b) => (b.length > a.length ? b : a), '')
  if (longest.length < SHORTEST) return undefined
  return [{ kind: 'literal', text: longest.slice(0, LONGEST).toLowerCase() }]
}

/** All of them, where each alternative has some. */
function union(alternatives: readonly (Needle[] | undefined)[]): Needle[] | undefined {
  if (alternatives.length === 0 || alternatives.some((needles) => needles === undefined)) return undefined
  return alternatives.flatMap((needles) => needles ?? [])
}

/** Those of the condition that is likely to be met least. */
function best(conditions: readonly (Needle[] | undefined)[]): Needle[] | undefined {
  const known = conditions.filter((needles) => needles !== undefined)
  return known.reduce<Needle[] | undefined>((a, b) => (a && worthOf(a) >= worthOf(b) ? a : b), undefined)
}

function worthOf(needles: readonly Needle[]): number {
  const worths = needles.map((needle) => (needle.kind === 'literal' ? needle.text.length : WORTH_OF_PATTERN))
  return worths.reduce((a, b) => Math.min(a, b), LONGEST) - needles.length / 100
}
