// The lines that tell of an incident: the search that finds them, and its bounds.
import type { StoredTransition } from '../../../store/alerts/alert-transitions.ts'
import { fromMillis, HOUR, MINUTE, toMillis } from '../../../store/database/timestamp.ts'
import { literalOf } from '../../insights/message-shape.ts'
import { conditionOf, hasWindows, spanOf } from '../alert-condition.ts'
import type { AlertDefinition } from '../alert-rule.ts'
import { groupNode, groupPath, groupTerm, quoted } from '../grouping.ts'
import { countedQuery } from '../query-within.ts'

/**
 * The search of the lines that tell of an incident, in the form of an address, for all groups of `group_by`.
 *
 * @param group_key the kind of message of a rule for new kinds; empty for all of them
 */
export function evidenceQuery(
  definition: Pick<AlertDefinition, 'query' | 'condition'>,
  group_key: string,
): string {
  const query = new URLSearchParams(countedQuery(definition))
  const condition = conditionOf(definition.condition)
  if (condition.kind === 'number') {
    const { field, side, threshold } = condition
    require(query, `extra_data.${field}:${side === 'over' ? '>' : '<'}${plain(threshold)}`)
  }
  if (condition.kind === 'new' && group_key !== '') {
    const [level = '', ...shape] = group_key.split(' ')
    // The end of a long kind is a digest.
    const literal = literalOf(shape.join(' ').replace(/… [\da-f]+$/, ''))
    require(query, `level:${level}${literal === '' ? '' : ` message:${quoted(literal)}`}`)
  }
  return query.toString()
}

/** The same for one group. */
export function groupQuery(definition: AlertDefinition, key: string): URLSearchParams {
  const { group_by } = definition
  const query = new URLSearchParams(evidenceQuery(definition, key))
  if (group_by === undefined || key === '') return query
  if (groupNode(group_by, key) === undefined) return query
  const name = group_by === 'camera' ? 'camera_id' : group_by
  // Fields have no parameter of their own.
  if (groupPath(group_by) || query.has(name)) require(query, groupTerm(group_by, key))
  else query.append(name, key)
  return query
}

/** The query string of the list that shows the lines of a group's transition, or of all groups for those of several. */
export function searchOf(
  definition: AlertDefinition,
  transitions: readonly [StoredTransition, ...StoredTransition[]],
): string {
  const query = groupQuery(definition, transitions.length === 1 ? transitions[0].group_key : '')
  const bounds = transitions.map((transition) => boundsOf(definition, transition))
  query.set('from', fromMillis(Math.min(...bounds.map(({ start }) => start))))
  query.set('to', fromMillis(Math.max(...bounds.map(({ end }) => end))))
  query.set('live', '0')
  return `?${query}`
}

/** The bounds of the lines that an incident is about. */
export function boundsOf(
  definition: Pick<AlertDefinition, 'condition'>,
  { at, first_at, last_at }: Pick<StoredTransition, 'at' | 'first_at' | 'last_at'>,
): { start: number; end: number } {
  const condition = conditionOf(definition.condition)
  const [first, last] = [toMillis(first_at ?? at), toMillis(last_at ?? at)]
  if (hasWindows(condition)) return { start: first - spanOf(condition) * MINUTE, end: last - 1 }
  // The last lines before it fell silent.
  if (condition.kind === 'silence') return { start: first - HOUR, end: Math.max(first, last) }
  return { start: first, end: last }
}

function require(query: URLSearchParams, term: string): void {
  const q = query.get('q')
  query.set('q', q ? `(${q}) ${term}` : term)
}

/** As the search writes numbers. */
function plain(number: number): string {
  return Number.isInteger(number) ? number.toFixed(0) : String(number)
}
