import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import type { Chart } from 'timelapser-logs/api'
import { useBrush } from '../logs/histogram/use-brush.ts'
import { markTimeOf } from '../marks/mark-time.ts'
import { nearestTo, type Place, type Plot } from './plot-geometry.ts'
import type { ShownSeries } from './shown-series.ts'

/** The place in a chart that the pointer or the keys are at, the span that is drawn, and what they open. */
export function useChartPointer({
  chart,
  series,
  plot,
  zoom,
  open,
  mark,
}: {
  chart: Chart
  series: readonly ShownSeries[]
  plot: Plot
  zoom: (first: number, last: number) => void
  open: (series: ShownSeries, step: number) => void
  mark: (at: number) => void
}) {
  const [pointed, setPointed] = useState<Place | null>(null)
  const y = useRef(0)
  const steps = chart.buckets.length
  const place = pointed && pointed.step < steps && pointed.series < series.length ? pointed : null
  const openAt = ({ step, series: index }: Place) => {
    const one = series[index]
    if (one && (one.points[step] ?? null) !== null) open(one, step)
  }
  const placeUnder = (x: number) => nearestTo(plot, series.length, plot.stepAt(x), y.current)
  const { brush, handlers } = useBrush({
    onMove: (x) => setPointed(placeUnder(x)),
    onPress: () => undefined,
    onSpan: (from, to) => zoom(plot.stepAt(from), plot.stepAt(to)),
    onClick: (x) => openAt(placeUnder(x)),
  })
  const notingY = (handler: (event: PointerEvent<HTMLElement>) => void) => {
    return (event: PointerEvent<HTMLElement>) => {
      y.current = event.clientY - event.currentTarget.getBoundingClientRect().top
      handler(event)
    }
  }
  const current = place ?? { step: steps - 1, series: 0 }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const moved = place === null ? current : movedBy(event.key, current, steps, series.length)
    if (event.key === 'Enter' && place) openAt(place)
    else if (event.key === 'm' && steps > 0)
      mark(markTimeOf(chart.buckets[current.step] ?? chart.start, chart.start))
    else if (moved && /^(Arrow|Home|End)/.test(event.key)) setPointed(moved)
    else return
    event.preventDefault()
    // On screens with keys of their own M may be one.
    event.stopPropagation()
  }
  const leave = () => setPointed(null)
  const onPlane = {
    ...handlers,
    onPointerDown: notingY(handlers.onPointerDown),
    onPointerMove: notingY(handlers.onPointerMove),
    onPointerLeave: leave,
  }
  return { place, current, brush, leave, onKeyDown, onPlane }
}

function movedBy(key: string, { step, series }: Place, steps: number, count: number): Place | null {
  switch (key) {
    case 'ArrowLeft':
      return { step: Math.max(0, step - 1), series }
    case 'ArrowRight':
      return { step: Math.min(steps - 1, step + 1), series }
    case 'ArrowUp':
      return { step, series: (series + count - 1) % count }
    case 'ArrowDown':
      return { step, series: (series + 1) % count }
    case 'Home':
      return { step: 0, series }
    case 'End':
      return { step: steps - 1, series }
    default:
      return null
  }
}
