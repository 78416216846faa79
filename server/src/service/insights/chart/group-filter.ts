import { quoted, SEARCHABLE } from '../field-values.ts'
import type { ChartField } from './chart-request.ts'
import type { GroupKey } from './line-groups.ts'

/** The filters that list a group's lines, beside those of the chart. */
export type GroupFilter = {
  level?: string[]
  source?: string[]
  camera_id?: number[]
  logger_name?: string[]
  /** To be joined with the chart's own `q`. */
  q?: string
}

/** Cameras that a filter leaves out one by one. */
const MAX_CAMERAS = 30

/**
 * Null where filters cannot tell the group from others.
 *
 * @param cameras all cameras that have a group; undefined when they are not known
 */
export function groupFilter(
  by: readonly ChartField[],
  key: GroupKey,
  cameras: readonly string[] | undefined,
): GroupFilter | null {
  const filter: GroupFilter = {}
  const terms: string[] = []
  for (const [index, { name, place }] of by.entries()) {
    const value = key[index] ?? null
    if (typeof place !== 'string') {
      const term = termOf(place, value)
      if (term === null) return null
      terms.push(term)
    } else if (value === null) {
      if (place !== 'camera' || cameras === undefined || cameras.length > MAX_CAMERAS) return null
      // Lines without a camera of their own are those of the source `camera_<id>` too, which have a group.
      terms.push('camera:none', ...cameras.map((id) => `-camera:${id}`))
    } else if (name === 'camera_id') filter.camera_id = [Number(value)]
    else filter[name as 'level' | 'source' | 'logger_name'] = [value]
  }
  return terms.length > 0 ? { ...filter, q: terms.join(' ') } : filter
}

function termOf(path: readonly string[], value: string | null): string | null {
  if (!path.every((step) => SEARCHABLE.test(step))) return null
  const name = `extra_data.${path.join('.')}`
  // A key that holds null is there for the search.
  if (value === null) return `(-${name}:* or ${name}:null)`
  // A list or an object, or the beginning of a long text.
  if (/^[{[]|…$/.test(value)) return null
  return `${name}:${isOfAnyKind(value) ? value : quoted(value)}`
}

/** Whether a number, true or false is written like this: the search finds it, and the same text, without quotes alone. */
function isOfAnyKind(value: string): boolean {
  const number = Number(value)
  return value === 'true' || value === 'false' || (Number.isFinite(number) && String(number) === value)
}
