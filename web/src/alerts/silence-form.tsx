import { type FormEvent, useState } from 'react'
import type { ListedAlertRule } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { Labelled, Select, TextField } from '../controls/fields.tsx'
import { Problem } from '../controls/form-end.tsx'
import { notify } from '../controls/notice.tsx'
import { useChangeAlerts } from './use-alerts.ts'

const DURATIONS = [
  [15, '15 minutes'],
  [60, '1 hour'],
  [240, '4 hours'],
  [1440, '1 day'],
  [10_080, '7 days'],
] as const satisfies readonly (readonly [minutes: number, text: string])[]

/** Holds back the notices of a rule, or of all rules, for a while. */
export function SilenceForm({ rule, done }: { rule: ListedAlertRule | null; done: () => void }) {
  const [group, setGroup] = useState('')
  const [minutes, setMinutes] = useState<number>(60)
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
          <Select
            options={[
              ['', 'the whole rule'],
              ...groups.map(({ group_key, label }) => [group_key, label] as const),
            ]}
            value={group}
            onChange={setGroup}
          />
        </Labelled>
      )}
      <Labelled name="For">
        <Select options={DURATIONS} value={minutes} onChange={setMinutes} />
      </Labelled>
      <span className="min-w-48 flex-1">
        <TextField name="Reason" value={reason} maxLength={500} onChange={setReason} />
      </span>
      <Button type="submit" disabled={reason.trim() === '' || begin.isPending}>
        Silence
      </Button>
      <Button kind="quiet" onClick={done}>
        Cancel
      </Button>
      <Problem error={begin.error} className="basis-full" />
    </form>
  )
}
