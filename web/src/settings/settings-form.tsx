import { type FormEvent, type ReactNode, useState } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { useSaveSettings } from '../api/use-settings.ts'
import { Button } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { LEVEL_NAME, LEVELS } from '../logs/levels.ts'
import { isTimeZone } from '../time/zone.ts'

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')]

/** What applies to the whole server. Only what was changed is sent. */
export function SettingsForm({ settings }: { settings: Settings }) {
  const [draft, setDraft] = useState(settings)
  const save = useSaveSettings()
  const zoneProblem = isTimeZone(draft.timezone) ? null : `“${draft.timezone}” is not a time zone.`
  const changed = Object.fromEntries(
    Object.entries(draft).filter(([name, value]) => settings[name as keyof Settings] !== value),
  ) as Partial<Settings>
  const isChanged = Object.keys(changed).length > 0

  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate(changed, { onSuccess: () => notify('Settings saved') })
  }
  return (
    <form onSubmit={submit} className="grid gap-5">
      <Row name="Level to store" hint="Lines below it are not stored; their senders are told how many.">
        <select
          value={draft.log_level}
          onChange={(event) => setDraft({ ...draft, log_level: event.target.value as Settings['log_level'] })}
          className={FIELD}
        >
          {LEVELS.toReversed().map((level) => (
            <option key={level} value={level}>
              {LEVEL_NAME[level]}
              {level !== 'CRITICAL' && ' and above'}
            </option>
          ))}
        </select>
      </Row>
      <Row
        name="Time zone"
        hint={zoneProblem ?? 'In which people read times. Times are stored in UTC.'}
        bad={zoneProblem !== null}
      >
        <input
          value={draft.timezone}
          list="time-zones"
          onChange={(event) => setDraft({ ...draft, timezone: event.target.value })}
          className={FIELD}
        />
        <datalist id="time-zones">
          {ZONES.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </Row>
      <Row name="Days to keep" hint="Older lines are deleted. 0 keeps everything.">
        <input
          type="number"
          min={0}
          max={36_500}
          required
          value={Number.isNaN(draft.retention_days) ? '' : draft.retention_days}
          onChange={(event) => setDraft({ ...draft, retention_days: event.target.valueAsNumber })}
          className={`${FIELD} figures`}
        />
      </Row>
      <label className="flex cursor-pointer items-center gap-2.5">
        <input
          type="checkbox"
          checked={draft.register_cameras}
          onChange={(event) => setDraft({ ...draft, register_cameras: event.target.checked })}
          className="size-4 accent-accent"
        />
        A line that names an unknown camera adds it to the list
      </label>
      {save.isError && (
        <p role="alert" className="text-error">
          {save.error.message}
        </p>
      )}
      <div className="flex gap-2">
        <Button type="submit" kind="accent" disabled={!isChanged || zoneProblem !== null || save.isPending}>
          Save
        </Button>
        {isChanged && (
          <Button kind="quiet" onClick={() => setDraft(settings)}>
            Undo
          </Button>
        )}
      </div>
    </form>
  )
}

function Row({
  name,
  hint,
  bad = false,
  children,
}: {
  name: string
  hint: string
  bad?: boolean
  children: ReactNode
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className="grid gap-1.5 sm:grid-cols-[12rem_1fr] sm:items-start">
      <span className="pt-1.5 font-medium">{name}</span>
      <span className="grid gap-1">
        {children}
        <span className={`text-small ${bad ? 'text-error' : 'text-faint'}`}>{hint}</span>
      </span>
    </label>
  )
}
