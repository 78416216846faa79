import { useEffect, useEffectEvent, useMemo } from 'react'
import type { Chart } from 'timelapser-logs/api'
import type { PinnedChart } from 'timelapser-logs/api/boards'
import { Link } from '../app/link.tsx'
import { navigate } from '../app/location.ts'
import { ChartBody, useShownSeries } from '../chart/chart-body.tsx'
import { type ChartChoice, chartPath, parseChoice } from '../chart/choice.ts'
import { isComplete, useChart } from '../chart/use-chart.ts'
import { Failed } from '../controls/failed.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { periodInWords } from '../logs/period.ts'
import { filtersOf } from '../logs/use-view.ts'
import { type LogView, parseView } from '../logs/view.ts'
import type { Range } from '../time/range.ts'

const PLOT_PX = 200

/** A chart of a board, of its own range or the board's; its title leads to the screen Chart. */
export function BoardChart({
  chart: { title, query, own_range: hasOwnRange },
  range,
  choose,
  zone,
  ticks,
}: {
  chart: PinnedChart
  range: Range
  choose: (range: Range) => void
  zone: string
  /** Refreshes it when it changes. */
  ticks: number
}) {
  const choice = useMemo(() => parseChoice(`?${query}`), [query])
  const view = useMemo(() => {
    const own = parseView(`?${query}`)
    return hasOwnRange ? own : { ...own, range }
  }, [query, hasOwnRange, range])
  const { answer, isLooking, isAsked, refresh } = useChart(view, choice, zone)
  useRefresh(ticks, isAsked, refresh)
  const zoom = (from: string, to: string) => {
    const into: Range = { kind: 'between', from, to }
    if (hasOwnRange) navigate(chartPath(filtersOf({ ...view, range: into }), choice))
    else choose(into)
  }
  const { data, error, isPlaceholderData } = answer
  return (
    <section
      aria-label={title}
      className="grid h-full grid-cols-1 content-start gap-2 rounded-lg border border-line bg-surface px-4 pt-3 pb-2"
    >
      <div className="flex flex-wrap items-baseline gap-x-3">
        <h2 className="min-w-0 font-semibold">
          <Link
            href={chartPath(filtersOf(view), choice)}
            className="rounded-sm underline-offset-2 wrap-anywhere hover:underline"
          >
            {title}
          </Link>
        </h2>
        <p aria-live="polite" className="figures text-small text-muted">
          {[hasOwnRange && periodInWords(view.range, zone), ...stateInWords(data, isLooking)]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      {!isComplete(choice) ? (
        <p className="py-6 text-center text-muted">Its measure needs a field.</p>
      ) : error ? (
        <Failed what="The chart" error={error} retry={refresh} />
      ) : data === undefined || (isLooking && data.lines === 0) ? (
        <Skeleton className={`${heightOf(choice)} w-full opacity-40`} />
      ) : (
        <Body chart={data} choice={choice} view={view} zone={zone} zoom={zoom} isOld={isPlaceholderData} />
      )}
    </section>
  )
}

/** Refreshes a chart when the ticks of its board change. */
function useRefresh(ticks: number, isAsked: boolean, refresh: () => void): void {
  // Asked again before it has answered, a chart that takes longer than the pause would never be here.
  const refreshAnswered = useEffectEvent(() => {
    if (!isAsked) refresh()
  })
  useEffect(() => {
    if (ticks > 0) refreshAnswered()
  }, [ticks])
}

function stateInWords(chart: Chart | undefined, isLooking: boolean) {
  if (isLooking) return [chart?.sample ? 'a sample so far …' : 'searching older lines …']
  return [
    chart?.sample && `a sample: ${chart.sample.lines.toLocaleString()} lines`,
    chart?.searched_to && 'the newest lines only: the search took too long',
  ]
}

/** The height that the chart is going to have, so that those below it stay where they are. */
function heightOf({ kind, by }: ChartChoice): string {
  if (kind === 'number') return 'h-23'
  if (kind === 'table') return 'h-64'
  return by.length === 0 ? 'h-58' : 'h-68'
}

function Body(props: {
  chart: Chart
  choice: ChartChoice
  view: LogView
  zone: string
  zoom: (from: string, to: string) => void
  isOld: boolean
}) {
  const shown = useShownSeries(props.chart)
  if (props.chart.lines === 0) return <p className="py-12 text-center text-muted">No lines to measure.</p>
  return <ChartBody {...props} shown={shown} height={PLOT_PX} isSmall />
}
