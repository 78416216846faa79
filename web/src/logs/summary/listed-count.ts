import type { LogStats } from 'timelapser-logs/api'
import { LEVELS, type Level } from '../levels.ts'
import type { LogFilters } from '../view.ts'

/** `1,234`, or `10,000+` for a lower bound. */
export function formatCount(count: number, isExact: boolean): string {
  return `${count.toLocaleString()}${isExact ? '' : '+'}`
}

/** The counts of the levels, as the API names them. */
export const COUNT = {
  CRITICAL: 'critical_count',
  ERROR: 'error_count',
  WARNING: 'warning_count',
  INFO: 'info_count',
  DEBUG: 'debug_count',
} as const satisfies Record<Level, keyof LogStats['summary']>

/**
 * How many lines a view lists, from counts that every filter but the level went into. These are exact where the list
 * stops counting at a bound.
 */
export function listedCount(summary: LogStats['summary'], view: LogFilters): number {
  const { level, exclude_level, min_level } = view
  const lowest = min_level === null ? LEVELS.length - 1 : LEVELS.indexOf(min_level)
  return LEVELS.filter(
    (one, at) => at <= lowest && (level.length === 0 || level.includes(one)) && !exclude_level.includes(one),
  ).reduce((sum, one) => sum + summary[COUNT[one]], 0)
}
