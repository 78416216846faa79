import type { Histogram, HistogramBucket } from 'timelapser-logs/api'

/** Bottom to top: what matters most stands on the base line, where even a single line can be seen and compared. */
export const STACK = [
  'critical',
  'error',
  'warning',
  'info',
  'debug',
] as const satisfies (keyof HistogramBucket)[]

/** The least part of the tallest bar that is drawn for a level: one error among thousands of lines must be seen. */
const LEAST_SHARE = 0.03

/**
 * The x values in seconds, then one row of running sums a level, tallest first, as they are painted over. Levels with
 * few lines are drawn a little taller and the largest one of their bar that much shorter; numbers are shown as they are.
 */
export function stackBuckets(histogram: Histogram): number[][] {
  const least = Math.max(0, ...histogram.buckets.map(bucketTotal)) * LEAST_SHARE
  const sums = histogram.buckets.map((bucket) => {
    let sum = 0
    return drawnHeights(
      STACK.map((level) => bucket[level]),
      least,
    ).map((height) => {
      sum += height
      return sum
    })
  })
  const series = STACK.map((_, at) => sums.map((bucket) => bucket[at] ?? 0)).reverse()
  return [histogram.buckets.map((bucket) => Date.parse(bucket.start) / 1000), ...series]
}

function drawnHeights(counts: readonly number[], least: number): number[] {
  const heights = counts.map((count) => (count > 0 ? Math.max(count, least) : 0))
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const room = Math.max(sum(counts), least * heights.filter(Boolean).length)
  const largest = counts.indexOf(Math.max(...counts))
  heights[largest] = Math.max(least, (heights[largest] ?? 0) - (sum(heights) - room))
  return sum(counts) === 0 ? counts.map(() => 0) : heights
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
