import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { Histogram } from 'timelapser-logs/api'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { serverNow } from '../api/server-clock.ts'
import { useIsDark } from '../theme/use-is-dark.ts'
import { justBefore } from '../time/range.ts'
import { bucketAt, stackBuckets } from './histogram-data.ts'
import { chartOptions } from './histogram-options.ts'
import { HistogramTip, type Tip } from './histogram-tip.tsx'
import { useBarKeys } from './use-bar-keys.ts'

/** A drag shorter than this is a click. */
const BRUSH_PX = 6

/** The bars themselves, on a canvas. */
export function HistogramChart({
  histogram,
  zone,
  zoom,
  onBrush,
}: {
  histogram: Histogram
  zone: string
  zoom: (from: string, to: string) => void
  onBrush: (brushing: boolean) => void
}) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(null)
  const [tip, setTip] = useState<Tip | null>(null)
  const dark = useIsDark()

  const onCursor = useEffectEvent((plot: uPlot) => {
    const left = plot.cursor.left ?? -1
    const at = left < 0 ? null : bucketAt(histogram, plot.posToVal(left, 'x'))
    const bucket = at === null ? undefined : histogram.buckets[at]
    setTip(bucket === undefined ? null : { bucket, left: left + plot.bbox.left / devicePixelRatio })
  })
  const zoomTo = (first: number, last: number) => {
    const from = histogram.buckets[first]
    const to = histogram.buckets[last]
    if (from === undefined || to === undefined) return
    zoom(from.start, justBefore(Date.parse(to.start) + histogram.bucket_seconds * 1000))
  }
  // One bar of a second is as near as it gets.
  const zoomToOne = (at: number) => histogram.bucket_seconds > 1 && zoomTo(at, at)
  const onSelect = useEffectEvent((plot: uPlot) => {
    const { left, width } = plot.select
    if (width >= BRUSH_PX) {
      const first = bucketAt(histogram, plot.posToVal(left, 'x')) ?? 0
      const last = bucketAt(histogram, plot.posToVal(left + width, 'x')) ?? histogram.buckets.length - 1
      zoomTo(first, last)
    }
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  })
  const onClick = useEffectEvent((plot: uPlot) => {
    const at = bucketAt(histogram, plot.posToVal(plot.cursor.left ?? -1, 'x'))
    if (at !== null) zoomToOne(at)
  })
  const onPress = useEffectEvent((pressed: boolean) => onBrush(pressed))

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the theme, so another one redraws
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const options = chartOptions({
      zone,
      width: element.clientWidth,
      height: element.clientHeight,
      now: () => serverNow() / 1000,
    })
    options.hooks = { ...options.hooks, setCursor: [onCursor], setSelect: [onSelect] }
    const plot = new uPlot(options, [[]], element)
    chart.current = plot
    let pressedAt = 0
    const down = (event: MouseEvent) => {
      pressedAt = event.clientX
      onPress(true)
    }
    const up = (event: MouseEvent) => {
      onPress(false)
      if (event.target === plot.over && Math.abs(event.clientX - pressedAt) < BRUSH_PX) onClick(plot)
    }
    plot.over.addEventListener('mousedown', down)
    window.addEventListener('mouseup', up)
    const resize = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: element.clientHeight }),
    )
    resize.observe(element)
    return () => {
      resize.disconnect()
      window.removeEventListener('mouseup', up)
      plot.destroy()
      chart.current = null
    }
  }, [zone, dark])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart has to be given its bars
  useEffect(() => {
    chart.current?.setData(stackBuckets(histogram) as uPlot.AlignedData)
  }, [histogram, zone, dark])

  const keys = useBarKeys({
    histogram,
    zone,
    at: tip === null ? null : bucketAt(histogram, Date.parse(tip.bucket.start) / 1000),
    point(at) {
      const start = Date.parse(histogram.buckets[at]?.start ?? '') / 1000
      const left = chart.current?.valToPos(start + histogram.bucket_seconds / 2, 'x') ?? -1
      chart.current?.setCursor({ left, top: 0 })
    },
    zoomTo: zoomToOne,
  })

  return (
    <div className="relative h-full">
      <div
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label="Bars over time. Enter zooms in"
        aria-valuemin={0}
        aria-valuemax={keys.last}
        aria-valuenow={keys.current}
        aria-valuetext={keys.text}
        onKeyDown={keys.onKeyDown}
        onMouseLeave={() => setTip(null)}
        onBlur={() => setTip(null)}
        className="h-full cursor-crosshair rounded-sm focus-visible:-outline-offset-1"
      />
      {tip && <HistogramTip tip={tip} zone={zone} seconds={histogram.bucket_seconds} />}
    </div>
  )
}
