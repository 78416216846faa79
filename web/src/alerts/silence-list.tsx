import { useState } from 'react'
import type { AlertSilence, Session } from 'timelapser-logs/api'
import { ConfirmButton } from '../access/confirm-button.tsx'
import { serverNow } from '../api/server-clock.ts'
import { Button } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { SilenceForm } from './silence-form.tsx'
import { useChangeAlerts, useSilences } from './use-alerts.ts'

/** The current silences, and, for administrators, a way to silence everything. */
export function SilenceList({ session }: { session: Session }) {
  const silences = useSilences()
  const [isAdding, setAdding] = useState(false)
  const listed = silences.data?.silences ?? []
  if (listed.length === 0 && session.role !== 'admin') return null
  return (
    <section className="grid gap-3" aria-labelledby="silences">
      <div className="flex flex-wrap items-center gap-3">
        <h2 id="silences" className="text-title font-semibold">
          Silences
        </h2>
        {session.role === 'admin' && !isAdding && (
          <Button onClick={() => setAdding(true)}>Silence all rules</Button>
        )}
      </div>
      {isAdding && <SilenceForm rule={null} done={() => setAdding(false)} />}
      {listed.length === 0 && !isAdding && (
        <p className="text-muted">
          No notice is held back. A silence holds notices back during maintenance; rules that still fire
          afterwards notify then.
        </p>
      )}
      {listed.length > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
          {listed.map((silence) => (
            <SilenceItem key={silence.id} silence={silence} />
          ))}
        </ul>
      )}
    </section>
  )
}

function SilenceItem({ silence }: { silence: AlertSilence }) {
  const { id, rule_name, rule_id, group_key, reason, author, starts_at, ends_at } = silence
  const zone = useDisplayZone()
  const end = useChangeAlerts(() => notify('Notices are sent again'))
  const now = serverNow()
  const name = rule_id === null ? 'All rules' : `${rule_name}${group_key === null ? '' : `, ${group_key}`}`
  const from = Date.parse(starts_at) > now ? `from ${formatMoment(starts_at, zone, now)} ` : ''
  return (
    <li className="flex flex-wrap items-center gap-x-3 py-1.5 pr-2 pl-4">
      <span className="min-w-0 flex-1">
        <span className="font-medium wrap-anywhere">{name}</span>
        <span className="block text-small text-muted wrap-anywhere">
          {from}until {formatMoment(ends_at, zone, now)}, by {author}: {reason}
        </span>
      </span>
      <ConfirmButton
        name="End"
        of={`the silence of ${name}`}
        disabled={end.isPending}
        onConfirm={() => end.mutate({ method: 'DELETE', path: `/api/alerts/silences/${id}` })}
      />
    </li>
  )
}
