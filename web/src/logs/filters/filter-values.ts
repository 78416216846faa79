import { setTerm, stateOfTerm, termOf } from '../search/search-terms.ts'
import type { LogFilters } from '../view.ts'

/** The filters that hold several values, each with its opposite. */
export type ValueField = 'level' | 'source' | 'camera_id'

/** Those, and the ones whose opposite is a term of the search. */
export type FilterField = ValueField | 'logger_name' | 'request_id'

export const OPPOSITE = {
  level: 'exclude_level',
  source: 'exclude_source',
  camera_id: 'exclude_camera_id',
} as const satisfies Record<ValueField, keyof LogFilters>

export type ValueState = 'in' | 'out' | 'unset'

function values(filters: LogFilters, field: keyof LogFilters): readonly (string | number)[] {
  return filters[field] as readonly (string | number)[]
}

export function stateOf(filters: LogFilters, field: FilterField, value: string | number): ValueState {
  if (field === 'request_id' ? filters.request_id === value : values(filters, field).includes(value))
    return 'in'
  if (isSearched(field)) return stateOfTerm(filters.q, termFor(field, value))
  return values(filters, OPPOSITE[field]).includes(value) ? 'out' : 'unset'
}

/** The change that makes `value` filtered for, filtered out or neither; the other values of the field stay. */
export function setValue(
  filters: LogFilters,
  field: FilterField,
  value: string | number,
  state: ValueState,
): Partial<LogFilters> {
  const others = (name: keyof LogFilters) => values(filters, name).filter((other) => other !== value)
  if (isSearched(field)) {
    const q = setTerm(filters.q, termFor(field, value), state === 'out' ? 'out' : 'unset')
    const text = String(value)
    if (field === 'logger_name')
      return { logger_name: [...(others(field) as string[]), ...(state === 'in' ? [text] : [])], q }
    const other = filters.request_id === text ? null : filters.request_id
    return { request_id: state === 'in' ? text : other, q }
  }
  return {
    [field]: state === 'in' ? [...others(field), value] : others(field),
    [OPPOSITE[field]]: state === 'out' ? [...others(OPPOSITE[field]), value] : others(OPPOSITE[field]),
    // A single level and "this and above" exclude each other.
    ...(field === 'level' && state === 'in' ? { min_level: null } : {}),
  }
}

function isSearched(field: FilterField): field is 'logger_name' | 'request_id' {
  return field === 'logger_name' || field === 'request_id'
}

function termFor(field: 'logger_name' | 'request_id', value: string | number): string {
  return termOf(field === 'logger_name' ? 'logger' : field, String(value))
}
