// Groups of a rule: by a column, or by a field of `extra_data`.
import { OTHERS } from '../../store/alerts/alert-matches.ts'
import type { SearchNode } from '../../store/filter/search-conditions.ts'

const COLUMNS = ['camera', 'source', 'logger_name'] as const
type GroupColumn = (typeof COLUMNS)[number]
type GroupField = `extra_data.${string}`
export type Grouping = GroupColumn | GroupField

const FIELD = 'extra_data.'
export const GROUPING_PATTERN = '^(camera|source|logger_name|extra_data(\\.[^\\s.:"()]+)+)$'

/** The keys of the field in `extra_data`; undefined for a column. */
export function groupPath(group_by: Grouping | undefined): string[] | undefined {
  return group_by?.startsWith(FIELD) ? group_by.slice(FIELD.length).split('.') : undefined
}

/** Whether level, source and camera of a line tell its group. */
export function isDimension(group_by: Grouping | undefined): group_by is 'camera' | 'source' | undefined {
  return group_by === undefined || group_by === 'camera' || group_by === 'source'
}

/** As people call it: `camera`, `logger`, `extra_data.site`. */
export function groupingName(group_by: Grouping): string {
  return group_by === 'logger_name' ? 'logger' : group_by
}

/** The condition on lines of a group; undefined for the group of all others, which has no name of its own. */
export function groupNode(group_by: Grouping, key: string): SearchNode | undefined {
  if (key === OTHERS) return undefined
  if (group_by === 'camera') return { kind: 'camera', id: Number(key) || null }
  const path = groupPath(group_by)
  if (path) return { kind: 'extra_data', path, match: { kind: 'is', text: key, isTextOnly: !isScalar(key) } }
  return { kind: group_by as 'source' | 'logger_name', value: key, isGlob: false }
}

/** The same as a term of the search syntax. */
export function groupTerm(group_by: Grouping, key: string): string {
  if (group_by === 'camera') return `camera:${key}`
  const isPlain = groupPath(group_by) !== undefined && isScalar(key)
  return `${groupingName(group_by)}:${isPlain ? key : quoted(key)}`
}

/** Whether a text is how a number or a truth value of JSON is written. */
function isScalar(text: string): boolean {
  return /^(true|false|-?(0|[1-9]\d{0,99})(\.\d{1,99})?)$/.test(text)
}

export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
