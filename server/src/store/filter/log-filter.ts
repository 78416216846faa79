import type { Level } from '@timelapser/logger'
import type { SqlParameters } from '../database/sql-parameters.ts'
import {
  cameraSource,
  compileSearch,
  conjuncts,
  escapeLike,
  isDimensional,
  isOneOf,
  isRequest,
  levelsOf,
  type SearchNode,
} from './search-conditions.ts'

/** Which logs a caller sees: all, or those of these cameras, or of this level and above. Part of every read. */
export type Visibility = { cameras: readonly number[] | null; min_level?: Level }

/** A reader's filter; every unset field allows everything that the visibility allows. */
export type LogFilter = {
  visibility: Visibility
  levels?: readonly Level[]
  exclude_levels?: readonly Level[]
  sources?: readonly string[]
  exclude_sources?: readonly string[]
  /** A camera's logs are those with its id and those of the source `camera_<id>`. */
  cameras?: readonly number[]
  exclude_cameras?: readonly number[]
  /** Cameras that were deleted: a row that names one counts as having no camera. Set by the store. */
  deleted_cameras?: readonly number[]
  logger_names?: readonly string[]
  request_id?: string
  /** Case-insensitive substring of message or logger name. */
  search?: string
  /** The parsed search; a search of level, source or camera alone stays countable. */
  q?: SearchNode
  /** ISO 8601, UTC, inclusive. */
  start?: string
  /** ISO 8601, UTC, inclusive. */
  end?: string
}

/** Whether the kept counts can answer for this filter: it asks for nothing but level, source, camera and time. */
export function isCountable(filter: LogFilter): boolean {
  return (
    !filter.search &&
    !filter.logger_names &&
    filter.request_id === undefined &&
    conjuncts(filter.q).every(isDimensional)
  )
}

/** The filter without what only rows can answer: it matches what the filter matches and more, and is countable. */
export function countablePart(filter: LogFilter): LogFilter {
  if (isCountable(filter)) return filter
  const { search: _, logger_names: __, request_id: ___, q, ...rest } = filter
  return { ...rest, q: { kind: 'and', nodes: conjuncts(q).filter(isDimensional) } }
}

/** Whether the filter asks for anything but a time range. */
export function isUnfiltered(filter: LogFilter): boolean {
  return isCountable(filter) && dimensionConditions(filter, { add: () => '' }).length === 0
}

type Add = Pick<SqlParameters, 'add'>

/** Conditions on level, source and camera: the columns that `logs` and the kept counts have in common. */
export function dimensionConditions(filter: LogFilter, parameters: Add): string[] {
  const conditions: string[] = []
  if (filter.visibility.cameras) conditions.push(visibleTo(filter, filter.visibility.cameras, parameters))
  const { min_level } = filter.visibility
  if (min_level) conditions.push(isOneOf('level', levelsOf('>=', min_level), 'text', parameters))
  if (filter.levels) conditions.push(isOneOf('level', filter.levels, 'text', parameters))
  if (filter.exclude_levels)
    conditions.push(`level <> all (${parameters.add(filter.exclude_levels)}::text[])`)
  if (filter.sources) conditions.push(isOneOf('source', filter.sources, 'text', parameters))
  if (filter.exclude_sources)
    conditions.push(`source <> all (${parameters.add(filter.exclude_sources)}::text[])`)
  if (filter.cameras) {
    const byId = isOneOf('camera_id', existing(filter, filter.cameras), 'integer', parameters)
    const bySource = isOneOf('source', filter.cameras.map(cameraSource), 'text', parameters)
    conditions.push(`(${byId} or ${bySource})`)
  }
  if (filter.exclude_cameras) {
    conditions.push(
      `(camera_id is null or camera_id <> all (${parameters.add(existing(filter, filter.exclude_cameras))}::integer[]))`,
    )
    conditions.push(`source <> all (${parameters.add(filter.exclude_cameras.map(cameraSource))}::text[])`)
  }
  for (const node of conjuncts(filter.q)) {
    if (isDimensional(node)) conditions.push(compileSearch(node, parameters, filter.deleted_cameras))
  }
  return conditions
}

/** Conditions on level, source, camera and logger: the columns that a block of rows has a dictionary of. */
export function dictionaryConditions(filter: LogFilter, parameters: Add): string[] {
  const conditions = dimensionConditions(filter, parameters)
  if (filter.logger_names) conditions.push(isOneOf('logger_name', filter.logger_names, 'text', parameters))
  return conditions
}

/** Conditions that only rows can answer. */
export function textConditions(filter: LogFilter, parameters: Add): string[] {
  const conditions: string[] = []
  if (filter.logger_names) conditions.push(isOneOf('logger_name', filter.logger_names, 'text', parameters))
  if (filter.request_id !== undefined) {
    conditions.push(isRequest(filter.request_id, parameters))
  }
  if (filter.search) {
    const pattern = parameters.add(`%${escapeLike(filter.search)}%`)
    conditions.push(`(message ilike ${pattern} or logger_name ilike ${pattern})`)
  }
  for (const node of conjuncts(filter.q)) {
    if (!isDimensional(node)) conditions.push(compileSearch(node, parameters, filter.deleted_cameras))
  }
  return conditions
}

