import { Ban, Copy, Filter } from 'lucide-react'
import type { ReactNode } from 'react'
import { copy } from '../../controls/copy.ts'
import type { ValueState } from '../filters/filter-values.ts'

export type FieldFilter = { state: ValueState; set: (state: ValueState) => void }

/** One field with what can be done with its value. */
export function DetailField({
  name,
  text,
  filter,
  children,
}: {
  name: string
  text: string
  filter?: FieldFilter
  children: ReactNode
}) {
  return (
    <div className="group flex items-start gap-2 bg-surface py-1.5 pr-1.5 pl-3">
      <dt className="w-[4.5rem] shrink-0 pt-0.5 text-small text-faint">{name}</dt>
      <dd className="min-w-0 flex-1 pt-0.5 text-small">{children}</dd>
      <dd className="flex text-faint">
        {filter && <FilterButtons {...filter} text={text} />}
        <FieldButton label={`Copy ${name}`} onClick={() => copy(text, name)}>
          <Copy size={13} aria-hidden />
        </FieldButton>
      </dd>
    </div>
  )
}

/** Filter for the value and filter it out; struck again, neither. */
export function FilterButtons({ state, set, text }: FieldFilter & { text: string }) {
  const toggle = (wanted: ValueState) => set(state === wanted ? 'unset' : wanted)
  return (
    <>
      <FieldButton label={`Only ${text}`} pressed={state === 'in'} onClick={() => toggle('in')}>
        <Filter size={13} aria-hidden />
      </FieldButton>
      <FieldButton label={`Not ${text}`} pressed={state === 'out'} onClick={() => toggle('out')}>
        <Ban size={13} aria-hidden />
      </FieldButton>
    </>
  )
}

export function FieldButton(props: {
  label: string
  pressed?: boolean
  onClick: () => void
  children: ReactNode
}) {
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
