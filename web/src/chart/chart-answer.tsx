import { Download, Image } from 'lucide-react'
import { type ReactNode, useSyncExternalStore } from 'react'
import type { Chart } from 'timelapser-logs/api'
import { ApiError } from '../api/client.ts'
import { serverNow } from '../api/server-clock.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { notify } from '../controls/notice.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { saveFile } from '../export/save-file.ts'
import { clockTicks } from '../logs/histogram/histogram-ticks.ts'
import { periodInWords } from '../logs/period.ts'
import { EmptyState } from '../logs/summary/empty-state.tsx'
import type { ChangeView } from '../logs/use-view.ts'
import type { LogView } from '../logs/view.ts'
import { formatMoment } from '../time/format.ts'
import { ChartBody, useShownSeries } from './chart-body.tsx'
import { type ChartChoice, choiceInWords, countsLines, fieldName } from './choice.ts'
import { chartCsv, chartPng } from './save-chart.ts'
import { timesOf } from './shown-series.ts'
import { isComplete, type useChart } from './use-chart.ts'

/** The height of all that stands above and below lines and bars in a wide window. */
const AROUND_PX = 460

/** The height for lines and bars: in a wide window, that of the screen as far as it is of use. */
function usePlotHeight(): number {
  return useSyncExternalStore(
    (onChange) => {
      window.addEventListener('resize', onChange)
      return () => window.removeEventListener('resize', onChange)
    },
    () => (window.innerWidth < 1024 ? 300 : Math.max(300, Math.min(window.innerHeight - AROUND_PX, 640))),
  )
}

/** The chart that was asked for, or what became of it. */
export function ChartAnswer({
  chart: { answer, isLooking, refresh, readAll },
  choice,
  view,
  change,
  zone,
  zoom,
  zoomOut,
}: {
  chart: ReturnType<typeof useChart>
  choice: ChartChoice
  view: LogView
  change: ChangeView
  zone: string
  zoom: (from: string, to: string) => void
  zoomOut: ReactNode
}) {
  const { data, error, isPlaceholderData } = answer
  const height = usePlotHeight()
  if (!isComplete(choice)) {
    return (
      <EmptyState title="Which field?">
        <p>Choose a field of the lines, for example duration_ms: the measure uses its numbers.</p>
      </EmptyState>
    )
  }
  // A search that is not understood says so at its box.
  if (error instanceof ApiError && error.code === 'INVALID_QUERY') return null
  if (error) return <Failed what="The chart" error={error} retry={refresh} />
  if (data === undefined) return <Skeleton className="w-full opacity-40" height={height + 34} />
  return (
    <section aria-label={choiceInWords(choice)} className="grid grid-cols-1 gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <p aria-live="polite" className="figures flex flex-wrap gap-x-3 gap-y-1 text-muted">
          <Told chart={data} view={view} zone={zone} isLooking={isLooking} />
        </p>
        {data.sample && !isLooking && <Button onClick={readAll}>Read all lines</Button>}
        {zoomOut}
      </div>
      {data.lines === 0 && isLooking ? (
        <Skeleton className="w-full opacity-40" height={height + 34} />
      ) : data.lines === 0 ? (
        <NothingThere chart={data} view={view} change={change} />
      ) : (
        <Drawn
          chart={data}
          choice={choice}
          view={view}
          zone={zone}
          zoom={zoom}
          isOld={isPlaceholderData}
          height={height}
        />
      )}
    </section>
  )
}

function Drawn({
  chart,
  choice,
  view,
  zone,
  zoom,
  isOld,
  height,
}: {
  chart: Chart
  choice: ChartChoice
  view: LogView
  zone: string
  zoom: (from: string, to: string) => void
  isOld: boolean
  height: number
}) {
  const shown = useShownSeries(chart)
  const name = choiceInWords(choice)
    .replace(/[^\w.]+/g, '-')
    .toLowerCase()
  const savePng = async () => {
    const { from, to } = timesOf(chart)
    const ticks = clockTicks(from, to, zone, 12)
    const picture = await chartPng(chart, shown.series, choice, ticks)
    if (picture) saveFile(picture, `${name}.png`)
    else notify('This browser could not draw the picture.', 'failed')
  }
  return (
    <ChartBody
      chart={chart}
      choice={choice}
      view={view}
      zone={zone}
      zoom={zoom}
      isOld={isOld}
      shown={shown}
      height={height}
    >
      <p className="flex flex-wrap gap-1.5">
        <Button
          kind="quiet"
          onClick={() =>
            saveFile(new Blob([chartCsv(chart, shown.series)], { type: 'text/csv' }), `${name}.csv`)
          }
        >
          <Download size={14} aria-hidden /> CSV
        </Button>
        {(choice.kind === 'lines' || choice.kind === 'bars') && (
          <Button kind="quiet" onClick={savePng}>
            <Image size={14} aria-hidden /> PNG
          </Button>
        )}
      </p>
    </ChartBody>
  )
}

/** The lines that the chart is of, those it leaves out, and how far it looked. */
function Told({
  chart,
  view,
  zone,
  isLooking,
}: {
  chart: Chart
  view: LogView
  zone: string
  isLooking: boolean
}) {
  const { lines, left_out: left, searched_to: to, field, sample } = chart
  const since = to === null ? '' : formatMoment(to, zone, serverNow())
  const named = field === null ? '' : fieldName(field)
  return (
    <>
      <span>
        <strong className="font-semibold text-ink">{lines.toLocaleString()}</strong>{' '}
        {lines === 1 ? 'line' : 'lines'}, {periodInWords(view.range, zone)}
      </span>
      {sample && (
        <span className={isLooking ? undefined : 'text-warning'}>
          {isLooking ? 'a sample so far' : 'a sample'}: {sample.lines.toLocaleString()} of{' '}
          {sample.of === null
            ? 'the matching lines were'
            : `${sample.of.toLocaleString()} ${isLooking ? 'lines' : 'lines were'}`}{' '}
          read, spread over the range{isLooking && '; reading the others …'}
        </span>
      )}
      {left.without_field > 0 && (
        <span>
          {left.without_field.toLocaleString()} without {named}
        </span>
      )}
      {left.not_numbers > 0 && (
        <span>
          {left.not_numbers.toLocaleString()} where {named} is not a number
          {left.examples.length > 0 && `, such as ${left.examples.map((one) => `“${one}”`).join(', ')}`}
        </span>
      )}
      {to !== null && isLooking && <span>since {since} so far; searching older lines …</span>}
      {to !== null && !isLooking && (
        <span className="text-warning">
          since {since} only: the {chart.stopped_by === 'room' ? 'memory' : 'time'} limit stopped the search
        </span>
      )}
    </>
  )
}

function NothingThere({ chart, view, change }: { chart: Chart; view: LogView; change: ChangeView }) {
  const { left_out: left, field, measure } = chart
  const isThere = left.without_field + left.not_numbers > 0
  const named = field === null ? '' : fieldName(field)
  return (
    <EmptyState
      title={isThere ? `No line has ${countsLines(measure) ? '' : 'a number in '}${named}` : 'No lines found'}
    >
      <p>
        {isThere
          ? 'Lines in this range match the filters, but none has the field with a value to measure.'
          : 'No line in this range matches the filters.'}
      </p>
      {view.range.kind !== 'all' && (
        <Button onClick={() => change({ range: { kind: 'all' } })}>Search all stored lines</Button>
      )}
    </EmptyState>
  )
}
