import type { Level } from '@timelapser/logger'
import type { LevelBucket } from '../store/counts.ts'
import { fromMillis, toMillis } from '../store/timestamp.ts'

export type HistogramBucket = {
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
const MAX_BUCKETS = 2000

/** The smallest readable step, in milliseconds, that cuts the range into at most `steps` (and never over 2,000). */
export function chooseBucket(start: string, end: string, steps: number): number {
  const seconds = Math.max(1, (toMillis(end) - toMillis(start)) / 1000)
  const most = Math.min(steps, MAX_BUCKETS)
  const step = STEPS.find((candidate) => seconds / candidate <= most)
  if (step !== undefined) return step * 1000
  return Math.ceil(seconds / 86_400 / most) * 86_400_000
}

/** All buckets that touch [start, end], those without rows as zeros. */
export function fillBuckets(
  rows: readonly LevelBucket[],
  start: string,
  end: string,
  bucketMs: number,
): Histogram {
  const first = Math.floor(toMillis(start) / bucketMs) * bucketMs
  const last = Math.floor(toMillis(end) / bucketMs) * bucketMs
  const buckets: HistogramBucket[] = []
  for (let at = first; at <= last; at += bucketMs) {
    buckets.push({ start: fromMillis(at), debug: 0, info: 0, warning: 0, error: 0, critical: 0 })
  }
  let total = 0
  for (const { bucket, level, rows: count } of rows) {
    const target = buckets[(toMillis(bucket) - first) / bucketMs]
    if (!target) continue
    target[level.toLowerCase() as Lowercase<Level>] += count
    total += count
  }
  return { start, end, bucket_seconds: bucketMs / 1000, buckets, total }
}
