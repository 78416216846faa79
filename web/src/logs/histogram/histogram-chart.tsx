import { type KeyboardEvent, Suspense, useRef, useState } from 'react'
import type { Histogram } from 'timelapser-logs/api'
import { lazyPart } from '../../app/lazy-part.ts'
import { useWidth } from '../../controls/use-size.ts'
import { markTimeOf } from '../../marks/mark-time.ts'
import { justBefore } from '../../time/range.ts'
import { HistogramBars } from './histogram-bars.tsx'
import { bucketTotal } from './histogram-data.ts'
import { clockTicks } from './histogram-ticks.ts'
import { HistogramTip } from './histogram-tip.tsx'
import { useBarKeys } from './use-bar-keys.ts'
import { useBrush } from './use-brush.ts'

const MarkLines = lazyPart(() =>
  import('../../marks/mark-lines.tsx').then((module) => ({ default: module.MarkLines })),
)
const MarkAxis = lazyPart(() =>
  import('../../marks/mark-axis.tsx').then((module) => ({ default: module.MarkAxis })),
)

const AlertMarkLinks = lazyPart(() =>
  import('../../alerts/alert-mark-links.tsx').then((module) => ({ default: module.AlertMarkLinks })),
)

/** Where the bars begin; the room before them is that of the highest number. */
const LEFT_PX = 44
/** From one time below the bars to the next, at least. */
const TICK_PX = 56

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
  const { buckets, bucket_seconds: seconds } = histogram
  const [plot, width] = useWidth()
  const [pointed, setPointed] = useState<number | null>(null)
  const [markAt, setMarkAt] = useState<number | null>(null)
  const slider = useRef<HTMLDivElement>(null)
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
    onMove: (x) => setPointed(bucketUnder(x)),
    onPress: onBrush,
    onSpan: (from, to) => zoomTo(bucketUnder(from), bucketUnder(to)),
    onClick: (x) => zoomToOne(bucketUnder(x)),
  })
  const keys = useBarKeys({ histogram, zone, at, point: setPointed, zoomTo: zoomToOne })

  const start = Date.parse(buckets[0]?.start ?? '')
  const span = buckets.length * seconds * 1000
  const onKeyDown = (event: KeyboardEvent) => {
    const pointedAt = buckets[at ?? keys.last]
    const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey
    if (event.key !== 'm' || !isPlain || pointedAt === undefined) return keys.onKeyDown(event)
    event.preventDefault()
    // In the list it opens the menu of a line.
    event.stopPropagation()
    setMarkAt(markTimeOf(pointedAt.start, histogram.start))
  }
  const tallest = Math.max(0, ...buckets.map(bucketTotal))
  const bucket = at === null ? undefined : buckets[at]
  return (
    <div className="relative h-full text-label text-faint select-none">
      <div
        ref={slider}
        role="slider"
        tabIndex={0}
        aria-label="Bars over time. Enter zooms in, M marks the time"
        aria-valuemin={0}
        aria-valuemax={keys.last}
        aria-valuenow={keys.current}
        aria-valuetext={keys.text}
        onKeyDown={onKeyDown}
        onBlur={() => setPointed(null)}
        className="h-full rounded-sm focus-visible:-outline-offset-1"
      >
        {tallest > 0 && (
          <span aria-hidden="true" className="figures absolute top-0 left-0 w-9 text-right">
            {compact.format(tallest)}
          </span>
        )}
        <div
          ref={plot}
          {...handlers}
          onPointerLeave={() => setPointed(null)}
          className="absolute top-1.5 right-5 bottom-[1.375rem] left-11 cursor-crosshair touch-pan-y border-y border-line"
        >
          {width > 0 && (
            <div className={`transition-opacity ${isOld ? 'opacity-60 delay-300' : ''}`}>
              <HistogramBars histogram={histogram} width={width} at={at} />
            </div>
          )}
          {span > 0 && (
            <Suspense fallback={null}>
              <MarkLines from={start} to={start + span} zone={zone} />
            </Suspense>
          )}
          {brush && (
            <div
              className="absolute inset-y-0 border-x border-accent bg-accent/22"
              style={{ left: Math.min(brush.from, brush.to), width: Math.abs(brush.to - brush.from) }}
            />
          )}
          {width > 0 &&
            clockTicks(start, start + span, zone, Math.max(1, Math.floor(width / TICK_PX))).map((tick) => (
              <span
                key={tick.at}
                aria-hidden="true"
                className="figures absolute top-full -translate-x-1/2 pt-1 whitespace-nowrap"
                style={{ left: `${((tick.at - start) / span) * 100}%` }}
              >
                {tick.text}
              </span>
            ))}
        </div>
      </div>
      {width > 0 && span > 0 && (
        // Beside the slider: nothing in one can be reached by itself.
        <div className="pointer-events-none absolute top-1.5 right-5 bottom-[1.375rem] left-11">
          <Suspense fallback={null}>
            <AlertMarkLinks from={start} to={start + span} width={width} zone={zone} />
          </Suspense>
        </div>
      )}
      {span > 0 && (
        <Suspense fallback={null}>
          <MarkAxis
            from={start}
            to={start + span}
            zone={zone}
            left={LEFT_PX}
            at={markAt}
            begin={setMarkAt}
            close={() => {
              setMarkAt(null)
              slider.current?.focus()
            }}
          />
        </Suspense>
      )}
      {bucket && at !== null && (
        <HistogramTip
          tip={{ bucket, left: LEFT_PX + ((at + 0.5) * width) / buckets.length }}
          zone={zone}
          seconds={seconds}
        />
      )}
    </div>
  )
}
