import type { ShownSeries } from './shown-series.ts'

/** The colour and the dashes of a series, as it is drawn. */
export function SeriesMark({ series }: { series: Pick<ShownSeries, 'color' | 'dash'> }) {
  return (
    <svg aria-hidden="true" width={16} height={8} className="shrink-0">
      <line x2={16} y1={4} y2={4} stroke={series.color} strokeWidth={3} strokeDasharray={series.dash} />
    </svg>
  )
}
