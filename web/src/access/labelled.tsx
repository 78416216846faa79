import type { ReactNode } from 'react'

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
