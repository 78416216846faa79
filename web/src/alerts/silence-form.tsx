import { type FormEvent, useState } from 'react'
import type { ListedAlertRule } from 'timelapser-logs/api'
import { Labelled } from '../access/labelled.tsx'
import { Button } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { useChangeAlerts } from './use-alerts.ts'

const DURATIONS = [
  [15, '15 minutes'],
  [60, '1 hour'],
  [240, '4 hours'],
  [1440, '1 day'],
  [10_080, '7 days'],
] as const

/** Holds back the notices of a rule, or of all rules, for a while. */
export function SilenceForm({ rule, done }: { rule: ListedAlertRule | null; done: () => void }) {
  const [group, setGroup] = useState('')
  const [minutes, setMinutes] = useState(60)
  const [reason, setReason] = useState('')
  const begin = useChangeAlerts(() => {
    notify('Notices are held back')
    done()
  })
  const groups = rule?.groups.filter(({ group_key }) => group_key !== '') ?? []
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const body = {
      ...{ reason: reason.trim(), minutes },
      ...(rule && { rule_id: rule.id }),
      ...(group !== '' && { group_key: group }),
    }
    begin.mutate({ method: 'POST', path: '/api/alerts/silences', body })
  }
  return (
    <form
      onSubmit={submit}
      aria-label={rule ? `Silence ${rule.name}` : 'Silence all rules'}
      className="flex flex-wrap items-end gap-3 rounded-md bg-sunken px-3 py-2.5"
    >
      {groups.length > 0 && (
        <Labelled name="Group">
          <select value={group} onChange={(event) => setGroup(event.target.value)} className={FIELD}>
            <option value="">the whole rule</option>
            {groups.map(({ group_key, label }) => (
              <option key={group_key} value={group_key}>
                {label}
              </option>
            ))}
          </select>
        </Labelled>
      )}
      <Labelled name="For">
        <select
          value={minutes}
          onChange={(event) => setMinutes(Number(event.target.value))}
          className={FIELD}
        >
          {DURATIONS.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </Labelled>
      <span className="min-w-48 flex-1">
        <Labelled name="Reason">
          <input
            value={reason}
            maxLength={500}
            onChange={(event) => setReason(event.target.value)}
            className={FIELD}
          />
        </Labelled>
      </span>
      <Button type="submit" disabled={reason.trim() === '' || begin.isPending}>
        Silence
      </Button>
      <Button kind="quiet" onClick={done}>
        Cancel
      </Button>
      {begin.isError && (
        <p role="alert" className="basis-full text-error">
          {begin.error.message}
        </p>
      )}
    </form>
  )
}
