import type { Chart } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { formatSpan } from '../time/format.ts'
import { figureText } from './figure-text.ts'
import type { Place, Plot } from './plot-geometry.ts'
import { SeriesMark } from './series-mark.tsx'
import type { ShownSeries } from './shown-series.ts'

/** Series that are listed beside the pointer. */
const MOST = 8

/** The figures of the series at a step, highest first, the one that is pointed at in bold. */
export function ChartTip({
  chart,
  series,
  plot,
  place,
  unit,
  zone,
  left: planeLeft,
}: {
  chart: Chart
  series: readonly ShownSeries[]
  plot: Plot
  place: Place
  unit: string
  zone: string
  /** Where the plane begins, in pixels. */
  left: number
}) {
  const left = planeLeft + plot.xOf(place.step)
  // On the side of the pointer where there is more room.
  const isRight = plot.xOf(place.step) < plot.width / 2
  const start = chart.buckets[place.step] ?? chart.start
  const end = Date.parse(start) + (chart.bucket_seconds ?? 1) * 1000
  const now = serverNow()
  const figureOf = (one: ShownSeries) => one.points[place.step] ?? null
  const there = series.filter((one) => figureOf(one) !== null)
  const listed = there.toSorted((a, b) => (figureOf(b) ?? 0) - (figureOf(a) ?? 0)).slice(0, MOST)
  return (
    <div
      className="pointer-events-none absolute top-3 z-30 w-56 max-w-[45vw] rounded-md border border-line bg-surface px-3 py-2 text-small text-ink shadow-float"
      style={isRight ? { left: left + 14 } : { right: `calc(100% - ${left - 14}px)` }}
    >
      <p className="mb-1 text-muted">
        {formatSpan(start, new Date(end).toISOString(), zone, now).join(' – ')}
        {end > now && ' (so far)'}
      </p>
      {there.length === 0 && <p>No figure</p>}
      {listed.map((one) => (
        <p
          key={one.key}
          className={`flex items-center gap-2 ${one === series[place.series] ? 'font-semibold' : ''}`}
        >
          <SeriesMark series={one} />
          <span className="min-w-0 truncate">{one.name}</span>
          <span className="figures ml-auto shrink-0">{figureText(figureOf(one), unit)}</span>
        </p>
      ))}
      {there.length > MOST && <p className="text-muted">and {there.length - MOST} more</p>}
    </div>
  )
}
