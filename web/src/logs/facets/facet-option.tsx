import { Ban, ChevronsUp } from 'lucide-react'
import type { ValueField, ValueState } from '../filters/filter-values.ts'
import { isLevel, LEVEL_FILL, type Level } from '../levels.ts'
import type { Option } from './facets.ts'

type Above = { chosen: boolean; choose: (level: Level | null) => void }

/** A value with a check box for it, a button against it, and for levels one for "this and above". */
export function FacetOption({
  field,
  option,
  state,
  onState,
  above,
}: {
  field: ValueField
  option: Option
  state: ValueState
  onState: (state: ValueState) => void
  above: Above | null
}) {
  const { label, value } = option
  const level = typeof value === 'string' && field === 'level' && isLevel(value) ? value : null
  return (
    <div className="group flex items-center rounded-md pr-1 hover:bg-hover">
      <label className="flex min-w-0 flex-1 cursor-pointer items-center gap-2.5 px-2 py-1 max-md:py-2">
        <input
          type="checkbox"
          checked={state === 'in'}
          onChange={(event) => onState(event.target.checked ? 'in' : 'unset')}
          className="size-3.5 shrink-0 accent-accent"
        />
        {level && <span className={`size-2 shrink-0 rounded-sm ${LEVEL_FILL[level]}`} aria-hidden />}
        <span className={`truncate ${state === 'out' ? 'text-faint line-through' : ''}`} title={label}>
          {label}
        </span>
        <span className="figures ml-auto pl-2 text-small text-faint">{option.count?.toLocaleString()}</span>
      </label>
      {above && level && (
        <OptionButton
          pressed={above.chosen}
          label={`${label} and above`}
          onClick={() => above.choose(above.chosen ? null : level)}
        >
          <ChevronsUp size={14} aria-hidden />
        </OptionButton>
      )}
      <OptionButton
        pressed={state === 'out'}
        label={`Not ${label}`}
        onClick={() => onState(state === 'out' ? 'unset' : 'out')}
      >
        <Ban size={13} aria-hidden />
      </OptionButton>
    </div>
  )
}

function OptionButton(props: {
  pressed: boolean
  label: string
  onClick: () => void
  children: React.ReactNode
}) {
  return (
    <button
      type="button"
      aria-pressed={props.pressed}
      aria-label={props.label}
      title={props.label}
      onClick={props.onClick}
      className={`grid size-6 shrink-0 place-items-center rounded-sm ${props.pressed ? 'bg-accent-wash text-accent' : 'text-faint hover:bg-line hover:text-ink'}`}
    >
      {props.children}
    </button>
  )
}
