import type { Histogram, HistogramBucket } from 'timelapser-logs/api'

/** Bottom to top: what matters most stands on the base line, where even a single line can be seen and compared. */
export const STACK = [
  'critical',
  'error',
  'warning',
  'info',
  'debug',
] as const satisfies (keyof HistogramBucket)[]

/** The x values in seconds, then one row of running sums a level, tallest first, as they are painted over. */
export function stackBuckets(histogram: Histogram): number[][] {
  const sums = histogram.buckets.map((bucket) => {
    let sum = 0
    return STACK.map((level) => (sum += bucket[level]))
  })
  const series = STACK.map((_, at) => sums.map((bucket) => bucket[at] ?? 0)).reverse()
  return [histogram.buckets.map((bucket) => Date.parse(bucket.start) / 1000), ...series]
}

/** The bucket a point in time (seconds) falls into, or null outside of all. */
export function bucketAt(histogram: Histogram, seconds: number): number | null {
  const first = histogram.buckets[0]
  if (first === undefined) return null
  const at = Math.floor((seconds - Date.parse(first.start) / 1000) / histogram.bucket_seconds)
  return at >= 0 && at < histogram.buckets.length ? at : null
}

export function bucketTotal(bucket: HistogramBucket): number {
  return STACK.reduce((sum, level) => sum + bucket[level], 0)
}
