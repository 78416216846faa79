import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import type { Chart } from 'timelapser-logs/api'
import { AlertMarkLinks } from '../alerts/alert-mark-links.tsx'
import { serverNow } from '../api/server-clock.ts'
import { useWidth } from '../controls/use-size.ts'
import { clockTicks } from '../logs/histogram/histogram-ticks.ts'
import { useBrush } from '../logs/histogram/use-brush.ts'
import { MarkAxis } from '../marks/mark-axis.tsx'
import { MarkLines } from '../marks/mark-lines.tsx'
import { markTimeOf } from '../marks/mark-time.ts'
import { formatMoment } from '../time/format.ts'
import { ChartTip } from './chart-tip.tsx'
import { addsUp, type ChartChoice } from './choice.ts'
import { axisText, figureText, unitOf } from './figure-text.ts'
import { layOut } from './plot-geometry.ts'
import type { ShownSeries } from './shown-series.ts'

/** Where the plane begins; the room before it is that of the numbers. */
const LEFT_PX = 52
/** From one time below the plane to the next, at least. */
const TICK_PX = 56

/** The place in the chart that is pointed at. */
type Place = { step: number; series: number }

/** Lines or bars over time; a drag zooms into a span, a click on a point leads to its lines, and so do the keys. */
export function ChartPlot({
  chart,
  series,
  choice,
  zone,
  isOld,
  height,
  zoom,
  open,
}: {
  chart: Chart
  series: readonly ShownSeries[]
  choice: ChartChoice
  zone: string
  isOld: boolean
  /** In pixels, without the times below. */
  height: number
  zoom: (first: number, last: number) => void
  open: (series: ShownSeries, step: number) => void
}) {
  const [plane, width] = useWidth()
  const [pointed, setPointed] = useState<Place | null>(null)
  const [markAt, setMarkAt] = useState<number | null>(null)
  const slider = useRef<HTMLDivElement>(null)
  const y = useRef(0)
  const steps = chart.buckets.length
  const isPositive = series.every(({ points }) => points.every((value) => value === null || value >= 0))
  const isStacked = addsUp(choice.measure) && isPositive
  const plot = layOut(series, { steps, width, height, kind: choice.kind, isStacked })
  const unit = unitOf(choice)
  const place = pointed && pointed.step < steps && pointed.series < series.length ? pointed : null

  const stepUnder = (x: number) => Math.max(0, Math.min(Math.floor((x / width) * steps), steps - 1))
  const nearest = (step: number): Place => {
    let best = { step, series: 0 }
    let least = Number.POSITIVE_INFINITY
    series.forEach((_, index) => {
      const at = plot.topOf(index, step)
      if (!at) return
      const isInside = choice.kind === 'bars' && y.current >= at.y && y.current <= at.bottom
      const distance = isInside ? -1 : Math.abs(at.y - y.current)
      if (distance < least) [best, least] = [{ step, series: index }, distance]
    })
    return best
  }
  const openAt = ({ step, series: index }: Place) => {
    const one = series[index]
    if (one && (one.points[step] ?? null) !== null) open(one, step)
  }
  const { brush, handlers } = useBrush({
    onMove: (x) => setPointed(nearest(stepUnder(x))),
    onPress: () => undefined,
    onSpan: (from, to) => zoom(stepUnder(from), stepUnder(to)),
    onClick: (x) => openAt(nearest(stepUnder(x))),
  })
  const noteY = (event: PointerEvent<HTMLElement>) => {
    y.current = event.clientY - event.currentTarget.getBoundingClientRect().top
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const now = place ?? { step: steps - 1, series: 0 }
    const moved = place === null ? now : movedBy(event.key, now, steps, series.length)
    if (event.key === 'Enter' && place) openAt(place)
    else if (event.key === 'm' && steps > 0)
      setMarkAt(markTimeOf(chart.buckets[now.step] ?? chart.start, chart.start))
    else if (moved && /^(Arrow|Home|End)/.test(event.key)) setPointed(moved)
    else return
    event.preventDefault()
    // On screens with keys of their own M may be one.
    event.stopPropagation()
  }
  const start = Date.parse(chart.buckets[0] ?? chart.start)
  const span = steps * (chart.bucket_seconds ?? 1) * 1000
  const current = place ?? { step: steps - 1, series: 0 }
  const spoken = series[current.series]
  const moment = formatMoment(chart.buckets[current.step] ?? chart.end, zone, serverNow())
  return (
    <div className="relative text-label text-faint select-none" style={{ height: height + 34 }}>
      <div
        ref={slider}
        role="slider"
        tabIndex={0}
        aria-label="Points over time. Up and down choose a series, Enter opens its lines, M marks the time"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, steps - 1)}
        aria-valuenow={Math.max(0, current.step)}
        aria-valuetext={
          spoken
            ? `${moment}, ${spoken.name}: ${figureText(spoken.points[current.step] ?? null, unit)}`
            : 'No points'
        }
        onKeyDown={onKeyDown}
        onBlur={() => setPointed(null)}
        className="h-full rounded-sm focus-visible:-outline-offset-1"
      >
        {plot.ticks.map((tick) => (
          <span
            key={tick}
            aria-hidden="true"
            className="figures absolute left-0 w-11 -translate-y-1/2 text-right"
            style={{ top: 8 + plot.yOf(tick) }}
          >
            {axisText(tick)}
          </span>
        ))}
        <div
          ref={plane}
          {...handlers}
          onPointerDown={(event) => {
            noteY(event)
            handlers.onPointerDown(event)
          }}
          onPointerMove={(event) => {
            noteY(event)
            handlers.onPointerMove(event)
          }}
          onPointerLeave={() => setPointed(null)}
          className="absolute top-2 right-5 cursor-crosshair touch-pan-y"
          style={{ left: LEFT_PX, height }}
        >
          {width > 0 && (
            <svg
              aria-hidden="true"
              className={`absolute inset-0 size-full overflow-visible transition-opacity ${isOld ? 'opacity-60 delay-300' : ''}`}
              viewBox={`0 0 ${width} ${height}`}
            >
              {plot.ticks.map((tick) => (
                <line
                  key={tick}
                  x2={width}
                  y1={plot.yOf(tick)}
                  y2={plot.yOf(tick)}
                  className={tick === 0 ? 'stroke-line-strong' : 'stroke-line'}
                />
              ))}
              {place && (
                <line
                  x1={plot.xOf(place.step)}
                  x2={plot.xOf(place.step)}
                  y2={height}
                  className="stroke-line-strong"
                />
              )}
              {series.map((one, index) => (
                <path
                  key={one.key}
                  d={plot.shapes[index]}
                  {...(choice.kind === 'bars'
                    ? { fill: one.color }
                    : {
                        fill: 'none',
                        stroke: one.color,
                        strokeWidth: place?.series === index ? 2.5 : 1.75,
                        strokeDasharray: one.dash,
                        strokeLinejoin: 'round' as const,
                      })}
                />
              ))}
              {plot.dots.map((dot) => (
                <circle
                  key={`${dot.series} ${dot.x}`}
                  cx={dot.x}
                  cy={dot.y}
                  r={2.5}
                  fill={series[dot.series]?.color}
                />
              ))}
              {place && (
                <PointMark
                  at={plot.topOf(place.series, place.step)}
                  x={plot.xOf(place.step)}
                  color={series[place.series]?.color}
                />
              )}
            </svg>
          )}
          {steps > 0 && <MarkLines from={start} to={start + span} zone={zone} />}
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
      {width > 0 && steps > 0 && (
        // Beside the slider: nothing in one can be reached by itself.
        <div className="pointer-events-none absolute top-2 right-5" style={{ left: LEFT_PX, height }}>
          <AlertMarkLinks from={start} to={start + span} width={width} zone={zone} />
        </div>
      )}
      {steps > 0 && (
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
      )}
      {place && (
        <ChartTip
          chart={chart}
          series={series}
          place={place}
          unit={unit}
          zone={zone}
          left={LEFT_PX + plot.xOf(place.step)}
          isRight={plot.xOf(place.step) < width / 2}
        />
      )}
    </div>
  )
}

function PointMark({ at, x, color }: { at: { y: number } | null; x: number; color: string | undefined }) {
  return at && <circle cx={x} cy={at.y} r={4} fill={color} className="stroke-surface" strokeWidth={1.5} />
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
