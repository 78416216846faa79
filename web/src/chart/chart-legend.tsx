import { figureText } from './figure-text.ts'
import { SeriesMark } from './series-mark.tsx'
import type { ShownSeries } from './shown-series.ts'

/** The series with their figures of the whole range; a click hides one or shows it again. */
export function ChartLegend({
  series,
  hidden,
  toggle,
  unit,
}: {
  series: readonly ShownSeries[]
  hidden: ReadonlySet<string>
  toggle: (key: string) => void
  unit: string
}) {
  return (
    <ul aria-label="Series" className="flex flex-wrap gap-x-1 gap-y-0.5">
      {series.map((one) => {
        const isShown = !hidden.has(one.key)
        return (
          <li key={one.key} className="max-w-full">
            <button
              type="button"
              aria-pressed={isShown}
              title={isShown ? `Hide ${one.name}` : `Show ${one.name}`}
              onClick={() => toggle(one.key)}
              className={`flex max-w-full items-center gap-2 rounded-md px-2 py-1 text-small hover:bg-hover ${isShown ? '' : 'text-faint line-through'}`}
            >
              <SeriesMark series={one} />
              <span className="min-w-0 truncate">{one.name}</span>{' '}
              <span className="figures shrink-0 text-muted">{figureText(one.value, unit)}</span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
