import { Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { ParseRule } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { Choice } from '../controls/choice.tsx'
import { Labelled, Select, TextField } from '../controls/fields.tsx'
import { FormButtons, Problem } from '../controls/form-end.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { ActionFields } from './action-fields.tsx'
import { FORM_NAMES } from './describe-rule.ts'
import { fitsForm, NEW_RULE, newAction, type RuleDraft, toDraft, toRule } from './rule-draft.ts'
import { RuleTester } from './rule-tester.tsx'

/** A new or changed rule, with its results on lines under it; nothing is in force before it is saved. */
export function RuleEditor({
  initial,
  names,
  problem,
  isSaving,
  onSave,
  onCancel,
}: {
  initial: ParseRule | null
  /** Those of the other rules. */
  names: readonly string[]
  problem: string | null
  isSaving: boolean
  onSave: (rule: ParseRule) => void
  onCancel: () => void
}) {
  const { form, choose, draft, setDraft, written, setWritten, rule } = useEdited(initial)
  const own = rule === null ? 'This is not JSON.' : ownProblem(rule, names)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (rule !== null && own === null) onSave(rule)
  }
  return (
    <div className="grid grid-cols-1 gap-5 p-3 sm:p-4">
      <form
        onSubmit={submit}
        aria-label={initial ? `Edit ${initial.name}` : 'Add a rule'}
        className="grid grid-cols-1 gap-4"
      >
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h3 className="font-semibold">{initial ? 'Edit rule' : 'New rule'}</h3>
          <Choice
            label="Edit as"
            values={[
              ['form', 'Form'],
              ['json', 'JSON'],
            ]}
            value={form}
            onChange={choose}
          />
        </div>
        {form === 'form' ? (
          <RuleFields draft={draft} onChange={setDraft} />
        ) : (
          <JsonField text={written} onChange={setWritten} />
        )}
        <Problem error={problem} />
        <FormButtons
          name={isSaving ? 'Saving…' : 'Save rule'}
          disabled={own !== null || isSaving}
          onCancel={onCancel}
        >
          {own !== null && <span className="text-small text-faint">{own}</span>}
        </FormButtons>
      </form>
      <RuleTester rule={own === null ? rule : null} />
    </div>
  )
}

/** A rule in the form or as JSON; the one becomes the other where it can. */
function useEdited(initial: ParseRule | null) {
  const [draft, setDraft] = useState(initial ? toDraft(initial) : NEW_RULE)
  const isFormable = initial === null || fitsForm(initial)
  const [form, setForm] = useState<'form' | 'json'>(isFormable ? 'form' : 'json')
  const [written, setWritten] = useState(initial ? textOf(initial) : '')
  const rule = form === 'form' ? toRule(draft) : parsed(written)
  const choose = (next: 'form' | 'json') => {
    if (next === form) return
    if (next === 'json') setWritten(textOf(toRule(draft)))
    else if (rule !== null && fitsForm(rule)) setDraft(toDraft(rule))
    else return
    setForm(next)
  }
  return { form, choose, draft, setDraft, written, setWritten, rule }
}

