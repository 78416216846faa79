import { memo } from 'react'
import type { Histogram } from 'timelapser-logs/api'
import { serverNow } from '../../api/server-clock.ts'
import { STACK, stackBuckets } from './histogram-data.ts'

/** The widest bar; a few bars over a wide window are no walls. */
const WIDEST_PX = 48
/** The share of a bar in the width of bar and gap. */
const BAR_SHARE = 0.86

const FILL: Readonly<Record<(typeof STACK)[number], string>> = {
  critical: 'fill-critical-fill',
  error: 'fill-error-fill',
  warning: 'fill-warning-fill',
  info: 'fill-info-fill',
  debug: 'fill-debug-fill',
}

/** One shape a level, painted over each other from the tallest sum down. Across in pixels, so that edges are sharp; up in shares. */
export const HistogramBars = memo(function HistogramBars({
  histogram,
  width,
  at,
}: {
  histogram: Histogram
  width: number
  /** The bar that is pointed at. */
  at: number | null
}) {
  const { buckets } = histogram
  const sums = stackBuckets(histogram)
  const tallest = Math.max(1, ...(sums[0] ?? []))
  const left = (bucket: number) => Math.round((bucket * width) / buckets.length)
  const pitch = width / Math.max(1, buckets.length)
  const gap = Math.max(1, Math.round(pitch * (1 - BAR_SHARE)))
  const shapeOf = (heights: readonly number[]) =>
    heights
      .map((height, bucket) => {
        if (height === 0) return ''
        const across = Math.max(1, Math.min(WIDEST_PX, left(bucket + 1) - left(bucket) - gap))
        return `M${left(bucket)} 1V${(1 - height / tallest).toFixed(4)}h${across}V1z`
      })
      .join('')
  const last = buckets.at(-1)
  const unfinished =
    last !== undefined && Date.parse(last.start) + histogram.bucket_seconds * 1000 > serverNow()
  return (
    <svg
      aria-hidden="true"
      className="absolute inset-0 size-full"
      viewBox={`0 0 ${width} 1`}
      preserveAspectRatio="none"
    >
      {at !== null && (
        <rect x={left(at)} width={left(at + 1) - left(at)} height={1} className="fill-ink opacity-10" />
      )}
      {STACK.toReversed().map((level, place) => (
        <path key={level} className={FILL[level]} d={shapeOf(sums[place] ?? [])} />
      ))}
      {/* The bar that is still growing is veiled: it is not a drop. */}
      {unfinished && (
        <rect x={left(buckets.length - 1)} width={pitch + 1} height={1} className="fill-canvas opacity-55" />
      )}
    </svg>
  )
})
