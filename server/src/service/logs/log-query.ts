import { isEnabled, LEVELS, type Level, repairText } from '@timelapser/logger'
import { Type } from 'typebox'
import { readLevel } from '../../ingest/record-fields.ts'
import { comparable, parseIso } from '../../store/database/timestamp.ts'
import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import type { SearchNode } from '../../store/filter/search-conditions.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { CameraService } from '../administration/camera-service.ts'
import { AppError } from '../app-error.ts'
import { type ParsedSearch, parseSearch, queryError } from '../search/search-syntax.ts'

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

const MAX_VALUES = 100
const Name = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const CameraId = Type.Integer({ minimum: -2147483648, maximum: 2147483647 })
const ManyNames = (maxLength: number, description: string) =>
  Type.Optional(Type.Array(Name(maxLength), { maxItems: MAX_VALUES, description }))
const ManyCameras = (description: string) =>
  Type.Optional(Type.Array(CameraId, { maxItems: MAX_VALUES, description }))

/** The filters that every reading endpoint takes. */
export const filterParameters = {
  level: ManyNames(20, 'One of the five levels, any case; repeat for several'),
  min_level: Type.Optional(Type.String({ maxLength: 20, description: 'This level and above' })),
  exclude_level: ManyNames(20, 'Levels to leave out'),
  source: ManyNames(100, 'Exact source; repeat for several'),
  exclude_source: ManyNames(100, 'Sources to leave out'),
  camera_id: ManyCameras('Rows with this camera_id or of the source camera_<id>; repeat for several'),
  exclude_camera_id: ManyCameras('Cameras to leave out'),
  logger_name: ManyNames(200, 'Exact logger name; repeat for several'),
  request_id: Type.Optional(Type.String({ maxLength: 200, description: 'extra_data.request_id' })),
  search: Type.Optional(
    Type.String({ maxLength: 1000, description: 'Case-insensitive substring of message or logger name' }),
  ),
  q: Type.Optional(
    Type.String({
      maxLength: 1000,
      description:
        'Search syntax: words, "phrases", -not, (a or b), /regex/, level:>=warning, camera:"Front Door", source:api*, logger:, message:, id:, request_id:, extra_data.key:value, extra_data.key:>3',
    }),
  ),
  start_date: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601, inclusive; naive is UTC' })),
  end_date: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601, inclusive; naive is UTC' })),
}

/** Page by number, or from a cursor of an earlier reply. */
export const pagingParameters = {
  page: Type.Integer({ minimum: 1, maximum: 100_000_000, default: 1 }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
}

export type SearchQueriesOptions = {
  logOperations: Pick<LogOperations, 'explainPattern'>
  cameras: CameraService
}

/** Turns what a caller asks for into a filter, the search syntax included. */
export class SearchQueries {
  readonly #logs: Pick<LogOperations, 'explainPattern'>
  readonly #cameras: CameraService

  constructor({ logOperations, cameras }: SearchQueriesOptions) {
    this.#logs = logOperations
    this.#cameras = cameras
  }

  /** @throws {AppError} INVALID_LEVEL, INVALID_DATE or, with a position, INVALID_QUERY */
  async toFilter(query: LogQuery, visibility: Visibility): Promise<LogFilter> {
    const filter = toFilter(query, visibility)
    const { tree, patterns } = parseSearch(query.q ?? '')
    if (!tree) return filter
    for (const { pattern, at } of patterns) {
      const problem = await this.#logs.explainPattern(pattern)
      if (problem === undefined) continue
      const said = `The regular expression is invalid (${problem})`
      throw queryError(said, at, 'Correct it, or quote it to search for the text.')
    }
    const cameras = await this.#cameras.list(visibility)
    return { ...filter, q: withCameraIds(tree, cameras) }
  }
}

/** The search with each camera's name as the ids of the cameras called so, in any case. */
function withCameraIds(tree: ParsedSearch, cameras: readonly { id: number; name: string }[]): SearchNode {
  switch (tree.kind) {
    case 'and':
    case 'or':
      return { kind: tree.kind, nodes: tree.nodes.map((node) => withCameraIds(node, cameras)) }
    case 'not':
      return { kind: 'not', node: withCameraIds(tree.node, cameras) }
    case 'camera_name': {
      const name = tree.name.trim().toLowerCase()
      const named = cameras.filter((camera) => camera.name.trim().toLowerCase() === name)
      const nodes = named.map(({ id }) => ({ kind: 'camera' as const, id }))
      return nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'or', nodes }
    }
    default:
      return tree
  }
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
