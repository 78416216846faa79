import type { Histogram, HistogramBucket } from 'timelapser-logs/api'

/** Bottom to top: the gravest levels stand on the base line, where even a single line can be seen and compared. */
export const STACK = [
  'critical',
  'error',
  'warning',
  'info',
  'debug',
] as const satisfies (keyof HistogramBucket)[]

/** The least part of the tallest bar that is drawn for errors: one among thousands of lines must be seen. */
const LEAST_SHARE = 0.03
/** The levels this is for, by their place, worst first; those below have no place but their share. */
const SEVERE = [0, 1]
/** How many of the least parts a bar is high where both of them are raised. */
const ROOM_FOR_ALL = 4

/**
 * One row of running sums a level, tallest first, as they are painted over. Few errors are drawn a little taller and the
 * rest of their bar that much shorter; numbers are shown as they are.
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
  return STACK.map((_, at) => sums.map((bucket) => bucket[at] ?? 0)).reverse()
}

function drawnHeights(counts: readonly number[], least: number): number[] {
  const total = sum(counts)
  if (total === 0) return counts.map(() => 0)
  // A bar beside one of a thousand times its size has room for one of them alone, or all bars would look alike.
  const severe = SEVERE.filter((at) => (counts[at] ?? 0) > 0)
  const raised = total < ROOM_FOR_ALL * least ? severe.slice(0, 1) : severe
  const heights = counts.map((count, at) => (raised.includes(at) ? Math.max(count, least) : 0))
  const others = sum(counts.filter((_, at) => !raised.includes(at)))
  const height = Math.max(total, others === 0 ? least : (raised.length + 1) * least)
  const scale = others === 0 ? 0 : (height - sum(heights)) / others
  return heights.map((raisedTo, at) => (raised.includes(at) ? raisedTo : (counts[at] ?? 0) * scale))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

export function bucketTotal(bucket: HistogramBucket): number {
  return STACK.reduce((sum, level) => sum + bucket[level], 0)
}
