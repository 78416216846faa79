import { type ReactNode, useId } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { SettingNote } from './setting-note.tsx'

/** The attributes that tie a control to its name and its hint. */
export type FieldIds = { id: string; 'aria-describedby': string; 'aria-invalid': boolean }

/** A setting: its name, its control, what it does, and in its place what is wrong with it. */
export function SettingField({
  of,
  name,
  hint,
  problem = null,
  children,
}: {
  of: keyof Settings
  name: string
  hint: string
  problem?: string | null
  children: (ids: FieldIds) => ReactNode
}) {
  const id = useId()
  const ids = { id, 'aria-describedby': `${id}-hint`, 'aria-invalid': problem !== null }
  return (
    <div className="grid grid-cols-1 gap-x-4 gap-y-1.5 sm:grid-cols-[11rem_minmax(0,1fr)] sm:items-start">
      <label htmlFor={id} className="font-medium sm:pt-1.5">
        {name}
      </label>
      <div className="grid grid-cols-1 gap-1">
        {children(ids)}
        <p
          id={`${id}-hint`}
          role={problem === null ? undefined : 'alert'}
          className={`text-small text-pretty ${problem === null ? 'text-faint' : 'text-error'}`}
        >
          {problem ?? (
            <>
              {hint} <SettingNote of={of} />
            </>
          )}
        </p>
      </div>
    </div>
  )
}
