import { Plus, X } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { IconButton } from '../controls/button.tsx'
import { Text } from '../controls/fields.tsx'
import { SettingNote } from './setting-note.tsx'

/** A setting of several fields, with its name at their side. */
export function SettingFieldset({ name, children }: { name: string; children: ReactNode }) {
  return (
    <fieldset className="grid grid-cols-1 gap-x-4 gap-y-1.5 sm:grid-cols-[11rem_minmax(0,1fr)]">
      <legend className="float-left font-medium sm:pt-1.5">{name}</legend>
      <div className="grid grid-cols-1 gap-2 sm:col-start-2">{children}</div>
    </fieldset>
  )
}

/** The effect of a setting, or the problem with its value. */
export function SettingHint({
  of,
  hint,
  problem,
}: {
  of: keyof Settings
  hint: string
  problem: string | null
}) {
  return (
    <p
      role={problem === null ? undefined : 'alert'}
      className={`text-small text-pretty wrap-anywhere ${problem === null ? 'text-faint' : 'text-error'}`}
    >
      {problem ?? hint}
      {problem === null && <SettingNote of={of} />}
    </p>
  )
}

/** Sources with a value each: the field of the value is the child. */
export function SourceValues<V>({
  values,
  removal,
  onChange,
  children,
}: {
  values: Record<string, V>
  /** The label of the button that removes a source. */
  removal: (source: string) => string
  onChange: (values: Record<string, V>) => void
  children: (source: string, value: V, set: (value: V) => void) => ReactNode
}) {
  return Object.entries(values).map(([source, value]) => (
    <div key={source} className="flex items-center gap-2">
      <span className="min-w-0 flex-1 truncate font-mono text-small">{source}</span>
      {children(source, value, (next) => onChange({ ...values, [source]: next }))}
      <IconButton label={removal(source)} onClick={() => onChange(without(values, source))}>
        <X size={14} aria-hidden />
      </IconButton>
    </div>
  ))
}

export function without<V>(values: Record<string, V>, gone: string): Record<string, V> {
  const { [gone]: _, ...others } = values
  return others
}

/** A field of what is to be added: Enter adds it once it is complete, and saves nothing. */
export function AdditionText({
  isComplete,
  add,
  className = '',
  ...rest
}: ComponentProps<typeof Text> & { isComplete: boolean; add: () => void }) {
  return (
    <Text
      {...rest}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !isComplete) return
        event.preventDefault()
        add()
      }}
      className={`min-w-0 flex-1 ${className}`}
    />
  )
}

/** The button at the end of a row that adds one. */
export function AddButton({
  label,
  isComplete,
  add,
}: {
  label: string
  isComplete: boolean
  add: () => void
}) {
  return (
    <IconButton label={label} kind="plain" disabled={!isComplete} onClick={add}>
      <Plus size={14} aria-hidden />
    </IconButton>
  )
}
