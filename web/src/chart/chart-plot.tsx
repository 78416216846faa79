import type { Chart } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { useWidth } from '../controls/use-size.ts'
import { BrushedSpan, TimeSlider, TimeTicks } from '../logs/histogram/time-axis.tsx'
import { AxisMarks } from '../marks/axis-marks.tsx'
import { MarkLines } from '../marks/mark-lines.tsx'
import { useMarking } from '../marks/use-marking.ts'
import { formatMoment } from '../time/format.ts'
import { ChartTip } from './chart-tip.tsx'
import type { ChartChoice } from './choice.ts'
import { axisText, figureText, unitOf } from './figure-text.ts'
import { layOut, type Place, type Plot } from './plot-geometry.ts'
import { isStacked, type ShownSeries, timesOf } from './shown-series.ts'
import { useChartPointer } from './use-chart-pointer.ts'

/** Where the plane begins; the room before it is that of the numbers. */
const LEFT_PX = 52

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
  const marking = useMarking()
  const steps = chart.buckets.length
  const size = { steps, width, height }
  const plot = layOut(series, { ...size, kind: choice.kind, isStacked: isStacked(series, choice) })
  const unit = unitOf(choice)
  const pointer = useChartPointer({ chart, series, plot, zoom, open, mark: marking.begin })
  const { place, current } = pointer
  const text = placeInWords(current, { chart, series, unit, zone })
  const axis = { ...timesOf(chart), zone }
  const planePlace = { className: 'absolute top-2 right-5', style: { left: LEFT_PX, height } }
  return (
    <div className="relative text-label text-faint select-none" style={{ height: height + 34 }}>
      <TimeSlider
        slider={marking.slider}
        label="Points over time. Up and down choose a series, Enter opens its lines, M marks the time"
        value={{ last: steps - 1, current: current.step, text }}
        onKeyDown={pointer.onKeyDown}
        leave={pointer.leave}
      >
        <FigureTicks plot={plot} />
        <div
          ref={plane}
          {...pointer.onPlane}
          className={`${planePlace.className} cursor-crosshair touch-pan-y`}
          style={planePlace.style}
        >
          {width > 0 && <Drawing plot={plot} series={series} place={place} isOld={isOld} />}
          {steps > 0 && <MarkLines {...axis} />}
          <BrushedSpan brush={pointer.brush} />
          <TimeTicks axis={axis} width={width} />
        </div>
      </TimeSlider>
      {steps > 0 && <AxisMarks {...{ axis, width, marking }} left={LEFT_PX} plane={planePlace} />}
      {place && <ChartTip {...{ chart, series, plot, place, unit, zone }} left={LEFT_PX} />}
    </div>
  )
}

function placeInWords(
  { step, series: index }: Place,
  { chart, series, unit, zone }: { chart: Chart; series: readonly ShownSeries[]; unit: string; zone: string },
): string {
  const one = series[index]
  if (!one) return 'No points'
  const moment = formatMoment(chart.buckets[step] ?? chart.end, zone, serverNow())
  return `${moment}, ${one.name}: ${figureText(one.points[step] ?? null, unit)}`
}

function FigureTicks({ plot }: { plot: Plot }) {
  return plot.ticks.map((tick) => (
    <span
      key={tick}
      aria-hidden="true"
      className="figures absolute left-0 w-11 -translate-y-1/2 text-right"
      style={{ top: 8 + plot.yOf(tick) }}
    >
      {axisText(tick)}
    </span>
  ))
}

function Drawing({
  plot,
  series,
  place,
  isOld,
}: {
  plot: Plot
  series: readonly ShownSeries[]
  place: Place | null
  isOld: boolean
}) {
  const { width, height } = plot
  const x = place && plot.xOf(place.step)
  const top = place && plot.topOf(place.series, place.step)
  return (
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
      {x !== null && <line x1={x} x2={x} y2={height} className="stroke-line-strong" />}
      {series.map((one, index) => (
        <path
          key={one.key}
          d={plot.shapes[index]}
          {...(plot.isBars ? { fill: one.color } : strokeOf(one, place?.series === index))}
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
      {x !== null && top && (
        <circle
          cx={x}
          cy={top.y}
          r={4}
          fill={series[place.series]?.color}
          className="stroke-surface"
          strokeWidth={1.5}
        />
      )}
    </svg>
  )
}

function strokeOf({ color, dash }: ShownSeries, isPointed: boolean) {
  return {
    fill: 'none',
    stroke: color,
    strokeWidth: isPointed ? 2.5 : 1.75,
    strokeDasharray: dash,
    strokeLinejoin: 'round' as const,
  }
}
