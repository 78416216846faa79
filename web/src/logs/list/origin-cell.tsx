import type { LogRow } from 'timelapser-logs/api'
import { originOf } from '../origin.ts'
import { OriginIcon } from '../origin-icon.tsx'
import type { ValueTarget } from './value-menu.tsx'

/** Where a line comes from, with the menu of its value. */
export function OriginCell({ row, pick }: { row: LogRow; pick: (target: ValueTarget) => void }) {
  const origin = originOf(row)
  return (
    <button
      type="button"
      tabIndex={-1}
      title={`${origin.iconName}: ${origin.name}${origin.name === row.source ? '' : ` (${row.source})`}`}
      onClick={(event) => {
        event.stopPropagation()
        pick({ anchor: event.currentTarget, field: origin.field, value: origin.value, label: origin.name })
      }}
      className="flex max-w-full items-center gap-1.5 hover:underline"
    >
      <OriginIcon name={origin.iconName} />
      <span className="truncate">{origin.name}</span>
    </button>
  )
}
