import { useState } from 'react'
import { Select } from '../controls/fields.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { BYTE_UNITS, unitOf } from './byte-size.ts'
import type { NumberDraft, NumberName } from './number-setting.tsx'
import { type FieldIds, SettingField } from './setting-field.tsx'

/** Bytes among the settings, typed in a unit of one's choice. */
export function SizeSetting<N extends NumberName>({
  draft,
  of,
  unitLabel,
  ...rest
}: {
  draft: NumberDraft<N>
  of: N
  name: string
  hint: string
  /** The label of the choice of a unit. */
  unitLabel: string
}) {
  return (
    <SettingField {...rest} of={of} problem={draft.problem(of)}>
      {(ids) => (
        <SizeField
          {...{ ids, unitLabel }}
          value={draft.value(of)}
          onChange={(bytes) => draft.set(of, bytes)}
        />
      )}
    </SettingField>
  )
}

function SizeField({
  value,
  unitLabel,
  ids,
  onChange,
}: {
  value: number
  unitLabel: string
  ids: FieldIds
  onChange: (bytes: number) => void
}) {
  const [unit, setUnit] = useState(() => unitOf(value).size)
  const [typed, setTyped] = useState('')
  // The typed text stays while it means the value: 0.3 GiB are no whole bytes.
  const isTyped = typed !== '' && Math.round(Number(typed) * unit) === value
  return (
    <span className="flex items-center gap-2">
      <input
        type="number"
        min={0}
        step="any"
        required
        value={isTyped ? typed : Number.isNaN(value) ? '' : value / unit}
        onChange={({ target }) => {
          setTyped(target.value)
          onChange(Math.round(target.valueAsNumber * unit))
        }}
        {...ids}
        className={`${FIELD} figures max-w-36`}
      />
      <Select
        aria-label={unitLabel}
        options={BYTE_UNITS}
        value={unit}
        onChange={(size) => {
          setTyped('')
          onChange(Math.round((value / unit) * size))
          setUnit(size)
        }}
        className="max-w-24"
      />
    </span>
  )
}
