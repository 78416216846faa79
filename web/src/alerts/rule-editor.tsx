import { type FormEvent, useState } from 'react'
import type { AlertRule, AlertRuleInput } from 'timelapser-logs/api'
import { Labelled } from '../access/labelled.tsx'
import { Button } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { ChannelChoice } from './channel-choice.tsx'
import { hasLimit } from './condition-draft.ts'
import { ConditionFields } from './condition-fields.tsx'
import { FilterFields } from './filter-fields.tsx'
import { HoursFields } from './hours-fields.tsx'
import { PreviewBox } from './preview-box.tsx'
import { RaiseFields } from './raise-fields.tsx'
import {
  GROUPINGS,
  type Grouping,
  hasLevel,
  type RuleDraft,
  SEVERITIES,
  type Severity,
  toInput,
} from './rule-draft.ts'
import { ThresholdsFields } from './thresholds-fields.tsx'
import { useChangeAlerts } from './use-alerts.ts'

/** A rule as a sentence, and when it would have fired. */
export function RuleEditor({
  initial,
  id,
  isAdmin,
  done,
}: {
  initial: RuleDraft
  /** The id of the rule being changed; null for a new rule. */
  id: number | null
  isAdmin: boolean
  done: () => void
}) {
  const [draft, setDraft] = useState(initial)
  const set = (change: Partial<RuleDraft>) => setDraft((now) => ({ ...now, ...change }))
  const save = useChangeAlerts<{ rule: AlertRule }>(() => {
    notify(draft.enabled ? 'Rule enabled' : 'Rule saved')
    done()
  })
  const input = toInput(draft)
  const rule = 'rule' in input ? input.rule : null
  // It can be tried before it has a name.
  const tried = toInput({ ...draft, name: draft.name.trim() || 'preview' })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!rule) return
    if (id === null) save.mutate({ method: 'POST', path: '/api/alerts/rules', body: rule })
    else save.mutate({ method: 'PUT', path: `/api/alerts/rules/${id}`, body: rule })
  }
  return (
    <form
      onSubmit={submit}
      aria-label={id === null ? 'New rule' : `Edit ${initial.name}`}
      className="grid grid-cols-1 gap-5 rounded-lg border border-line bg-surface p-4 sm:p-5"
    >
      <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_10rem]">
        <Labelled name="Name">
          <input
            value={draft.name}
            maxLength={200}
            onChange={(event) => set({ name: event.target.value })}
            className={FIELD}
          />
        </Labelled>
        <Labelled name="Severity">
          <select
            value={draft.severity}
            onChange={(event) => set({ severity: event.target.value as Severity })}
            className={FIELD}
          >
            {SEVERITIES.map((severity) => (
              <option key={severity}>{severity}</option>
            ))}
          </select>
        </Labelled>
      </div>
      <fieldset className="grid gap-3">
        <legend className="mb-2 font-semibold">When</legend>
        <ConditionFields
          condition={draft.condition}
          onChange={(change) => set({ condition: { ...draft.condition, ...change } })}
        >
          <select
            aria-label="Group by"
            value={draft.group_by}
            onChange={(event) => set({ group_by: event.target.value as Grouping })}
            className={`${FIELD} !w-auto`}
          >
            {Object.entries(GROUPINGS).map(([grouping, name]) => (
              <option key={grouping} value={grouping}>
                {name}
              </option>
            ))}
          </select>
          {draft.group_by === 'field' && (
            <input
              aria-label="Field to group by"
              value={draft.group_field}
              maxLength={200}
              placeholder="site.id"
              onChange={(event) => set({ group_field: event.target.value })}
              className={`${FIELD} !w-40 font-mono text-small`}
            />
          )}
        </ConditionFields>
        <FilterFields filters={draft.filters} onChange={(filters) => set({ filters })} />
      </fieldset>
      {draft.condition.kind === 'share' && (
        <fieldset className="grid gap-3">
          <legend className="mb-2 font-semibold">Of the lines</legend>
          <FilterFields
            filters={draft.condition.of}
            onChange={(of) => set({ condition: { ...draft.condition, of } })}
          />
        </fieldset>
      )}
      <HoursFields
        name="Active hours"
        label="Only within active hours"
        begins={{ from: '06:00', to: '21:00' }}
        hours={draft.hours}
        onChange={(hours) => set({ hours })}
      />
      <fieldset className="grid gap-2">
        <legend className="mb-1 font-semibold">Notify</legend>
        <ChannelChoice chosen={draft.channels} onChange={(channels) => set({ channels })} />
      </fieldset>
      <HoursFields
        name="Quiet hours"
        label="Hold notices back in quiet hours"
        begins={{ from: '22:00', to: '06:00' }}
        hours={draft.quiet}
        onChange={(quiet) => set({ quiet })}
      />
      {hasLimit(draft.condition.kind) && (
        <ThresholdsFields
          kind={draft.condition.kind}
          channels={draft.channels}
          thresholds={draft.thresholds}
          onChange={(thresholds) => set({ thresholds })}
        />
      )}
      {hasLevel(draft) && (isAdmin || draft.raise !== null) && (
        <RaiseFields raise={draft.raise} onChange={(raise) => set({ raise })} />
      )}
      <Labelled name="Note, sent along: what to do about it">
        <textarea
          value={draft.note}
          maxLength={2000}
          rows={2}
          onChange={(event) => set({ note: event.target.value })}
          className={`${FIELD} h-auto py-1.5`}
        />
      </Labelled>
      <div className="grid gap-2 rounded-md border border-line px-3 py-2.5">
        <PreviewBox rule={'rule' in tried ? definitionOf(tried.rule) : null} />
        {'missing' in input && <p className="text-muted">{input.missing}</p>}
      </div>
      {save.isError && (
        <p role="alert" className="text-error">
          {save.error.message}
        </p>
      )}
      <div className="flex gap-2">
        <Button type="submit" kind="accent" disabled={rule === null || save.isPending}>
          {save.isPending ? 'Saving…' : 'Save rule'}
        </Button>
        <Button kind="quiet" onClick={done}>
          Cancel
        </Button>
      </div>
    </form>
  )
}

/**
 * The definition that a preview is requested with: names and channels do not affect it, and typing them requests none.
 */
function definitionOf({
  name: _,
  enabled: __,
  channels: ___,
  note: ____,
  severity: _____,
  ...definition
}: AlertRuleInput) {
  return definition
}
