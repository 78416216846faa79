import type { ComponentProps } from 'react'
import { FIELD } from '../controls/surfaces.ts'

/** A whole number with its unit beside it. Empty it is not a number, which no form sends. */
export function NumberField({
  value,
  unit,
  onChange,
  ...rest
}: Omit<ComponentProps<'input'>, 'value' | 'onChange'> & {
  value: number
  unit: string
  onChange: (value: number) => void
}) {
  return (
    <span className="flex items-center gap-2">
      <input
        type="number"
        inputMode="numeric"
        min={0}
        required
        value={Number.isNaN(value) ? '' : value}
        onChange={({ target }) => onChange(target.valueAsNumber)}
        {...rest}
        className={`${FIELD} figures max-w-36`}
      />
      <span className="text-muted">{unit}</span>
    </span>
  )
}
