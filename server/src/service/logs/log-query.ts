import { isEnabled, LEVELS, type Level, repairText } from '@timelapser/logger'
import { readLevel } from '../../ingest/record-fields.ts'
import { comparable, parseIso } from '../../store/database/timestamp.ts'
import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import { AppError } from '../app-error.ts'

/** The filter parameters of every reading endpoint, as they stand in the URL. */
export type LogQuery = {
  level?: string[]
  min_level?: string
  exclude_level?: string[]
  source?: string[]
  exclude_source?: string[]
  camera_id?: number[]
  exclude_camera_id?: number[]
  logger_name?: string[]
  request_id?: string
  search?: string
  /** The search syntax; see `search-syntax.ts`. */
  q?: string
  start_date?: string
  end_date?: string
}

/**
 * The filter a query asks for, within what the caller may see, but for `q`: see `SearchQueries`.
 *
 * @throws {AppError} INVALID_LEVEL or INVALID_DATE with the spec's sentences
 */
export function toFilter(query: LogQuery, visibility: Visibility): LogFilter {
  const levels = levelsOf(query)
  const excluded = query.exclude_level?.map(parseLevelName)
  const start = parseDate(query.start_date, 'start_date')
  const end = parseDate(query.end_date, 'end_date')
  if (start !== undefined && end !== undefined && comparable(end) < comparable(start)) {
    throw new AppError(
      'INVALID_DATE',
      `end_date (${query.end_date}) is before start_date (${query.start_date}).`,
    )
  }
  return {
    visibility,
    ...(levels && { levels }),
    ...(isGiven(excluded) && { exclude_levels: excluded }),
    ...(isGiven(query.source) && { sources: texts(query.source) }),
    ...(isGiven(query.exclude_source) && { exclude_sources: texts(query.exclude_source) }),
    ...(isGiven(query.camera_id) && { cameras: unique(query.camera_id) }),
    ...(isGiven(query.exclude_camera_id) && { exclude_cameras: unique(query.exclude_camera_id) }),
    ...(isGiven(query.logger_name) && { logger_names: texts(query.logger_name) }),
    ...(query.request_id && { request_id: repairText(query.request_id) }),
    ...(query.search && { search: repairText(query.search) }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
  }
}

/** The filters in force for `filters_applied`: unset ones absent, several values as a list. */
export function appliedFilters(query: LogQuery): Record<string, unknown> {
  const applied: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) continue
    const understood = name.endsWith('level') ? [value].flat().map((v) => parseLevelName(String(v))) : value
    applied[name] = Array.isArray(understood) && understood.length === 1 ? understood[0] : understood
  }
  return applied
}

/**
 * A level as ingest takes it: `warn`, `err` and what other systems say, in any case.
 *
 * @throws {AppError} INVALID_LEVEL with the spec's sentence
 */
export function parseLevelName(text: string): Level {
  const level = readLevel(text)
  if (level) return level
  throw new AppError('INVALID_LEVEL', `Invalid log level. Must be one of: ${LEVELS.join(', ')}`)
}

function levelsOf({ level, min_level }: LogQuery): Level[] | undefined {
  const exact = isGiven(level) ? unique(level.map(parseLevelName)) : undefined
  if (!min_level) return exact
  const threshold = parseLevelName(min_level)
  return (exact ?? LEVELS).filter((candidate) => isEnabled(candidate, threshold))
}

function parseDate(text: string | undefined, name: 'start_date' | 'end_date'): string | undefined {
  if (!text) return undefined
  // An unencoded `+` of an offset arrives as a space.
  const iso = parseIso(text.replace(/ (?=\d\d(:?\d\d)?$)(?<=\d\d:\d\d.*)/, '+'), name === 'end_date')
  if (iso !== undefined) return iso
  throw new AppError('INVALID_DATE', `Invalid ${name} format. Use ISO format.`)
}

function isGiven<T>(values: readonly T[] | undefined): values is readonly T[] {
  return values !== undefined && values.length > 0
}

/** Repaired as stored texts are: PostgreSQL refuses the rest. */
function texts(values: readonly string[]): string[] {
  return unique(values.map(repairText))
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
