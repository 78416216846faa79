import { type ReactNode, useState } from 'react'
import type { Chart } from 'timelapser-logs/api'
import { navigate } from '../app/location.ts'
import { notify } from '../controls/notice.tsx'
import { periodInWords } from '../logs/period.ts'
import type { LogView } from '../logs/view.ts'
import { ChartLegend } from './chart-legend.tsx'
import { ChartNumbers } from './chart-numbers.tsx'
import { ChartPlot } from './chart-plot.tsx'
import { GroupTable, TimeTable } from './chart-table.tsx'
import { type ChartChoice, choiceInWords } from './choice.ts'
import { unitOf } from './figure-text.ts'
import { linesPath, spanOf } from './lines-path.ts'
import { type ShownSeries, shownSeries } from './shown-series.ts'

/** All series of a chart, and those that the legend does not hide. */
export function useShownSeries(chart: Chart) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const all = shownSeries(chart)
  const toggle = (key: string) => {
    const next = new Set(hidden)
    if (!next.delete(key)) next.add(key)
    setHidden(next)
  }
  return { all, series: all.filter(({ key }) => !hidden.has(key)), hidden, toggle }
}

/** The figures in their form: lines or bars with a legend, tables, or single figures; a click leads to the lines. */
export function ChartBody({
  chart,
  choice,
  view,
  zone,
  zoom,
  isOld,
  shown: { all, series, hidden, toggle },
  height,
  isSmall = false,
  children,
}: {
  chart: Chart
  choice: ChartChoice
  view: LogView
  zone: string
  zoom: (from: string, to: string) => void
  isOld: boolean
  shown: ReturnType<typeof useShownSeries>
  /** The height of lines and bars in pixels. */
  height: number
  /** On a board: its tables are low, and by group alone. */
  isSmall?: boolean
  children?: ReactNode
}) {
  const figures = { chart, series: all, unit: unitOf(choice) }
  const isPlot = choice.kind === 'lines' || choice.kind === 'bars'
  const { pathOf, open } = linesOf(chart, view)
  const zoomInto = (first: number, last: number) => {
    const { from, to } = spanOf(chart, first, last)
    zoom(from, to)
  }
  const caption = `${choiceInWords(choice)}, ${periodInWords(view.range, zone)}`
  return (
    <div className={`grid grid-cols-1 gap-3 ${isOld && !isPlot ? 'outdated' : ''}`} aria-busy={isOld}>
      {isPlot && (
        <>
          <ChartPlot {...{ chart, series, choice, zone, isOld, height, open }} zoom={zoomInto} />
          {all.length > 1 && <ChartLegend {...figures} hidden={hidden} toggle={toggle} />}
          {/* A table is never narrower than its text: what hides it has to be around it. */}
          <div className="sr-only">
            <GroupTable {...figures} caption={caption} pathOf={() => null} />
          </div>
        </>
      )}
      {choice.kind === 'table' && (
        <Scrolled name="Figures by group" isLow={isSmall}>
          <GroupTable {...figures} caption={caption} pathOf={pathOf} />
        </Scrolled>
      )}
      {choice.kind === 'table' && !isSmall && (
        <Scrolled name="Figures by time">
          <TimeTable {...figures} zone={zone} />
        </Scrolled>
      )}
      {choice.kind === 'number' && <ChartNumbers {...figures} pathOf={pathOf} />}
      {children}
    </div>
  )
}

/** The ways to the lines of a series, in the whole range and in a step. */
function linesOf(chart: Chart, view: LogView) {
  const pathOf = ({ filter }: ShownSeries) =>
    filter && linesPath(view, { filter, span: { from: chart.start, to: chart.end }, field: chart.field })
  const open = ({ name, filter }: ShownSeries, step: number) => {
    if (filter === null) return notify(`The lines of ${name} cannot be listed by filters.`, 'failed')
    navigate(linesPath(view, { filter, span: spanOf(chart, step), field: chart.field }))
  }
  return { pathOf, open }
}

function Scrolled({ name, isLow = false, children }: { name: string; isLow?: boolean; children: ReactNode }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
      tabIndex={0}
      aria-label={name}
      className={`overflow-auto rounded-lg border border-line bg-surface ${isLow ? 'max-h-64' : ''}`}
    >
      {children}
    </section>
  )
}
