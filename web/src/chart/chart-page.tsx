import { RotateCw } from 'lucide-react'
import { useEffect } from 'react'
import { navigate, useSearch } from '../app/location.ts'
import { PinButton } from '../boards/pin-button.tsx'
import { IconButton } from '../controls/button.tsx'
import { FilterBar } from '../logs/filters/filter-bar.tsx'
import { FilterPills } from '../logs/filters/filter-pills.tsx'
import { useZoom, ZoomOutButton } from '../logs/histogram/zoom-out.tsx'
import { filtersOf, useFilters } from '../logs/use-view.ts'
import { MarksButton } from '../marks/marks-button.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { ViewsButton } from '../views/views-button.tsx'
import { ChartAnswer } from './chart-answer.tsx'
import { ChartControls } from './chart-controls.tsx'
import { type ChartChoice, chartPath, choiceParameters, parseChoice } from './choice.ts'
import { useChart } from './use-chart.ts'
import './chart.css'

/** Figures of the lines of the explorer's filters, drawn over time. */
export function ChartPage() {
  const choice = useChoice()
  const [view, change] = useFilters('/chart', choiceParameters(choice).toString())
  const zone = useDisplayZone()
  const chart = useChart(view, choice, zone)
  const { zoom, back } = useZoom(view, change)
  useEffect(() => {
    document.title = 'Chart – Timelapser Logs'
  }, [])
  const choose = (part: Partial<ChartChoice>) => navigate(chartPath(filtersOf(view), { ...choice, ...part }))
  return (
    <main id="content" className="pb-10">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3 px-4 pt-4 sm:px-6">
        <h1 className="text-figure font-semibold tracking-tight">Chart</h1>
        <span className="ml-auto flex gap-1.5">
          <PinButton query={savedQuery(filtersOf(view), choice)} choice={choice} />
          <MarksButton from={chart.from} to={chart.to} zone={zone} />
          <ViewsButton query={savedQuery(filtersOf(view), choice)} />
          <IconButton label="Run again" onClick={chart.refresh}>
            <RotateCw size={15} className={chart.isAsked ? 'animate-spin' : ''} aria-hidden />
          </IconButton>
        </span>
      </div>
      <div className="sticky top-0 z-20 bg-canvas">
        <FilterBar
          view={view}
          change={change}
          facetsQuery={chart.filters}
          zone={zone}
          error={chart.answer.error}
          hasColumn={false}
        />
      </div>
      <FilterPills view={view} change={change} />
      <div className="grid grid-cols-1 gap-4 px-4 sm:px-6">
        <ChartControls choice={choice} choose={choose} filters={chart.filters} />
        <ChartAnswer
          chart={chart}
          choice={choice}
          view={view}
          change={change}
          zone={zone}
          zoom={zoom}
          zoomOut={<ZoomOutButton back={back} zone={zone} />}
        />
      </div>
    </main>
  )
}

function useChoice(): ChartChoice {
  return parseChoice(useSearch())
}

/** A saved query says that it is of a chart, whatever the chart is: its kind is never left out. */
function savedQuery(filters: string, choice: ChartChoice): string {
  const query = new URLSearchParams(filters)
  for (const [name, value] of choiceParameters(choice)) query.append(name, value)
  query.set('kind', choice.kind)
  return query.toString()
}
