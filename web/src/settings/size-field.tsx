import { useState } from 'react'
import { FIELD } from '../controls/surfaces.ts'
import { BYTE_UNITS, unitOf } from './byte-size.ts'
import type { FieldIds } from './setting-field.tsx'

/** Bytes, typed in a unit of one's choice. */
export function SizeField({
  value,
  name,
  ids,
  onChange,
}: {
  value: number
  name: string
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
      <select
        aria-label={`Unit of ${name}`}
        value={unit}
        onChange={({ target }) => {
          const size = Number(target.value)
          setTyped('')
          onChange(Math.round((value / unit) * size))
          setUnit(size)
        }}
        className={`${FIELD} max-w-24`}
      >
        {BYTE_UNITS.map((one) => (
          <option key={one.size} value={one.size}>
            {one.name}
          </option>
        ))}
      </select>
    </span>
  )
}
