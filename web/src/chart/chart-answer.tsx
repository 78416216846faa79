import { Download, Image } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { Chart } from 'timelapser-logs/api'
import { ApiError } from '../api/client.ts'
import { serverNow } from '../api/server-clock.ts'
import { navigate } from '../app/location.ts'
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
import { ChartLegend } from './chart-legend.tsx'
import { ChartNumbers } from './chart-numbers.tsx'
import { ChartPlot } from './chart-plot.tsx'
import { GroupTable, TimeTable } from './chart-table.tsx'
import { type ChartChoice, choiceInWords, countsLines, fieldName } from './choice.ts'
import { unitOf } from './figure-text.ts'
import { linesPath, spanOf } from './lines-path.ts'
import { chartCsv, chartPng } from './save-chart.ts'
import { type ShownSeries, shownSeries } from './shown-series.ts'
import { isComplete, type useChart } from './use-chart.ts'

/** The chart that was asked for, or what became of it. */
export function ChartAnswer({
  chart: { answer, isLooking, refresh },
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
  if (!isComplete(choice)) {
    return (
      <EmptyState title="Which field?">
        <p>Name a field of the lines, for example duration_ms: the measure is of its numbers.</p>
      </EmptyState>
    )
  }
  // A search that is not understood says so at its box.
  if (error instanceof ApiError && error.code === 'INVALID_QUERY') return null
  if (error) return <Failed what="The chart" error={error} retry={refresh} />
  if (data === undefined) return <Skeleton className="h-[21rem] w-full opacity-40" />
  return (
    <section aria-label={choiceInWords(choice)} className="grid grid-cols-1 gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <p aria-live="polite" className="figures flex flex-wrap gap-x-3 gap-y-1 text-muted">
          <Told chart={data} view={view} zone={zone} isLooking={isLooking} />
        </p>
        {zoomOut}
      </div>
      {data.lines === 0 ? (
        <NothingThere chart={data} view={view} change={change} />
      ) : (
        <Drawn chart={data} choice={choice} view={view} zone={zone} zoom={zoom} isOld={isPlaceholderData} />
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
}: {
  chart: Chart
  choice: ChartChoice
  view: LogView
  zone: string
  zoom: (from: string, to: string) => void
  isOld: boolean
}) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const all = shownSeries(chart)
  const series = all.filter(({ key }) => !hidden.has(key))
  const unit = unitOf(choice)
  const isPlot = choice.kind === 'lines' || choice.kind === 'bars'
  const pathOf = ({ filter }: ShownSeries) =>
    filter && linesPath(view, { filter, span: { from: chart.start, to: chart.end }, field: chart.field })
  const open = ({ name, filter }: ShownSeries, step: number) => {
    if (filter === null) return notify(`The lines of ${name} cannot be listed by filters.`, 'failed')
    navigate(linesPath(view, { filter, span: spanOf(chart, step), field: chart.field }))
  }
  const toggle = (key: string) => {
    const next = new Set(hidden)
    if (!next.delete(key)) next.add(key)
    setHidden(next)
  }
  const name = choiceInWords(choice)
    .replace(/[^\w.]+/g, '-')
    .toLowerCase()
  const savePng = async () => {
    const [start, steps] = [Date.parse(chart.buckets[0] ?? chart.start), chart.buckets.length]
    const ticks = clockTicks(start, start + steps * (chart.bucket_seconds ?? 1) * 1000, zone, 12)
    const picture = await chartPng(chart, series, choice, ticks)
    if (picture) saveFile(picture, `${name}.png`)
    else notify('This browser could not draw the picture.', 'failed')
  }
  const caption = `${choiceInWords(choice)}, ${periodInWords(view.range, zone)}`
  return (
    <div className={`grid grid-cols-1 gap-3 ${isOld && !isPlot ? 'outdated' : ''}`} aria-busy={isOld}>
      {isPlot && (
        <>
          <ChartPlot
            chart={chart}
            series={series}
            choice={choice}
            zone={zone}
            isOld={isOld}
            zoom={(first, last) => {
              const { from, to } = spanOf(chart, first, last)
              zoom(from, to)
            }}
            open={open}
          />
          {all.length > 1 && <ChartLegend series={all} hidden={hidden} toggle={toggle} unit={unit} />}
          {/* A table is never narrower than its text: what hides it has to be around it. */}
          <div className="sr-only">
            <GroupTable chart={chart} series={all} unit={unit} caption={caption} pathOf={() => null} />
          </div>
        </>
      )}
      {choice.kind === 'table' && (
        <>
          <Scrolled name="Figures by group">
            <GroupTable chart={chart} series={all} unit={unit} caption={caption} pathOf={pathOf} />
          </Scrolled>
          <Scrolled name="Figures by time">
            <TimeTable chart={chart} series={all} unit={unit} zone={zone} />
          </Scrolled>
        </>
      )}
      {choice.kind === 'number' && <ChartNumbers series={all} unit={unit} pathOf={pathOf} />}
      <p className="flex flex-wrap gap-1.5">
        <Button
          kind="quiet"
          onClick={() => saveFile(new Blob([chartCsv(chart, series)], { type: 'text/csv' }), `${name}.csv`)}
        >
          <Download size={14} aria-hidden /> CSV
        </Button>
        {isPlot && (
          <Button kind="quiet" onClick={savePng}>
            <Image size={14} aria-hidden /> PNG
          </Button>
        )}
      </p>
    </div>
  )
}

function Scrolled({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
      tabIndex={0}
      aria-label={name}
      className="overflow-x-auto rounded-lg border border-line bg-surface"
    >
      {children}
    </section>
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
  const { lines, left_out: left, searched_to: to, field } = chart
  const since = to === null ? '' : formatMoment(to, zone, serverNow())
  const named = field === null ? '' : fieldName(field)
  return (
    <>
      <span>
        <strong className="font-semibold text-ink">{lines.toLocaleString()}</strong>{' '}
        {lines === 1 ? 'line' : 'lines'}, {periodInWords(view.range, zone)}
      </span>
      {left.without_field > 0 && (
        <span>
          {left.without_field.toLocaleString()} without {named}
        </span>
      )}
      {left.not_numbers > 0 && (
        <span>
          {left.not_numbers.toLocaleString()} where {named} is no number
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
          ? 'There are lines in this range that match the filters, and none has the field with a value to measure.'
          : 'No line in this range matches the filters.'}
      </p>
      {view.range.kind !== 'all' && (
        <Button onClick={() => change({ range: { kind: 'all' } })}>Search all stored lines</Button>
      )}
    </EmptyState>
  )
}
