import type { Facets } from 'timelapser-logs/api'
import { OPPOSITE, type ValueField } from '../filters/filter-values.ts'
import { LEVEL_NAME, LEVELS } from '../levels.ts'
import type { LogView } from '../view.ts'

/** The menus of values, in their order. */
export const FACETS = [
  { field: 'level', name: 'Level' },
  { field: 'camera_id', name: 'Camera' },
  { field: 'source', name: 'Source' },
] as const

export type Option = { value: string | number; label: string; count: number | null }

/** The values of one field, most frequent first; chosen ones stay even where they count nothing. */
export function optionsOf(field: ValueField, view: LogView, facets: Facets | undefined): Option[] {
  const found: Option[] = facets?.[field] ?? []
  const counts = new Map(found.map((one) => [one.value, one]))
  if (field === 'level') {
    return LEVELS.map((level) => ({
      value: level,
      label: LEVEL_NAME[level],
      count: facets === undefined ? null : (counts.get(level)?.count ?? 0),
    }))
  }
  const chosen = [...view[field], ...view[OPPOSITE[field]]].filter((value) => !counts.has(value))
  const label = (value: string | number) => (field === 'camera_id' ? `Camera ${value}` : String(value))
  return [...chosen.map((value) => ({ value, label: label(value), count: facets ? 0 : null })), ...found]
}
