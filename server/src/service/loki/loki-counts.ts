import { fromMillis, toMillis } from '../../store/database/timestamp.ts'
import type { LogFilter } from '../../store/filter/log-filter.ts'
import type { SearchNode } from '../../store/filter/search-tree.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { AppError } from '../app-error.ts'
import type { LogqlQuery } from './logql.ts'
import { isLabel, type Label } from './selection-search.ts'

export type Labels = { [label: string]: string }
/** `at` in milliseconds since 1970. */
export type Sample = { at: number; value: number }

/** Series of one answer at most; each costs a statement or two. Loki's own limit is 500. */
export const SERIES_LIMIT = 100
/** Steps that are counted one by one: an hour's range moved on by seconds would be 3,600 a point. */
const MAX_STEPS = 50_000

type Count = Extract<LogqlQuery, { kind: 'count' }>
/** The labels of a series but its level, and the condition that finds its rows. */
type Group = { labels: Labels; condition: SearchNode | undefined }

/**
 * A value for each time: the rows of the range before it, by the labels asked for. They are counted in steps that both
 * range and step are made of, and summed up.
 */
export async function countSeries(
  logs: LogOperations,
  filter: LogFilter,
  { by, rangeMs, perSecond }: Count,
  times: number[],
  stepMs: number,
  signal?: AbortSignal,
): Promise<{ metric: Labels; values: Sample[] }[]> {
  const [first = 0] = times
  const last = times.at(-1) ?? first
  const bucketMs = divisor(Math.round(rangeMs), stepMs)
  const origin = first - rangeMs
  const steps = (last - origin) / bucketMs
  if (steps > MAX_STEPS) {
    throw new AppError(
      'INVALID_REQUEST',
      `the range ${rangeMs / 1000}s and the step ${stepMs / 1000}s cut the time into ${Math.round(steps)} pieces, at most ${MAX_STEPS} are counted; let one be a multiple of the other`,
    )
  }
  const labels: Label[] = (by ?? ['source', 'camera', 'level']).filter(isLabel)
  const range = { ...filter, start: fromMillis(origin), end: justBefore(last) }
  const series: { metric: Labels; values: Sample[] }[] = []
  for (const group of await groupsOf(logs, range, labels, signal)) {
    const asked = group.condition
      ? { ...range, q: { kind: 'and' as const, nodes: [...(range.q ? [range.q] : []), group.condition] } }
      : range
    const rows = await logs.getHistogram(asked, origin, bucketMs, signal)
    const byLevel = Map.groupBy(rows, ({ level }) => (labels.includes('level') ? level : ''))
    for (const [level, counted] of byLevel) {
      const buckets = new Map<number, number>()
      for (const { bucket, rows: count } of counted) {
        const index = Math.floor((toMillis(bucket) - origin) / bucketMs)
        buckets.set(index, (buckets.get(index) ?? 0) + count)
      }
      const values = windows(buckets, times, { origin, bucketMs, rangeMs }).map(({ at, value }) => ({
        at,
        value: perSecond ? value / (rangeMs / 1000) : value,
      }))
      if (values.length > 0) series.push({ metric: { ...group.labels, ...(level && { level }) }, values })
    }
  }
  return series
}

/** The times whose window has rows; Loki leaves the others out. */
function windows(
  buckets: ReadonlyMap<number, number>,
  times: number[],
  { origin, bucketMs, rangeMs }: { origin: number; bucketMs: number; rangeMs: number },
): Sample[] {
  const width = rangeMs / bucketMs
  const sums: Sample[] = []
  let value = 0
  let from = 0
  let to = 0
  for (const at of times) {
    const end = Math.round((at - origin) / bucketMs)
    for (; to < end; to += 1) value += buckets.get(to) ?? 0
    for (; from < end - width; from += 1) value -= buckets.get(from) ?? 0
    if (value > 0) sums.push({ at, value })
  }
  return sums
}

async function groupsOf(
  logs: LogOperations,
  filter: LogFilter,
  labels: Label[],
  signal?: AbortSignal,
): Promise<Group[]> {
  const groups = new Map<string, Group>()
  const add = (group: Group) => groups.set(JSON.stringify(group.labels), group)
  if (labels.includes('logger_name')) {
    if (labels.includes('camera'))
      throw new AppError('INVALID_REQUEST', 'sum by both logger_name and camera is not supported')
    const { counts, counted_from } = await logs.countLoggers(filter, signal)
    if (counted_from !== null)
      throw new AppError('INVALID_REQUEST', 'counting the loggers of this range takes too long; narrow it')
    for (const row of counts) add(groupOf(labels, { ...row, camera_id: null }))
  } else if (labels.some((label) => label !== 'level')) {
    for (const row of await logs.countByDimensions(filter, signal))
      add(groupOf(labels, { ...row, logger_name: null }))
  } else add({ labels: {}, condition: undefined })
  if (groups.size > SERIES_LIMIT) {
    throw new AppError(
      'INVALID_REQUEST',
      `maximum of series (${SERIES_LIMIT}) reached for a single query; this one has ${groups.size}. Select fewer, or sum by fewer labels`,
    )
  }
  return [...groups.values()]
}

function groupOf(
  labels: Label[],
  {
    source,
    camera_id,
    logger_name,
  }: { source: string; camera_id: number | null; logger_name: string | null },
): Group {
  const nodes: SearchNode[] = []
  const values: Labels = {}
  if (labels.includes('source')) {
    values.source = source
    nodes.push({ kind: 'source', value: source, isGlob: false })
  }
  if (labels.includes('camera')) {
    if (camera_id !== null) values.camera = String(camera_id)
    const isNone: SearchNode = { kind: 'camera', id: null }
    // A camera's rows are those of its source too; here each row is counted once, by its id.
    nodes.push(...(camera_id === null ? [isNone] : [{ kind: 'camera' as const, id: camera_id }, not(isNone)]))
  }
  if (labels.includes('logger_name')) {
    if (logger_name !== null) values.logger_name = logger_name
    const any: SearchNode = { kind: 'logger_name', value: '*', isGlob: true }
    nodes.push(logger_name === null ? not(any) : { kind: 'logger_name', value: logger_name, isGlob: false })
  }
  return { labels: values, condition: { kind: 'and', nodes } }
}

function not(node: SearchNode): SearchNode {
  return { kind: 'not', node }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

/** The last microsecond before the instant. */
function justBefore(millis: number): string {
  return new Date(millis - 1).toISOString().replace('Z', '999Z')
}
