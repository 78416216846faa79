import { type FormEvent, useState } from 'react'
import type { AlertDigestInput, AlertDigestSettings } from 'timelapser-logs/api'
import { TextField } from '../controls/fields.tsx'
import { FormButtons, Problem } from '../controls/form-end.tsx'
import { notify } from '../controls/notice.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { ChannelChoice } from './channel-choice.tsx'
import { useChangeAlerts } from './use-alerts.ts'

/** When and where the daily digest is sent. */
export function DigestForm({ digest, done }: { digest: AlertDigestSettings | null; done: () => void }) {
  const zone = useDisplayZone()
  const [draft, setDraft] = useState<AlertDigestInput>(() => ({
    at: digest?.at ?? '07:00',
    timezone: digest?.timezone ?? zone,
    channels: digest?.channels ?? [],
  }))
  const save = useChangeAlerts(() => {
    notify('The daily digest is saved')
    done()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ method: 'PUT', path: '/api/alerts/digest', body: draft })
  }
  return (
    <form onSubmit={submit} aria-label="Daily digest" className="grid gap-3 rounded-md bg-sunken px-3 py-2.5">
      <div className="flex flex-wrap items-end gap-3">
        <TextField
          name="Time"
          type="time"
          required
          value={draft.at}
          onChange={(at) => setDraft({ ...draft, at })}
          className="figures !w-28"
        />
        <TextField
          name="Time zone"
          required
          value={draft.timezone}
          maxLength={60}
          onChange={(timezone) => setDraft({ ...draft, timezone })}
          className="!w-44"
        />
      </div>
      <fieldset className="grid gap-1">
        <legend className="mb-1 text-small text-muted">Channels</legend>
        <ChannelChoice
          chosen={draft.channels}
          onChange={(channels) => setDraft({ ...draft, channels })}
          missing="No channels yet. Administrators add channels below."
        />
      </fieldset>
      <FormButtons name="Save" disabled={draft.channels.length === 0 || save.isPending} onCancel={done} />
      <Problem error={save.error} />
    </form>
  )
}
