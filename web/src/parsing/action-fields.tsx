import { X } from 'lucide-react'
import { IconButton } from '../controls/button.tsx'
import { Labelled } from '../controls/fields.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { type ActionDraft, CONDITIONS, type Condition, PARTS } from './rule-draft.ts'

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
            <select
              value={action.do}
              onChange={({ target }) => set({ do: target.value as ActionDraft['do'] })}
              className={FIELD}
            >
              {Object.entries(ACTIONS).map(([name, text]) => (
                <option key={name} value={name}>
                  {text}
                </option>
              ))}
            </select>
          </Labelled>
          {(Object.keys(FIELDS) as TextPart[])
            .filter((part) => parts.includes(part))
            .map((part) => {
              const [name, placeholder] = FIELDS[part](action.do)
              return (
                <Labelled key={part} name={name}>
                  <Text
                    value={action[part]}
                    placeholder={placeholder}
                    onChange={(text) => set({ [part]: text })}
                  />
                </Labelled>
              )
            })}
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

function ConditionFields({
  action,
  set,
}: {
  action: ActionDraft
  set: (part: Partial<ActionDraft>) => void
}) {
  const isPattern = action.whenHow.startsWith('matches')
  return (
    <div className="grid min-w-0 flex-1 grid-cols-1 gap-2 max-sm:basis-full sm:grid-cols-[minmax(0,1fr)_9rem_minmax(0,1.5fr)]">
      <Text
        label="Field of the condition"
        value={action.whenField}
        placeholder="http.path"
        onChange={(whenField) => set({ whenField })}
      />
      <select
        aria-label="Comparison"
        value={action.whenHow}
        onChange={({ target }) => set({ whenHow: target.value as Condition })}
        className={FIELD}
      >
        {Object.entries(CONDITIONS).map(([how, name]) => (
          <option key={how} value={how}>
            {name}
          </option>
        ))}
      </select>
      <Text
        label={isPattern ? 'Pattern of the condition' : 'Values of the condition, separated by commas'}
        value={action.whenText}
        placeholder={isPattern ? '^/health' : '/healthz, /readyz'}
        onChange={(whenText) => set({ whenText })}
      />
    </div>
  )
}

function Text({
  label,
  value,
  placeholder,
  onChange,
}: {
  label?: string
  value: string
  placeholder: string
  onChange: (text: string) => void
}) {
  return (
    <input
      aria-label={label}
      value={value}
      placeholder={placeholder}
      maxLength={2000}
      spellCheck={false}
      autoCapitalize="none"
      onChange={({ target }) => onChange(target.value)}
      className={`${FIELD} font-mono`}
    />
  )
}
