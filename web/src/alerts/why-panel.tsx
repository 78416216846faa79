import { useState } from 'react'
import type { AlertWhy, ListedAlertRule } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { Button } from '../controls/button.tsx'
import { Labelled, Select, TextField } from '../controls/fields.tsx'
import { Problem } from '../controls/form-end.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { instantOf, wallTime } from '../time/zone.ts'
import { useAlertWhy } from './use-alerts.ts'

const STATES: Readonly<Record<string, string>> = {
  normal: 'It was normal.',
  firing: 'It was firing.',
  resolved: 'It was over.',
  not_evaluated: 'It was not evaluated.',
}

/** Why a rule fired, or did not, at a moment that is asked about. */
export function WhyPanel({ rule, done }: { rule: ListedAlertRule; done: () => void }) {
  const zone = useDisplayZone()
  const groups = rule.groups.filter(({ group_key }) => group_key !== '')
  const [group, setGroup] = useState(groups[0]?.group_key ?? '')
  const [moment, setMoment] = useState(() => toField(serverNow(), zone))
  const at = fromField(moment, zone)
  const isGrouped = rule.group_by !== undefined || rule.condition.kind === 'new'
  const why = useAlertWhy(rule.id, at, group, at !== null && (!isGrouped || group !== ''))
  return (
    <section aria-label={`Why ${rule.name}`} className="grid gap-3 rounded-md bg-sunken px-3 py-2.5">
      <div className="flex flex-wrap items-end gap-3">
        <TextField
          name={`At (${zone})`}
          type="datetime-local"
          value={moment}
          required
          onChange={setMoment}
          className="figures !w-56"
        />
        {isGrouped && (
          <Labelled name="Group">
            <Select
              options={groups.map(({ group_key, label }) => [group_key, label] as const)}
              value={group}
              onChange={setGroup}
            />
          </Labelled>
        )}
        <Button kind="quiet" onClick={done}>
          Close
        </Button>
      </div>
      {isGrouped && groups.length === 0 && (
        <p className="text-muted">No line of the rule has come yet, so it knows no group.</p>
      )}
      <Problem error={why.error} />
      {why.data && <Answer why={why.data} isOld={why.isPlaceholderData} />}
    </section>
  )
}

function Answer({ why, isOld }: { why: AlertWhy; isOld: boolean }) {
  const zone = useDisplayZone()
  const now = serverNow()
  const { state, reasons, transitions, notices } = why
  return (
    <div className={`grid gap-2 ${isOld ? 'opacity-60' : ''}`} aria-live="polite">
      <p className={`font-medium ${state === 'firing' ? 'text-error' : ''}`}>{STATES[state] ?? state}</p>
      <ul className="grid list-disc gap-1 pl-5">
        {reasons.map((reason) => (
          <li key={reason} className="text-pretty wrap-anywhere">
            {reason}
          </li>
        ))}
        {notices.map(({ channel, kind, state: outcome, error, created_at }) => (
          <li key={`${created_at} ${channel} ${kind}`} className="wrap-anywhere">
            The notice “{kind}” to {channel} {OUTCOMES[outcome] ?? outcome}
            {error !== null && `: ${error}`}
          </li>
        ))}
      </ul>
      {transitions.length > 0 && (
        <p className="text-small text-muted wrap-anywhere">
          Before it:{' '}
          {transitions
            .slice(0, 3)
            .map(({ at, text }) => `${formatMoment(at, zone, now)} – ${text}`)
            .join(' · ')}
        </p>
      )}
    </div>
  )
}

const OUTCOMES: Readonly<Record<string, string>> = {
  sent: 'arrived',
  pending: 'is on its way',
  dead: 'was given up',
}

/** An instant as the field for dates and times writes it. */
function toField(instant: number, zone: string): string {
  const { year, month, day, hour, minute } = wallTime(instant, zone)
  const two = (number: number) => String(number).padStart(2, '0')
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`
}

/** The end of the minute that the field names, or the present within it; null when it names none. */
function fromField(text: string, zone: string): string | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text)
  if (!match) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1).map(Number)
  const start = instantOf({ year, month, day, hour, minute, second: 0 }, zone)
  return new Date(Math.min(start + 59_000, Math.max(start, serverNow() - 2000))).toISOString()
}
