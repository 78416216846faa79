// Summaries of many rows at once: summary, sources, histogram, facets.
import { LEVELS, type Level } from '@timelapser/logger'
import {
  type Certainty,
  countByBuckets,
  countByDimensions,
  type DimensionCount,
  type LevelBucket,
} from '../counts/counts.ts'
import { readerFor } from '../database/reader.ts'
import { withCountSlot } from '../database/scan-slots.ts'
import { comparable, fromMillis, MINUTE } from '../database/timestamp.ts'
import { isCountable, type LogFilter } from '../filter/log-filter.ts'
import { groupRows } from './grouped-rows.ts'
import { allEnded } from './log-groups.ts'
import { readBeyond, readPage } from './log-pages.ts'
import { newestBySource } from './newest-by-source.ts'
import { lastSteps } from './newest-of-steps.ts'
import type { Store } from './store.ts'

export type LogSummary = {
  total_logs: number
  critical_count: number
  error_count: number
  warning_count: number
  info_count: number
  debug_count: number
  unique_sources: number
  unique_cameras: number
  first_log_at: string | null
  last_log_at: string | null
}

export type SourceSummary = {
  source: string
  log_count: number
  last_log_at: string | null
  error_count: number
  warning_count: number
}

/** Sources, and how many there are with those that are not listed. */
export type SourceList = { sources: SourceSummary[]; total: number }

export type Facet = 'level' | 'source' | 'camera_id'

/** Sources whose newest line is looked for, those with most lines: each is a look of its own. */
const MAX_SOURCES_LISTED = 10_000

const BEFORE_EVERYTHING = { timestamp: '0001-01-01T00:00:00Z', id: 0 }

/** Counts by level and coverage of what the filter matches, and its first and last timestamp; exact. */
export async function summarise(store: Store, filter: LogFilter): Promise<LogSummary> {
  const counts = await countDimensions(store, filter)
  const rowsOf = (level: Level) => sum(counts.filter((count) => count.level === level))
  const bounds = await boundsOf(store, filter, counts)
  return {
    total_logs: sum(counts),
    critical_count: rowsOf('CRITICAL'),
    error_count: rowsOf('ERROR'),
    warning_count: rowsOf('WARNING'),
    info_count: rowsOf('INFO'),
    debug_count: rowsOf('DEBUG'),
    unique_sources: new Set(counts.map((count) => count.source)).size,
    unique_cameras: new Set(counts.map((count) => count.camera_id).filter((id) => id !== null)).size,
    ...bounds,
  }
}

/** The first and the last timestamp: from the counts when the rows were counted one by one, else from the rows. */
async function boundsOf(
  store: Store,
  filter: LogFilter,
  counts: readonly TimedCount[],
): Promise<Pick<LogSummary, 'first_log_at' | 'last_log_at'>> {
  if (!isCountable(filter)) {
    const inOrder = (timestamps: (string | undefined)[]) =>
      timestamps.filter((at) => at !== undefined).sort((a, b) => (comparable(a) < comparable(b) ? -1 : 1))
    return {
      first_log_at: inOrder(counts.map((count) => count.first_at))[0] ?? null,
      last_log_at: inOrder(counts.map((count) => count.last_at)).at(-1) ?? null,
    }
  }
  const [last] = await readPage(store, filter, 0, 1)
  const [first] = last ? await readBeyond(store, filter, BEFORE_EVERYTHING, 'oldest', 1) : []
  return { first_log_at: first?.timestamp ?? null, last_log_at: last?.timestamp ?? null }
}

/**
 * Each source the filter matches, by name, with its counts and the time of its newest row; exact. With more than
 * `MAX_SOURCES_LISTED` those with most lines are listed.
 *
 * @returns them and how many there are
 */
export async function summariseSources(store: Store, filter: LogFilter): Promise<SourceList> {
  const counts = await countDimensions(store, filter)
  const all = Map.groupBy(counts, (count) => count.source)
  const bySource = all.size > MAX_SOURCES_LISTED ? withMostRows(all, MAX_SOURCES_LISTED) : all
  const newest = await newestBySource(store, filter, async (certainty) => {
    const known = certainty === 'counted' ? counts : await countDimensions(store, filter, certainty)
    const ofListed = known.filter(({ source }) => bySource.has(source))
    return [...lastSteps(ofListed, ({ source }) => [source])]
  })
  const sources = [...bySource]
    .map(([source, of]) => ({
      source,
      log_count: sum(of),
      last_log_at: newest.get(source) ?? null,
      error_count: sum(of.filter((count) => count.level === 'ERROR')),
      warning_count: sum(of.filter((count) => count.level === 'WARNING')),
    }))
    .sort((a, b) => (a.source < b.source ? -1 : 1))
  return { sources, total: all.size }
}

function withMostRows<C extends { rows: number }>(
  all: ReadonlyMap<string, C[]>,
  most: number,
): Map<string, C[]> {
  const rows = new Map([...all].map(([source, of]) => [source, sum(of)]))
  return new Map([...all].sort(([a], [b]) => (rows.get(b) ?? 0) - (rows.get(a) ?? 0)).slice(0, most))
}

