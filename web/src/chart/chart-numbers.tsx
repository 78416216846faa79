import { Link } from '../app/link.tsx'
import { figureText } from './figure-text.ts'
import type { ShownSeries } from './shown-series.ts'

/** One figure a group, large enough to be read across a room. */
export function ChartNumbers({
  series,
  unit,
  pathOf,
}: {
  series: readonly ShownSeries[]
  unit: string
  pathOf: (series: ShownSeries) => string | null
}) {
  return (
    <ul aria-label="Figures" className="grid grid-cols-[repeat(auto-fill,minmax(11rem,1fr))] gap-3">
      {series.map((one) => {
        const path = pathOf(one)
        return (
          <li key={one.key} className="grid gap-1 rounded-lg border border-line bg-surface px-4 py-3">
            <span className="text-[2rem]/10 font-semibold tracking-tight figures wrap-anywhere">
              {figureText(one.value, unit)}
            </span>
            {path === null ? (
              <span className="truncate text-muted">{one.name}</span>
            ) : (
              <Link
                href={path}
                className="truncate rounded-sm text-accent underline-offset-2 hover:underline"
              >
                {one.name}
              </Link>
            )}
          </li>
        )
      })}
    </ul>
  )
}
