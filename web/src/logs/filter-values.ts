import type { LogFilters } from './view.ts'

/** The filters that hold several values, each with its opposite. */
export type ValueField = 'level' | 'source' | 'camera_id'

export const OPPOSITE = {
  level: 'exclude_level',
  source: 'exclude_source',
  camera_id: 'exclude_camera_id',
} as const satisfies Record<ValueField, keyof LogFilters>

export type ValueState = 'in' | 'out' | 'unset'

function values(filters: LogFilters, field: keyof LogFilters): readonly (string | number)[] {
  return filters[field] as readonly (string | number)[]
}

export function stateOf(filters: LogFilters, field: ValueField, value: string | number): ValueState {
  if (values(filters, field).includes(value)) return 'in'
  return values(filters, OPPOSITE[field]).includes(value) ? 'out' : 'unset'
}

/** The change that makes `value` filtered for, filtered out or neither; the other values of the field stay. */
export function setValue(
  filters: LogFilters,
  field: ValueField,
  value: string | number,
  state: ValueState,
): Partial<LogFilters> {
  const others = (name: keyof LogFilters) => values(filters, name).filter((other) => other !== value)
  return {
    [field]: state === 'in' ? [...others(field), value] : others(field),
    [OPPOSITE[field]]: state === 'out' ? [...others(OPPOSITE[field]), value] : others(OPPOSITE[field]),
    // A single level and "this and above" exclude each other.
    ...(field === 'level' && state === 'in' ? { min_level: null } : {}),
  }
}
