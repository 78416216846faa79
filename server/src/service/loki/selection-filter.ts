import { LEVELS, parseLevel } from '@timelapser/logger'
import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import type { SearchNode } from '../../store/filter/search-conditions.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { MAX_PATTERNS } from '../search/search-syntax.ts'
import type { LabelFilter, LineFilter, Matcher, Selection, Stage } from './language/syntax.ts'
import { inOrder } from './pipeline/compile-stages.ts'
import { compileMatcher } from './pipeline/patterns.ts'
import { toPostgresPattern } from './postgres-pattern.ts'

/** The labels of a row's stream; any other label is looked for in `extra_data`. */
export const LABELS = ['camera', 'level', 'logger_name', 'source'] as const
export type Label = (typeof LABELS)[number]

/** Our labels by their names elsewhere. */
const ALIASES: ReadonlyMap<string, Label> = new Map([
  ['service_name', 'source'],
  ['detected_level', 'level'],
  ['camera_id', 'camera'],
])

export function isLabel(name: string): name is Label {
  return (LABELS as readonly string[]).includes(name)
}

/** Our label of that name, or of what others call it. */
export function labelFor(name: string): Label | undefined {
  return isLabel(name) ? name : ALIASES.get(name)
}

/** The filter that PostgreSQL is asked with: it finds all that a selection selects and, unless `isExact`, more. */
export type SelectionFilter = { filter: LogFilter; isExact: boolean }

const and = (nodes: SearchNode[]): SearchNode => ({ kind: 'and', nodes })
const or = (nodes: SearchNode[]): SearchNode =>
  nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'or', nodes }
const not = (node: SearchNode): SearchNode => ({ kind: 'not', node })
const ALL = and([])

/** Names that a regular expression of a label is written out into at most. */
const MAX_NAMES = 200

/** The values of a label; undefined where they may become more. */
type Names = ((label: 'source' | 'camera') => Promise<readonly string[]>) | undefined

/** Parts of a selection as conditions; `isExact` becomes false where one finds more than it should. */
type Conditions = { nodes: SearchNode[]; isExact: boolean; patterns: number }

/**
 * The filter for a selection.
 *
 * @param names the values that a label has among what the caller sees, for regular expressions on it; where it is
 * undefined, these are compared where the stages run
 */
export async function toSelectionFilter(
  { matchers, stages }: Selection,
  visibility: Visibility,
  names: Names,
): Promise<SelectionFilter> {
  const conditions: Conditions = { nodes: [], isExact: true, patterns: 0 }
  for (const matcher of matchers) await addMatcher(conditions, matcher, names, true)
  let isUntouched = true
  let isParsed = false
  for (const stage of inOrder(stages)) {
    if (stage.kind === 'line_filter' && isUntouched) addLineFilter(conditions, stage)
    else if (stage.kind === 'label_filter' && isUntouched)
      await addLabelFilter(conditions, stage.filter, names, isParsed)
    else {
      conditions.isExact &&= isWithoutEffect(stage)
      isUntouched &&= isReading(stage)
      isParsed = true
    }
  }
  return { filter: { visibility, q: and(conditions.nodes) }, isExact: conditions.isExact }
}

/** Reads the names of a range when a pattern asks for them. */
export function namesIn(logs: LogOperations, range: LogFilter) {
  return async (label: 'source' | 'camera'): Promise<readonly string[]> => {
    const found = await logs.getFacet(range, label === 'camera' ? 'camera_id' : 'source')
    return found.map(({ value }) => String(value))
  }
}

/** Whether a stage neither changes the line nor the labels that the row has. */
function isReading({ kind }: Stage): boolean {
  return (
    kind === 'json' || kind === 'logfmt' || kind === 'regexp' || kind === 'pattern' || kind === 'decolorize'
  )
}

/** Grafana drops errors that nothing before has made. */
function isWithoutEffect(stage: Stage): boolean {
  return (
    stage.kind === 'drop' &&
    stage.labels.every((label) => typeof label === 'string' && label.startsWith('__error'))
  )
}

async function addMatcher(
  conditions: Conditions,
  matcher: Matcher,
  names: Names,
  isLenient: boolean,
): Promise<void> {
  const label = isLenient ? labelFor(matcher.label) : isLabel(matcher.label) ? matcher.label : undefined
  if (label === undefined) {
    // The labels of `extra_data` are compared where the stages run; this only leaves out rows that cannot match.
    conditions.isExact = false
    if (matcher.operator === '=' && matcher.value !== '') conditions.nodes.push(metadataNode(matcher))
    return
  }
  if (label === 'level') {
    conditions.nodes.push(levelNode(matcher, isLenient))
    return
  }
  const isNegative = matcher.operator.startsWith('!')
  const found = matcher.operator.endsWith('~')
    ? await patternNode(label, matcher, names)
    : nameNode(label, matcher.value)
  if (found === undefined) conditions.isExact = false
  else conditions.nodes.push(isNegative ? not(found) : found)
}

