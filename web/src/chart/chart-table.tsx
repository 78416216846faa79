import type { Chart } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { Link } from '../app/link.tsx'
import { formatDuration } from '../time/duration.ts'
import { formatFull, formatMoment } from '../time/format.ts'
import { figureText } from './figure-text.ts'
import type { ShownSeries } from './shown-series.ts'

/** Series that have a column by time. */
const COLUMNS = 8

const CELL = 'px-3 py-1.5 text-right figures whitespace-nowrap'

/** The figures of the whole range by group, each with the way to its lines. */
export function GroupTable({
  chart,
  series,
  unit,
  caption,
  pathOf,
}: {
  chart: Chart
  series: readonly ShownSeries[]
  unit: string
  caption: string
  /** Where the lines of a series are listed; null where they cannot be. */
  pathOf: (series: ShownSeries) => string | null
}) {
  return (
    <table className="w-full border-collapse">
      <caption className="px-3 py-2 text-left text-muted">{caption}</caption>
      <thead>
        <tr className="border-b border-line text-small text-muted">
          <th scope="col" className="px-3 py-1.5 text-left font-medium">
            {chart.by.length === 0 ? 'Lines' : 'Group'}
          </th>
          <th scope="col" className={`${CELL} font-medium`}>
            Whole range
          </th>
          <th scope="col" className={`${CELL} font-medium`}>
            Lines counted
          </th>
        </tr>
      </thead>
      <tbody>
        {series.map((one) => {
          const path = pathOf(one)
          return (
            <tr key={one.key} className="border-b border-line last:border-0">
              <th scope="row" className="px-3 py-1.5 text-left font-normal wrap-anywhere">
                {path === null ? (
                  one.name
                ) : (
                  <Link href={path} className="rounded-sm text-accent underline-offset-2 hover:underline">
                    {one.name}
                  </Link>
                )}
              </th>
              <td className={CELL}>{figureText(one.value, unit)}</td>
              <td className={CELL}>{one.lines.toLocaleString()}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

/** The figures by time, newest first; steps without any are left out. */
export function TimeTable({
  chart,
  series,
  unit,
  zone,
}: {
  chart: Chart
  series: readonly ShownSeries[]
  unit: string
  zone: string
}) {
  const columns = series.slice(0, COLUMNS)
  const now = serverNow()
  const steps = chart.buckets
    .map((start, step) => ({ start, step }))
    .filter(({ step }) => columns.some(({ points }) => (points[step] ?? 0) !== 0))
    .reverse()
  return (
    <table className="w-full border-collapse">
      <caption className="px-3 py-2 text-left text-muted">
        {/* As wide as the table: where that scrolls, the text stays. */}
        <span className="sticky left-3 inline-block max-w-[calc(100vw-4.5rem)]">
          By time, in steps of {formatDuration((chart.bucket_seconds ?? 1) * 1000)}; empty steps are left out
          {series.length > COLUMNS && `, and so are all but the ${COLUMNS} largest groups`}
        </span>
      </caption>
      <thead>
        <tr className="border-b border-line text-small text-muted">
          <th scope="col" className="px-3 py-1.5 text-left font-medium whitespace-nowrap">
            From ({zone})
          </th>
          {columns.map((one) => (
            <th key={one.key} scope="col" className={`${CELL} max-w-40 truncate font-medium`}>
              {one.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {steps.map(({ start, step }) => (
          <tr key={start} className="border-b border-line last:border-0">
            <th scope="row" className="px-3 py-1.5 text-left font-normal whitespace-nowrap">
              <time dateTime={start} title={formatFull(start, zone)}>
                {formatMoment(start, zone, now)}
              </time>
            </th>
            {columns.map((one) => (
              <td key={one.key} className={CELL}>
                {figureText(one.points[step] ?? null, unit)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
