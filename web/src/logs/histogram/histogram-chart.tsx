import { Suspense, useState } from 'react'
import type { Histogram } from 'timelapser-logs/api'
import { lazyPart } from '../../app/lazy-part.ts'
import { useWidth } from '../../controls/use-size.ts'
import { useMarking } from '../../marks/use-marking.ts'
import { justBefore } from '../../time/range.ts'
import { HistogramBars } from './histogram-bars.tsx'
import { bucketTotal } from './histogram-data.ts'
import { HistogramTip } from './histogram-tip.tsx'
import { BrushedSpan, TimeSlider, TimeTicks } from './time-axis.tsx'
import { useBarKeys } from './use-bar-keys.ts'
import { useBrush } from './use-brush.ts'

const MarkLines = lazyPart(() =>
  import('../../marks/mark-lines.tsx').then((module) => ({ default: module.MarkLines })),
)
const AxisMarks = lazyPart(() =>
  import('../../marks/axis-marks.tsx').then((module) => ({ default: module.AxisMarks })),
)

/** Where the bars begin; the room before them is that of the highest number. */
const LEFT_PX = 44
const PLANE = 'absolute top-1.5 right-5 bottom-[1.375rem] left-11'

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })

/** The bars with their numbers and times; a drag, a click and the keyboard zoom in. */
export function HistogramChart({
  histogram,
  isOld,
  zone,
  zoom,
  onBrush,
}: {
  histogram: Histogram
  /** The bars of an earlier answer: they are paler. Their numbers and times stay readable. */
  isOld: boolean
  zone: string
  zoom: (from: string, to: string) => void
  onBrush: (brushing: boolean) => void
}) {
  const { buckets } = histogram
  const [plot, width] = useWidth()
  const marking = useMarking()
  const bars = useBars({ histogram, zone, width, zoom, onBrush, mark: marking.begin })
  const { at, leave } = bars
  const axis = axisOf(histogram, zone)
  const bucket = buckets[at ?? -1]
  const tip = bucket && { bucket, left: LEFT_PX + (((at ?? 0) + 0.5) * width) / buckets.length }
  return (
    <div className="relative h-full text-label text-faint select-none">
      <TimeSlider
        slider={marking.slider}
        label="Bars over time. Enter zooms in, M marks the time"
        value={bars.value}
        onKeyDown={bars.onKeyDown}
        leave={leave}
      >
        <Tallest histogram={histogram} />
        <div
          ref={plot}
          {...bars.handlers}
          onPointerLeave={leave}
          className={`${PLANE} cursor-crosshair touch-pan-y border-y border-line`}
        >
          {width > 0 && (
            <div className={`transition-opacity ${isOld ? 'opacity-60 delay-300' : ''}`}>
              <HistogramBars histogram={histogram} width={width} at={at} />
            </div>
          )}
          <Suspense fallback={null}>{buckets.length > 0 && <MarkLines {...axis} />}</Suspense>
          <BrushedSpan brush={bars.brush} />
          <TimeTicks axis={axis} width={width} />
        </div>
      </TimeSlider>
      <Suspense fallback={null}>
        {buckets.length > 0 && (
          <AxisMarks {...{ axis, width, marking }} left={LEFT_PX} plane={{ className: PLANE }} />
        )}
      </Suspense>
      {tip && <HistogramTip tip={tip} zone={zone} seconds={histogram.bucket_seconds} />}
    </div>
  )
}

/** The bar that is pointed at, the span that is drawn, and the ways into both. */
function useBars({
  histogram,
  zone,
  width,
  zoom,
  onBrush,
  mark,
}: {
  histogram: Histogram
  zone: string
  width: number
  zoom: (from: string, to: string) => void
  onBrush: (brushing: boolean) => void
  mark: (at: number) => void
}) {
  const { buckets, bucket_seconds: seconds } = histogram
  const [pointed, point] = useState<number | null>(null)
  // A refresh may have brought fewer.
  const at = pointed === null || pointed >= buckets.length ? null : pointed
  const bucketUnder = (x: number) => Math.min(Math.floor((x / width) * buckets.length), buckets.length - 1)
  const zoomTo = (first: number, last: number) => {
    const from = buckets[first]
    const to = buckets[last]
    if (from === undefined || to === undefined) return
    // The next bucket's start is the end of this bucket: days have 23 and 25 hours too.
    const next = buckets[last + 1]?.start
    zoom(from.start, justBefore(next ? Date.parse(next) : Date.parse(to.start) + seconds * 1000))
  }
  // One bar of a second is as near as it gets.
  const zoomToOne = (bucket: number) => seconds > 1 && zoomTo(bucket, bucket)
  const { brush, handlers } = useBrush({
    onMove: (x) => point(bucketUnder(x)),
    onPress: onBrush,
    onSpan: (from, to) => zoomTo(bucketUnder(from), bucketUnder(to)),
    onClick: (x) => zoomToOne(bucketUnder(x)),
  })
  const keys = useBarKeys({ histogram, zone, at, point, zoomTo: zoomToOne, mark })
  return { at, leave: () => point(null), brush, handlers, ...keys }
}

function axisOf({ buckets, bucket_seconds: seconds }: Histogram, zone: string) {
  const from = Date.parse(buckets[0]?.start ?? '')
  return { from, to: from + buckets.length * seconds * 1000, zone }
}

/** The number of the tallest bar. */
function Tallest({ histogram }: { histogram: Histogram }) {
  const lines = Math.max(0, ...histogram.buckets.map(bucketTotal))
  if (lines === 0) return null
  return (
    <span aria-hidden="true" className="figures absolute top-0 left-0 w-9 text-right">
      {compact.format(lines)}
    </span>
  )
}
