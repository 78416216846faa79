import { type FormEvent, useState } from 'react'
import type { AlertRule, AlertRuleInput } from 'timelapser-logs/api'
import { Labelled, Select, Text, TextField } from '../controls/fields.tsx'
import { FormButtons, Problem } from '../controls/form-end.tsx'
import { notify } from '../controls/notice.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { ChannelChoice } from './channel-choice.tsx'
import { hasLimit } from './condition-draft.ts'
import { ConditionFields } from './condition-fields.tsx'
import { FilterFields } from './filter-fields.tsx'
import { HoursFields } from './hours-fields.tsx'
import { PreviewBox } from './preview-box.tsx'
import { RaiseFields } from './raise-fields.tsx'
import { GROUPINGS, hasLevel, type RuleDraft, SEVERITIES, toInput } from './rule-draft.ts'
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
      <NameFields draft={draft} set={set} />
      <LinesFields draft={draft} set={set} />
      <NoticeFields draft={draft} set={set} />
      {hasLevel(draft) && (isAdmin || draft.raise !== null) && (
        <RaiseFields raise={draft.raise} onChange={(raise) => set({ raise })} />
      )}
      <NoteField draft={draft} set={set} />
      <div className="grid gap-2 rounded-md border border-line px-3 py-2.5">
        <PreviewBox rule={'rule' in tried ? definitionOf(tried.rule) : null} />
        {'missing' in input && <p className="text-muted">{input.missing}</p>}
      </div>
      <Problem error={save.error} />
      <FormButtons
        name={save.isPending ? 'Saving…' : 'Save rule'}
        disabled={rule === null || save.isPending}
        onCancel={done}
      />
    </form>
  )
}

type FieldsProps = { draft: RuleDraft; set: (change: Partial<RuleDraft>) => void }

function NameFields({ draft, set }: FieldsProps) {
  return (
    <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_10rem]">
      <TextField name="Name" value={draft.name} maxLength={200} onChange={(name) => set({ name })} />
      <Labelled name="Severity">
        <Select options={SEVERITIES} value={draft.severity} onChange={(severity) => set({ severity })} />
      </Labelled>
    </div>
  )
}

/** Which lines in which number, for which groups, and in which hours. */
function LinesFields({ draft, set }: FieldsProps) {
  const { condition } = draft
  return (
    <>
      <fieldset className="grid gap-3">
        <legend className="mb-2 font-semibold">When</legend>
        <ConditionFields
          condition={condition}
          onChange={(change) => set({ condition: { ...condition, ...change } })}
        >
          <GroupingFields draft={draft} set={set} />
        </ConditionFields>
        <FilterFields filters={draft.filters} onChange={(filters) => set({ filters })} />
      </fieldset>
      {condition.kind === 'share' && (
        <fieldset className="grid gap-3">
          <legend className="mb-2 font-semibold">Of the lines</legend>
          <FilterFields filters={condition.of} onChange={(of) => set({ condition: { ...condition, of } })} />
        </fieldset>
      )}
      <HoursFields
        name="Active hours"
        label="Only within active hours"
        begins={{ from: '06:00', to: '21:00' }}
        hours={draft.hours}
        onChange={(hours) => set({ hours })}
      />
    </>
  )
}

function GroupingFields({ draft, set }: FieldsProps) {
  return (
    <>
      <Select
        aria-label="Group by"
        options={GROUPINGS}
        value={draft.group_by}
        onChange={(group_by) => set({ group_by })}
        className="!w-auto"
      />
      {draft.group_by === 'field' && (
        <Text
          aria-label="Field to group by"
          value={draft.group_field}
          maxLength={200}
          placeholder="site.id"
          onChange={(group_field) => set({ group_field })}
          className="!w-40 font-mono text-small"
        />
      )}
    </>
  )
}

/** Which channels are notified, when not, and beyond which further limits. */
function NoticeFields({ draft, set }: FieldsProps) {
  const { kind } = draft.condition
  return (
    <>
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
      {hasLimit(kind) && (
        <ThresholdsFields
          kind={kind}
          channels={draft.channels}
          thresholds={draft.thresholds}
          onChange={(thresholds) => set({ thresholds })}
        />
      )}
    </>
  )
}

function NoteField({ draft, set }: FieldsProps) {
  return (
    <Labelled name="Note, sent along: what to do about it">
      <textarea
        value={draft.note}
        maxLength={2000}
        rows={2}
        onChange={(event) => set({ note: event.target.value })}
        className={`${FIELD} h-auto py-1.5`}
      />
    </Labelled>
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
