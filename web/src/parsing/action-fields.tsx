import { X } from 'lucide-react'
import type { ComponentProps } from 'react'
import { IconButton } from '../controls/button.tsx'
import { Labelled, Text as PlainText, Select } from '../controls/fields.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { type ActionDraft, CONDITIONS, PARTS } from './rule-draft.ts'

const ACTIONS: Readonly<Record<ActionDraft['do'], string>> = {
  level: 'set the level',
  time: 'set the time',
  camera: 'set the camera',
  rename: 'rename a field',
  remove: 'remove a field',
  mask: 'mask a field',
  drop: 'drop the line',
}

type TextPart = 'field' | 'to' | 'value' | 'format' | 'zone' | 'pattern'

/** The label of a part, and its placeholder. */
const FIELDS: Readonly<
  Record<TextPart, (of: ActionDraft['do']) => readonly [name: string, placeholder: string]>
> = {
  field: (of) => [of === 'level' || of === 'camera' ? 'From the field' : 'Field', 'http.status'],
  to: () => ['New name', 'message'],
  value: (of) => (of === 'level' ? ['Or a fixed value', 'ERROR'] : ['Or a fixed value', '3']),
  format: () => ['Time format, if unusual', 'DD.MM.YYYY hh:mm:ss'],
  zone: () => ['Time zone of times without one', 'UTC'],
  pattern: () => ['Only matches of', 'all of it'],
}

/** An action: its kind, its values, and the lines it applies to. */
export function ActionFields({
  action,
  number,
  onChange,
  onRemove,
}: {
  action: ActionDraft
  number: number
  onChange: (action: ActionDraft) => void
  onRemove: () => void
}) {
  const set = (part: Partial<ActionDraft>) => onChange({ ...action, ...part })
  const parts = PARTS[action.do]
  return (
    <fieldset className="grid grid-cols-1 gap-3">
      <legend className="sr-only">Action {number}</legend>
      <div className="flex items-start gap-2">
        <div className="grid min-w-0 flex-1 grid-cols-1 gap-3 sm:grid-cols-3">
          <Labelled name="Do">
            <Select options={ACTIONS} value={action.do} onChange={(next) => set({ do: next })} />
          </Labelled>
          <PartFields action={action} set={set} />
        </div>
        <IconButton label={`Remove action ${number}`} onClick={onRemove}>
          <X size={14} aria-hidden />
        </IconButton>
      </div>
      {parts.includes('values') && action.value === '' && (
        <Labelled name="Mapping of values, one per line">
          <textarea
            value={action.values}
            rows={Math.min(6, Math.max(2, action.values.split('\n').length))}
            spellCheck={false}
            placeholder={action.do === 'level' ? '500 = ERROR\n404 = WARNING' : 'front door = 3'}
            onChange={({ target }) => set({ values: target.value })}
            className={`${FIELD} h-auto py-1.5 font-mono`}
          />
        </Labelled>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <label className="flex items-center gap-2 text-small text-muted">
          <input
            type="checkbox"
            checked={action.hasCondition}
            onChange={({ target }) => set({ hasCondition: target.checked })}
          />
          Only when
        </label>
        {action.hasCondition && <ConditionFields action={action} set={set} />}
      </div>
    </fieldset>
  )
}

type FieldsProps = { action: ActionDraft; set: (part: Partial<ActionDraft>) => void }

/** The fields that an action of this kind has. */
function PartFields({ action, set }: FieldsProps) {
  const parts = PARTS[action.do]
  const shown = (Object.keys(FIELDS) as TextPart[]).filter((part) => parts.includes(part))
  return shown.map((part) => {
    const [name, placeholder] = FIELDS[part](action.do)
    return (
      <Labelled key={part} name={name}>
        <Text value={action[part]} placeholder={placeholder} onChange={(text) => set({ [part]: text })} />
      </Labelled>
    )
  })
}

function ConditionFields({ action, set }: FieldsProps) {
  const isPattern = action.whenHow.startsWith('matches')
  return (
    <div className="grid min-w-0 flex-1 grid-cols-1 gap-2 max-sm:basis-full sm:grid-cols-[minmax(0,1fr)_9rem_minmax(0,1.5fr)]">
      <Text
        aria-label="Field of the condition"
        value={action.whenField}
        placeholder="http.path"
        onChange={(whenField) => set({ whenField })}
      />
      <Select
        aria-label="Comparison"
        options={CONDITIONS}
        value={action.whenHow}
        onChange={(whenHow) => set({ whenHow })}
      />
      <Text
        aria-label={isPattern ? 'Pattern of the condition' : 'Values of the condition, separated by commas'}
        value={action.whenText}
        placeholder={isPattern ? '^/health' : '/healthz, /readyz'}
        onChange={(whenText) => set({ whenText })}
      />
    </div>
  )
}

/** A field whose text is taken as it is written. */
function Text(props: ComponentProps<typeof PlainText>) {
  return (
    <PlainText maxLength={2000} spellCheck={false} autoCapitalize="none" className="font-mono" {...props} />
  )
}
