/** Two or three values side by side, one of them chosen. */
export function Choice<T extends string | number>({
  label,
  values,
  value,
  onChange,
}: {
  label: string
  values: readonly (readonly [value: T, name: string])[]
  value: T
  onChange: (value: T) => void
}) {
  return (
    <fieldset className="inline-flex rounded-md border border-line bg-surface p-0.5">
      <legend className="sr-only">{label}</legend>
      {values.map(([one, name]) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === value}
          onClick={() => onChange(one)}
          className={`rounded-sm px-3 py-1 font-medium whitespace-nowrap ${one === value ? 'bg-accent-wash text-accent' : 'text-muted hover:text-ink'}`}
        >
          {name}
        </button>
      ))}
    </fieldset>
  )
}
