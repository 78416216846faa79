import { RotateCw } from 'lucide-react'
import { useEffect } from 'react'
import { navigate, useSearch } from '../app/location.ts'
import { IconButton } from '../controls/button.tsx'
import { Choice } from '../controls/choice.tsx'
import { FilterBar } from '../logs/filters/filter-bar.tsx'
import { FilterPills } from '../logs/filters/filter-pills.tsx'
import { filtersOf, useFilters } from '../logs/use-view.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { PatternsAnswer } from './patterns-answer.tsx'
import { SHOWS, type Show, usePatterns } from './use-patterns.ts'

const NAMES = [
  ['messages', 'Messages'],
  ['new', 'New'],
  ['loggers', 'Loggers'],
  ['fields', 'Fields'],
] as const satisfies readonly (readonly [Show, string])[]

/** Groups the lines of the explorer's filters: kinds of messages, new kinds, busiest loggers, values of fields. */
export function PatternsPage() {
  const parameters = new URLSearchParams(useSearch())
  const asked = parameters.get('show')
  const show = SHOWS.find((one) => one === asked) ?? 'messages'
  const field = show === 'fields' ? parameters.get('field') : null
  const [view, change] = useFilters('/patterns', parametersOf(show, field))
  const zone = useDisplayZone()
  const patterns = usePatterns(show, view, field)
  useEffect(() => {
    document.title = 'Patterns – Timelapser Logs'
  }, [])
  const go = (to: Show) => {
    const query = new URLSearchParams(`${filtersOf(view)}&${parametersOf(to, null)}`)
    navigate(query.size === 0 ? '/patterns' : `/patterns?${query}`)
  }
  return (
    <main id="content" className="pb-10">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3 max-sm:gap-x-3 px-4 pt-4 sm:px-6">
        <h1 className="text-figure font-semibold tracking-tight">Patterns</h1>
        <span className="max-sm:order-1 max-sm:w-full">
          <Choice label="View" values={NAMES} value={show} onChange={go} />
        </span>
        <span className="ml-auto">
          <IconButton label="Run again" onClick={patterns.refresh}>
            <RotateCw size={15} aria-hidden />
          </IconButton>
        </span>
      </div>
      <div className="sticky top-0 z-20 bg-canvas">
        <FilterBar
          view={view}
          change={change}
          facetsQuery={patterns.query}
          zone={zone}
          error={patterns.answer.error}
          hasColumn={false}
        />
      </div>
      <FilterPills view={view} change={change} />
      <PatternsAnswer show={show} field={field} patterns={patterns} view={view} change={change} zone={zone} />
    </main>
  )
}

function parametersOf(show: Show, field: string | null): string {
  if (show === 'messages') return ''
  return new URLSearchParams({ show, ...(field === null ? {} : { field }) }).toString()
}