/** Rows by level in steps of `bucketMs` from `origin`; steps without rows are left out. */
export async function histogram(
  store: Store,
  filter: LogFilter & { start: string; end: string },
  origin: number,
  bucketMs: number,
): Promise<LevelBucket[]> {
  // Steps finer than the kept counts are counted from the rows.
  if (isCountable(filter) && bucketMs % MINUTE === 0 && origin % MINUTE === 0) {
    return countByBuckets(readerFor(store), filter, origin, bucketMs)
  }
  const rows = await groupRows<LevelBucket>(store, filter, (parameters) => {
    const bin = `date_bin(${parameters.add(bucketMs)}::bigint * interval '1 millisecond', timestamp, ${parameters.add(fromMillis(origin))}::timestamptz)`
    return { columns: `${bin} as bucket, level`, groupBy: '1, 2' }
  })
  return merge(rows, (row) => `${row.bucket} ${row.level}`)
}

/** A value of a facet, and how many rows have it. */
export type FacetRows = { value: string | number; rows: number }

/**
 * Rows by each value of the facets, most first; the filter's own condition on a facet is the caller's to drop. Facets with
 * equal filters, as those of a list without filters are, are counted by one statement.
 */
export async function facets(
  store: Store,
  asked: readonly (readonly [name: Facet, filter: LogFilter])[],
): Promise<FacetRows[][]> {
  const counted = new Map<string, Promise<TimedCount[]>>()
  const countOnce = (filter: LogFilter) => {
    const key = JSON.stringify(filter)
    const known = counted.get(key) ?? countDimensions(store, filter)
    counted.set(key, known)
    return known
  }
  return allEnded(asked.map(async ([name, filter]) => facetOf(name, await countOnce(filter))))
}

function facetOf(name: Facet, counts: readonly TimedCount[]): FacetRows[] {
  if (name === 'camera_id') return mostFirst(countCameras(counts))
  const rows = new Map<string | number, number>()
  for (const count of counts) rows.set(count[name], (rows.get(count[name]) ?? 0) + count.rows)
  const values = [...rows].map(([value, of]) => ({ value, rows: of }))
  if (name === 'level') return values.sort((a, b) => rank(b.value) - rank(a.value))
  return mostFirst(values)
}

/** A camera's rows are those with its id and those of the source `camera_<id>`, as its filter finds them. */
function countCameras(counts: readonly DimensionCount[]): { value: number; rows: number }[] {
  const cameras = new Map<number, number>()
  for (const { camera_id, source, rows } of counts) {
    const named = /^camera_([1-9]\d{0,9})$/.exec(source)?.[1]
    for (const id of new Set([camera_id, named === undefined ? null : Number(named)])) {
      if (id !== null) cameras.set(id, (cameras.get(id) ?? 0) + rows)
    }
  }
  return [...cameras].map(([value, rows]) => ({ value, rows }))
}

function mostFirst(values: FacetRows[]): FacetRows[] {
  return values.sort((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1))
}

/** Counted from the rows, a count knows the times of its first and last one. */
type TimedCount = DimensionCount & { first_at?: string; last_at?: string }

/** Rows by level, source and camera; a deleted camera's have none. @param certainty see `countByDimensions` */
export async function countDimensions(
  store: Store,
  filter: LogFilter,
  certainty: Certainty = 'counted',
): Promise<TimedCount[]> {
  const counts = await countStoredDimensions(store, filter, certainty)
  if (!filter.deleted_cameras?.length) return counts
  const deleted = new Set(filter.deleted_cameras)
  return counts.map((count) =>
    count.camera_id !== null && deleted.has(count.camera_id) ? { ...count, camera_id: null } : count,
  )
}

async function countStoredDimensions(
  store: Store,
  filter: LogFilter,
  certainty: Certainty,
): Promise<TimedCount[]> {
  if (isCountable(filter)) {
    return withCountSlot(store.signal, () => countByDimensions(readerFor(store), filter, certainty))
  }
  return groupRows<TimedCount>(store, filter, () => ({
    columns: `level, source, camera_id, date_trunc('day', max(timestamp)) as last_from,
      date_trunc('day', max(timestamp)) + interval '1 day' as last_to,
      min(timestamp) as first_at, max(timestamp) as last_at`,
    groupBy: '1, 2, 3',
  }))
}

/** Adds up the counts of several statements for the same group; the first row's other columns stay (the newest's). */
function merge<R extends { rows: number }>(rows: readonly R[], key: (row: R) => string): R[] {
  const merged = new Map<string, R>()
  for (const row of rows) {
    const sameGroup = merged.get(key(row))
    if (sameGroup) sameGroup.rows += row.rows
    else merged.set(key(row), { ...row })
  }
  return [...merged.values()]
}

function rank(level: string | number): number {
  return LEVELS.indexOf(level as Level)
}

function sum(counts: readonly { rows: number }[]): number {
  return counts.reduce((total, count) => total + count.rows, 0)
}