/** Conditions on the time range. */
export function rangeConditions(filter: LogFilter, parameters: Add): string[] {
  const conditions: string[] = []
  if (filter.start !== undefined) conditions.push(`timestamp >= ${parameters.add(filter.start)}::timestamptz`)
  if (filter.end !== undefined) conditions.push(`timestamp <= ${parameters.add(filter.end)}::timestamptz`)
  return conditions
}

/**
 * One of several filters that together match what the filter they came from matches. Those of cameras overlap: a row
 * may have both the id and the source.
 */
export type FilterVariant = LogFilter & { camera_id?: number }

/** How many single-value variants of a filter are still cheaper to merge than one scan over several values. */
const MAX_VARIANTS = 12

/**
 * The filter as variants with one value a column, so that each is read in order from an index; a column with two
 * values has no index order and would have everything it matches sorted.
 */
export function variantsOf(asked: LogFilter): FilterVariant[] {
  const filter = absorbSearch(asked)
  let variants: FilterVariant[] = filter.cameras ? cameraVariants(filter, filter.cameras) : [filter]
  variants = variants.flatMap((v) =>
    isSplit(v.sources) ? v.sources.map((s) => ({ ...v, sources: [s] })) : [v],
  )
  if (filter.levels?.every((level) => level !== 'DEBUG' && level !== 'INFO')) {
    variants = variants.flatMap((v) =>
      isSplit(v.levels) ? v.levels.map((l) => ({ ...v, levels: [l] })) : [v],
    )
  }
  return variants.length > 0 && variants.length <= MAX_VARIANTS ? variants : [filter]
}

/** The conditions of a variant. */
export function variantConditions(variant: FilterVariant, parameters: Add): string[] {
  const conditions = [...dimensionConditions(variant, parameters), ...textConditions(variant, parameters)]
  if (variant.camera_id !== undefined)
    conditions.push(`camera_id = ${parameters.add(variant.camera_id)}::integer`)
  return conditions
}

/** The filter with what its search says plainly of level, source and camera said by its own fields. */
function absorbSearch(filter: LogFilter): LogFilter {
  let absorbed = filter
  const remaining: SearchNode[] = []
  for (const node of conjuncts(filter.q)) {
    const { levels, sources, cameras } = absorbed
    if (node.kind === 'level') {
      const named = levelsOf(node.comparison, node.level)
      absorbed = { ...absorbed, levels: levels?.filter((level) => named.includes(level)) ?? named }
    } else if (node.kind === 'source' && !node.isGlob) {
      absorbed = { ...absorbed, sources: sources?.filter((source) => source === node.value) ?? [node.value] }
    } else if (node.kind === 'camera' && node.id !== null && !cameras) {
      absorbed = { ...absorbed, cameras: [node.id] }
    } else remaining.push(node)
  }
  if (absorbed === filter) return filter
  return { ...absorbed, q: { kind: 'and', nodes: remaining } }
}

/** The rows with one of the camera ids, and those of one of their sources. */
function cameraVariants(filter: LogFilter, cameras: readonly number[]): FilterVariant[] {
  const { cameras: _, ...rest } = filter
  const ids = existing(filter, [...new Set(cameras)])
  const sources = [...new Set(cameras)]
    .map(cameraSource)
    .filter((source) => !rest.sources || rest.sources.includes(source))
  return [
    ...ids.map((camera_id) => ({ ...rest, camera_id })),
    ...sources.map((source) => ({ ...rest, sources: [source] })),
  ]
}

/** A line of the camera that it names. */
const OWN_SOURCE = `source = 'camera_' || camera_id`

function visibleTo(filter: LogFilter, cameras: readonly number[], parameters: Add): string {
  const ids = parameters.add(existing(filter, cameras))
  const sources = parameters.add(cameras.map(cameraSource))
  // A deleted camera's lines read as having none. Those with the source of another camera stay out of sight: they never
  // were that camera's.
  const hasNone = filter.deleted_cameras?.length
    ? `(camera_id is null or (camera_id = any (${parameters.add(filter.deleted_cameras)}::integer[]) and ${OWN_SOURCE}))`
    : 'camera_id is null'
  return `(camera_id = any (${ids}::integer[]) or (${hasNone} and source = any (${sources}::text[])))`
}

/** The cameras among these that were not deleted. */
function existing({ deleted_cameras }: LogFilter, cameras: readonly number[]): readonly number[] {
  return deleted_cameras?.length ? cameras.filter((id) => !deleted_cameras.includes(id)) : cameras
}

function isSplit<T>(values: readonly T[] | undefined): values is readonly T[] {
  return values !== undefined && values.length > 1
}