/** The condition of `label=~value`; undefined when it cannot be written out. */
async function patternNode(
  label: Exclude<Label, 'level'>,
  { value }: Matcher,
  names: Names,
): Promise<SearchNode | undefined> {
  if (value === '.*') return ALL
  if (value === '.+') return not(nameNode(label, ''))
  const listed = value.split('|')
  if (listed.every((name) => /^[\w -]+$/.test(name))) return or(listed.map((name) => nameNode(label, name)))
  if (label === 'logger_name' || names === undefined) return undefined
  const matches = compileMatcher({ label, operator: '=~', value })
  const all = [...(await names(label)), ...(label === 'camera' ? [''] : [])]
  const some = all.filter(matches)
  if (some.length <= MAX_NAMES) return or(some.map((name) => nameNode(label, name)))
  const others = all.filter((name) => !matches(name))
  return others.length <= MAX_NAMES ? not(or(others.map((name) => nameNode(label, name)))) : undefined
}

/** Rows with this label; an empty value means that the row does not have the label. */
function nameNode(label: Exclude<Label, 'level'>, value: string): SearchNode {
  if (label === 'camera') {
    if (value === '') return { kind: 'camera', id: null }
    if (!/^[1-9]\d{0,8}$/.test(value)) return or([])
    // A camera's rows are those of its source too; its label have only those with its id.
    return and([{ kind: 'camera', id: Number(value) }, not({ kind: 'camera', id: null })])
  }
  if (value !== '') return { kind: label, value, isGlob: false }
  return label === 'source' ? or([]) : not({ kind: label, value: '*', isGlob: true })
}

/** Levels are upper case here; in a selector any case finds them. */
function levelNode(matcher: Matcher, isLenient: boolean): SearchNode {
  const { operator, value } = matcher
  const isNegative = operator.startsWith('!')
  const isPattern = operator.endsWith('~')
  const matches = compileMatcher({ ...matcher, operator: isPattern ? '=~' : '=' })
  const found = LEVELS.filter((level) => {
    if (matches(level)) return true
    return isLenient && (isPattern ? matches(level.toLowerCase()) : level === parseLevel(value))
  })
  const node = or(found.map((level) => ({ kind: 'level', comparison: '=', level })))
  return isNegative ? not(node) : node
}

/** Underscores of a label that may stand for a dot or a step into an object; more are not looked up. */
const MAX_UNDERSCORES = 2
const JSON_SCALAR = /^(true|false|null|-?(0|[1-9]\d{0,99})(\.\d{1,99})?([eE][+-]?\d{1,3})?)$/

/** Rows that may have the value under that name in `extra_data`, where keys have other characters and objects steps. */
function metadataNode({ label, value }: Matcher): SearchNode {
  if (value.startsWith('[') || value.startsWith('{')) return ALL
  const pieces = label.split(/[_.]/)
  if (pieces.length - 1 > MAX_UNDERSCORES || pieces.some((piece) => piece === '')) return ALL
  let paths: string[][] = [[]]
  for (const [index, piece] of pieces.entries()) {
    paths = paths.flatMap((path) => {
      if (index === 0) return [[piece]]
      const last = path.at(-1) ?? ''
      const joined = ['_', '.'].map((sign) => [...path.slice(0, -1), `${last}${sign}${piece}`])
      return [...joined, [...path, piece]]
    })
  }
  const match = { kind: 'is' as const, text: value, isTextOnly: !JSON_SCALAR.test(value) }
  return or(paths.map((path) => ({ kind: 'extra_data', path, match })))
}

/** Adds what every line that passes has; a condition on a label that a stage may have extracted says nothing about the row. */
async function addLabelFilter(
  conditions: Conditions,
  filter: LabelFilter,
  names: Names,
  isParsed: boolean,
): Promise<void> {
  if (filter.kind === 'and') {
    await addLabelFilter(conditions, filter.left, names, isParsed)
    await addLabelFilter(conditions, filter.right, names, isParsed)
  } else if (filter.kind === 'string' && (isLabel(filter.matcher.label) || !isParsed)) {
    // A label of the row itself keeps its name, even if a stage extracts the same name.
    await addMatcher(conditions, filter.matcher, names, false)
  } else conditions.isExact = false
}

function addLineFilter(conditions: Conditions, { operator, alternatives }: LineFilter): void {
  const nodes: SearchNode[] = []
  for (const { text, isIp } of alternatives) {
    const node = isIp || operator.endsWith('>') ? undefined : lineNode(conditions, operator, text)
    if (node === undefined) {
      conditions.isExact = false
      return
    }
    nodes.push(node)
  }
  conditions.nodes.push(operator.startsWith('!') ? not(or(nodes)) : or(nodes))
}

function lineNode(conditions: Conditions, operator: string, text: string): SearchNode | undefined {
  if (text === '') return ALL
  if (!operator.endsWith('~')) return literalLine(text)
  const pattern = toPostgresPattern(text)
  if (pattern === undefined || conditions.patterns >= MAX_PATTERNS) return undefined
  conditions.patterns += 1
  return { kind: 'line', pattern }
}

/** The first condition uses the trigram index, the second is case-sensitive. */
function literalLine(text: string): SearchNode {
  const pattern = text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
  return and([
    { kind: 'message', text },
    // `***=` takes what follows as it is, so that nothing in it can be read as an option.
    { kind: 'line', pattern: pattern === text ? text : `***=${text}` },
  ])
}
