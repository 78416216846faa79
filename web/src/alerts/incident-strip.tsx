import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'

type Stretch = { label: string; from: number; to: number | null }

/** When something fired in a period; the list beside it says the same in words. */
export function IncidentStrip({
  stretches,
  start,
  end,
  name,
}: {
  stretches: readonly Stretch[]
  start: number
  end: number
  name: string
}) {
  const zone = useDisplayZone()
  const seen = stretches.filter(({ from, to }) => (to ?? end) >= start && from <= end)
  const place = (at: number) => (100 * (Math.min(Math.max(at, start), end) - start)) / (end - start)
  const moment = (at: number) => formatMoment(new Date(Math.max(at, start)).toISOString(), zone, end)
  return (
    <div
      role="img"
      aria-label={`${name}: ${seen.length === 0 ? 'never' : `${seen.length} ${seen.length === 1 ? 'time' : 'times'}`}`}
      className="relative h-5 overflow-hidden rounded-sm bg-sunken"
    >
      {seen.map(({ label, from, to }) => (
        <span
          key={`${label} ${from}`}
          title={`${label === '' ? '' : `${label}: `}${moment(from)} to ${to === null ? 'now' : moment(to)}`}
          className="absolute inset-y-0 min-w-[3px] bg-error-fill"
          style={{ left: `${place(from)}%`, width: `${place(to ?? end) - place(from)}%` }}
        />
      ))}
    </div>
  )
}
