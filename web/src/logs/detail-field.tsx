import { Ban, Copy, Filter } from 'lucide-react'
import type { ReactNode } from 'react'
import { copy } from '../controls/copy.ts'
import { setValue, stateOf, type ValueField } from './filter-values.ts'
import type { ChangeView } from './use-view.ts'
import type { LogView } from './view.ts'

type FieldFilter = { view: LogView; change: ChangeView; field: ValueField; value: string | number }

/** One field with what can be done with its value. */
export function DetailField({
  name,
  text,
  filter,
  only,
  children,
}: {
  name: string
  text: string
  filter?: FieldFilter
  /** For fields that are filtered for and not out. */
  only?: { on: boolean; set: (on: boolean) => void }
  children: ReactNode
}) {
  return (
    <div className="group flex items-start gap-2 bg-surface py-1.5 pr-1.5 pl-3">
      <dt className="w-[4.5rem] shrink-0 pt-0.5 text-small text-faint">{name}</dt>
      <dd className="min-w-0 flex-1 pt-0.5 text-small">{children}</dd>
      <dd className="flex text-faint">
        {filter && <FilterButtons {...filter} text={text} />}
        {only && (
          <FieldButton label={`Only ${text}`} pressed={only.on} onClick={() => only.set(!only.on)}>
            <Filter size={13} aria-hidden />
          </FieldButton>
        )}
        <FieldButton label={`Copy ${name}`} onClick={() => copy(text, name)}>
          <Copy size={13} aria-hidden />
        </FieldButton>
      </dd>
    </div>
  )
}

function FilterButtons({ view, change, field, value, text }: FieldFilter & { text: string }) {
  const state = stateOf(view, field, value)
  return (
    <>
      <FieldButton
        label={`Only ${text}`}
        pressed={state === 'in'}
        onClick={() => change(setValue(view, field, value, state === 'in' ? 'unset' : 'in'))}
      >
        <Filter size={13} aria-hidden />
      </FieldButton>
      <FieldButton
        label={`Not ${text}`}
        pressed={state === 'out'}
        onClick={() => change(setValue(view, field, value, state === 'out' ? 'unset' : 'out'))}
      >
        <Ban size={13} aria-hidden />
      </FieldButton>
    </>
  )
}

function FieldButton(props: { label: string; pressed?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      aria-label={props.label}
      aria-pressed={props.pressed}
      title={props.label}
      onClick={props.onClick}
      className={`grid size-6 place-items-center rounded-sm hover:bg-hover hover:text-ink ${props.pressed ? 'bg-accent-wash text-accent' : ''}`}
    >
      {props.children}
    </button>
  )
}