function JsonField({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  return (
    <Labelled name="Rule as JSON">
      <textarea
        value={text}
        rows={16}
        spellCheck={false}
        onChange={({ target }) => onChange(target.value)}
        className={`${FIELD} h-auto py-1.5 font-mono text-small`}
      />
    </Labelled>
  )
}

function RuleFields({ draft, onChange }: { draft: RuleDraft; onChange: (draft: RuleDraft) => void }) {
  const set = (part: Partial<RuleDraft>) => onChange({ ...draft, ...part })
  return (
    <>
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        <TextField
          name="Name"
          value={draft.name}
          maxLength={100}
          placeholder="access log"
          onChange={(name) => set({ name })}
        />
        <TextField
          name="Sources; * matches any characters"
          value={draft.sources}
          placeholder="nginx*, api"
          spellCheck={false}
          autoCapitalize="none"
          onChange={(sources) => set({ sources })}
          className="font-mono"
        />
        <TextField
          name="Only lines that contain"
          value={draft.contains}
          maxLength={500}
          placeholder="all lines"
          spellCheck={false}
          onChange={(contains) => set({ contains })}
          className="font-mono"
        />
        <Labelled name="Read">
          <Select options={FORMS} value={draft.as} onChange={(as) => set({ as })} />
        </Labelled>
      </div>
      {draft.as !== 'none' && <FormFields draft={draft} set={set} />}
      <Actions actions={draft.actions} onChange={(actions) => set({ actions })} />
    </>
  )
}

const FORMS = { ...FORM_NAMES, none: 'nothing, use the existing fields' }

const EXAMPLES: Partial<Record<RuleDraft['as'], string>> = {
  regex: 'user=(?<user>\\w+) took (?<ms>\\d+)',
  grok: '%{IP:client} %{WORD:method} %{NOTSPACE:path} %{INT:status}',
}

function FormFields({ draft, set }: { draft: RuleDraft; set: (part: Partial<RuleDraft>) => void }) {
  const example = EXAMPLES[draft.as]
  const text = (
    part: 'field' | 'prefix' | 'pairSeparator' | 'valueSeparator',
    name: string,
    placeholder: string,
  ) => (
    <TextField
      name={name}
      value={draft[part]}
      placeholder={placeholder}
      spellCheck={false}
      autoCapitalize="none"
      maxLength={200}
      onChange={(value) => set({ [part]: value })}
      className="font-mono"
    />
  )
  return (
    <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
      {example !== undefined && (
        <div className="sm:col-span-2">
          <Labelled name={draft.as === 'grok' ? 'Pattern' : 'Regular expression with named groups'}>
            <textarea
              value={draft.pattern}
              rows={2}
              maxLength={2000}
              spellCheck={false}
              placeholder={example}
              onChange={({ target }) => set({ pattern: target.value })}
              className={`${FIELD} h-auto py-1.5 font-mono`}
            />
          </Labelled>
        </div>
      )}
      {draft.as === 'key_value' && (
        <>
          {text('pairSeparator', 'Between pairs', 'a space')}
          {text('valueSeparator', 'Between key and value', '=')}
        </>
      )}
      {text('field', 'In the field', 'message')}
      {text('prefix', 'Prefix of new fields', 'none')}
    </div>
  )
}

function Actions({
  actions,
  onChange,
}: {
  actions: RuleDraft['actions']
  onChange: (actions: RuleDraft['actions']) => void
}) {
  return (
    <fieldset className="grid grid-cols-1 gap-2">
      <legend className="float-left mb-1 text-small text-muted">Actions, in this order</legend>
      {actions.length > 0 && (
        <ol className="divide-y divide-line rounded-md border border-line">
          {actions.map((action, index) => (
            <li key={action.key} className="p-2 sm:p-3">
              <ActionFields
                action={action}
                number={index + 1}
                onChange={(changed) => onChange(actions.with(index, changed))}
                onRemove={() => onChange(actions.toSpliced(index, 1))}
              />
            </li>
          ))}
        </ol>
      )}
      <div>
        <Button onClick={() => onChange([...actions, newAction()])}>
          <Plus size={14} aria-hidden /> Add action
        </Button>
      </div>
    </fieldset>
  )
}

/** The reason why the rule cannot be tried; the server says what else is wrong. */
function ownProblem({ name, sources, parse, actions }: ParseRule, names: readonly string[]): string | null {
  if (!name) return 'Give the rule a name.'
  if (names.includes(name)) return 'Another rule has this name.'
  if (!(sources?.length > 0)) return 'Name a source.'
  if (!parse && !actions?.length) return 'Add an action.'
  const open = (actions ?? []).findIndex(
    ({ when }) => when && !(when.field && (when.matches || when.equals?.length)),
  )
  if (open !== -1) return `Complete the condition of action ${open + 1}.`
  if ((parse?.as === 'regex' || parse?.as === 'grok') && !parse.pattern) return 'Write a pattern.'
  return null
}

function parsed(text: string): ParseRule | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as ParseRule) : null
  } catch {
    return null
  }
}

function textOf(rule: ParseRule): string {
  return JSON.stringify(rule, null, 2)
}
