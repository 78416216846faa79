import type { ComponentProps, ReactNode } from 'react'
import { FIELD } from './surfaces.ts'

/** A field with its name above it. */
export function Labelled({ name, children }: { name: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className="grid content-start gap-1">
      <span className="text-small text-muted">{name}</span>
      {children}
    </label>
  )
}

/** A field with its name above it in bold, as charts and boards have them. */
export function Captioned({
  name,
  className = '',
  children,
}: {
  name: string
  className?: string
  children: ReactNode
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className={`grid max-w-full gap-1 text-small font-medium text-muted ${className}`}>
      {name}
      {children}
    </label>
  )
}

/** A field of text that reports its value; further attributes go to the input. */
export function Text({
  onChange,
  className = '',
  ...rest
}: Omit<ComponentProps<'input'>, 'onChange'> & { onChange: (value: string) => void }) {
  return (
    <input {...rest} onChange={({ target }) => onChange(target.value)} className={`${FIELD} ${className}`} />
  )
}

/** A field of text with its name above it. */
export function TextField({ name, ...rest }: { name: string } & ComponentProps<typeof Text>) {
  return (
    <Labelled name={name}>
      <Text {...rest} />
    </Labelled>
  )
}

type Options<T extends string | number> =
  | readonly (T | readonly [value: T, text: string])[]
  | Readonly<Record<T, string>>

type SelectProps<T extends string | number> = Omit<ComponentProps<'select'>, 'value' | 'onChange'> & {
  value: T
  options: Options<T>
  onChange: (value: T) => void
}

/** A choice of one of some values: a list of them, with texts or without, or their texts by value. */
export function Select<T extends string | number>({ className = '', ...rest }: SelectProps<T>) {
  return <PlainSelect {...rest} className={`${FIELD} ${className}`} />
}

/** A choice within a line of small text. */
export function SmallSelect<T extends string | number>(props: SelectProps<T>) {
  return (
    <PlainSelect {...props} className="h-7 rounded-md border border-line-strong bg-surface px-1.5 text-ink" />
  )
}

function PlainSelect<T extends string | number>({ options, onChange, ...rest }: SelectProps<T>) {
  const listed = Array.isArray(options) ? options : Object.entries(options)
  const values: T[] = listed.map((one) => (Array.isArray(one) ? one[0] : one))
  return (
    <select
      {...rest}
      onChange={({ target }) => {
        const chosen = values.find((one) => String(one) === target.value)
        if (chosen !== undefined) onChange(chosen)
      }}
    >
      {listed.map((one) =>
        Array.isArray(one) ? (
          <option key={one[0]} value={one[0]}>
            {one[1]}
          </option>
        ) : (
          <option key={one}>{one}</option>
        ),
      )}
    </select>
  )
}

/** A box to tick, with its label beside it. */
export function Check({
  checked,
  onChange,
  className = '',
  children,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  className?: string
  children: ReactNode
}) {
  return (
    <label className={`flex cursor-pointer items-center gap-2 ${className}`}>
      <input
        type="checkbox"
        checked={checked}
        onChange={({ target }) => onChange(target.checked)}
        className="size-3.5 accent-accent"
      />
      {children}
    </label>
  )
}
