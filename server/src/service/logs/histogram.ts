import type { Level } from '@timelapser/logger'
import type { LevelBucket } from '../../store/counts/counts.ts'
import { DAY, fromMillis, HOUR, MINUTE, toMillis } from '../../store/database/timestamp.ts'
import { zoneOf } from './time-zone.ts'

type HistogramBucket = {
  start: string
  debug: number
  info: number
  warning: number
  error: number
  critical: number
}
export type Histogram = {
  start: string
  end: string
  bucket_seconds: number
  buckets: HistogramBucket[]
  total: number
}

/** Steps people can read off an axis, in seconds. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]

/** Most bars of one histogram; a day of seconds would be 86,400. */
export const MAX_BUCKETS = 2000

/** Zones are ahead of UTC by whole quarters of an hour. */
const QUARTER = 15 * MINUTE

/** How a range is cut: where each bar starts, and in what steps the rows have to be counted to be put into them. */
export type Cut = { starts: number[]; bucketMs: number; countedFrom: number; countedMs: number }

/** The smallest readable step, in milliseconds, that cuts the range into at most `steps` (and never over 2,000). */
export function chooseBucket(start: string, end: string, steps: number): number {
  const seconds = Math.max(1, (toMillis(end) - toMillis(start)) / 1000)
  const most = Math.min(steps, MAX_BUCKETS)
  const step = STEPS.find((candidate) => seconds / candidate <= most)
  if (step !== undefined) return step * 1000
  return Math.ceil(seconds / 86_400 / most) * DAY
}

/**
 * Cuts [start, end] into bars that begin where the zone's clocks show a round time; bars of days begin at its
 * midnights, also where a day has 23 or 25 hours, and those of several hours at the same hours every day. Bars that do not
 * fill a day are equally long, also over a change of the clocks.
 */
export function cutRange(start: string, end: string, bucketMs: number, zone: string): Cut {
  const [from, to] = [toMillis(start), toMillis(end)]
  const { offsetAt, instantOf } = zoneOf(zone)
  const offset = offsetAt(from)
  const isOfDays = bucketMs % DAY === 0
  const fillsDay = isOfDays || DAY % bucketMs === 0
  if (!fillsDay || (!isOfDays && (bucketMs <= HOUR || offset === offsetAt(to)))) {
    const first = Math.floor((from + offset) / bucketMs) * bucketMs - offset
    const starts: number[] = []
    for (let at = first; at <= to; at += bucketMs) starts.push(at)
    return { starts, bucketMs, countedFrom: first, countedMs: bucketMs }
  }
  const starts: number[] = []
  const firstWall = Math.floor((from + offset) / bucketMs) * bucketMs
  for (let wall = firstWall, at = instantOf(wall); at <= to; at = instantOf(wall)) {
    starts.push(at)
    wall += bucketMs
  }
  const countedMs = [bucketMs, HOUR].find((size) => starts.every((at) => at % size === 0)) ?? QUARTER
  return { starts, bucketMs, countedFrom: 0, countedMs }
}

/** All bars of the cut, those without rows as zeros. */
export function fillBuckets(rows: readonly LevelBucket[], start: string, end: string, cut: Cut): Histogram {
  const { starts, bucketMs } = cut
  const buckets = starts.map((at) => ({
    start: fromMillis(at),
    debug: 0,
    info: 0,
    warning: 0,
    error: 0,
    critical: 0,
  }))
  let total = 0
  for (const { bucket, level, rows: count } of rows) {
    const target = buckets[lastNotAfter(starts, toMillis(bucket))]
    if (!target) continue
    target[level.toLowerCase() as Lowercase<Level>] += count
    total += count
  }
  return { start, end, bucket_seconds: bucketMs / 1000, buckets, total }
}

/** The index of the last start that is not after the instant. A count's step may begin before the first bar. */
export function lastNotAfter(starts: readonly number[], millis: number): number {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= millis) low = middle
    else high = middle
  }
  return low
}
