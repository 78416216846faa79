import { FIELD } from '../controls/surfaces.ts'

/** A short field for a number within a sentence. */
export function NumberField({
  label,
  value,
  placeholder,
  onChange,
}: {
  label: string
  value: string
  placeholder?: string
  onChange: (value: string) => void
}) {
  return (
    <input
      aria-label={label}
      inputMode="decimal"
      value={value}
      placeholder={placeholder}
      maxLength={12}
      onChange={(event) => onChange(event.target.value)}
      className={`${FIELD} figures !w-20`}
    />
  )
}
