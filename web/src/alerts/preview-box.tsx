import { useEffect, useState } from 'react'
import type { AlertDefinition } from 'timelapser-logs/api'
import { Problem } from '../controls/form-end.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { IncidentStrip } from './incident-strip.tsx'
import { useAlertPreview } from './use-alerts.ts'

const DAYS = 7
const PAUSE_MS = 400
const MOST_LISTED = 5

/** When the rule in the form would have fired in the last week; asked once typing pauses. */
export function PreviewBox({ rule }: { rule: AlertDefinition | null }) {
  const asked = useSettled(rule)
  const preview = useAlertPreview(asked, DAYS)
  const zone = useDisplayZone()
  if (asked === null) return null
  if (preview.isError) return <Problem error={preview.error} />
  const { data } = preview
  if (!data) return <p className="text-muted">Looking at the last {DAYS} days…</p>
  const end = Date.parse(data.end)
  const stretches = data.incidents.map(({ label, start, end: to }) => ({
    ...{ label, from: Date.parse(start), to: to === null ? null : Date.parse(to) },
  }))
  return (
    <div className={`grid gap-2 ${preview.isPlaceholderData ? 'opacity-60' : ''}`} aria-live="polite">
      <p className="font-medium">{sentence(data.total)}</p>
      {data.searched_from > data.start && (
        <p className="text-small text-muted">
          Looked back to {formatMoment(data.searched_from, zone, end)}: there was no time for older lines.
        </p>
      )}
      {data.thresholds.map(({ at, total }) => (
        <p key={at} className="text-small text-muted">
          The threshold {at.toLocaleString()} would{' '}
          {total === 0
            ? 'not have fired'
            : `have fired ${total === 1 ? 'once' : `${total.toLocaleString()} times`}`}
          .
        </p>
      ))}
      <IncidentStrip stretches={stretches} start={Date.parse(data.start)} end={end} name="Would have fired" />
      <ul className="grid gap-0.5 text-small text-muted">
        {data.incidents
          .slice(-MOST_LISTED)
          .reverse()
          .map(({ group_key, label, start, end: to }) => (
            <li key={`${group_key} ${start}`} className="wrap-anywhere">
              {formatMoment(start, zone, end)} to {to === null ? 'now' : formatMoment(to, zone, end)}
              {label !== '' && `: ${label}`}
            </li>
          ))}
      </ul>
    </div>
  )
}

function sentence(total: number): string {
  if (total === 0) return `It would not have fired in the last ${DAYS} days.`
  return `It would have fired ${total === 1 ? 'once' : `${total.toLocaleString()} times`} in the last ${DAYS} days.`
}

/** The value once it has not changed for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value)
  const text = JSON.stringify(value)
  // biome-ignore lint/correctness/useExhaustiveDependencies: its content counts, not the identity of the object
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
