import { Text } from '../controls/fields.tsx'

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
    <Text
      aria-label={label}
      inputMode="decimal"
      value={value}
      placeholder={placeholder}
      maxLength={12}
      onChange={onChange}
      className="figures !w-20"
    />
  )
}
