// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { memo, type ReactNode } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { MessageText } from '../../text/message-text.tsx'
import { formatClock, formatDay, formatFull, offsetIfRepeated } from '../../time/format.ts'
import { leafText, valueAt } from '../json/json-path.ts'
import { LevelLabel } from '../level-label.tsx'
import { LEVEL_FILL } from '../levels.ts'
import { originOf } from '../origin.ts'
import { OriginIcon } from '../origin-icon.tsx'
import { COLUMNS, type Column, type FieldColumn, fieldPath } from './columns.ts'
import { RowMessage, type RowProps } from './row-message.tsx'
import type { ValueTarget } from './value-menu.tsx'

/** One line of the list on a wide screen. */
export const LogLine = memo(function LogLine(props: RowProps) {
  const { row, columns, active, opened, selected, fresh, roomy, onClick, onMenu } = props
  const severe = row.level === 'CRITICAL' || row.level === 'ERROR' || row.level === 'WARNING'
  const ground = opened || selected ? 'bg-selected' : active ? 'bg-hover' : 'hover:bg-hover'
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter and o open the line the cursor is on, m its menu
    // biome-ignore lint/a11y/noStaticElementInteractions: the row around it has the role
    <div
      onClick={(event) => onClick(row.id, event)}
      onContextMenu={(event) => onMenu(row, event)}
      className={`${COLUMNS} relative cursor-default border-b border-line/60 text-small ${roomy ? 'py-2' : 'py-1'} ${ground} ${fresh ? 'arriving' : ''} ${active ? 'outline-1 -outline-offset-1 outline-accent outline-solid' : ''}`}
    >
      {severe && <span className={`absolute inset-y-0 left-0 w-0.5 ${LEVEL_FILL[row.level]}`} aria-hidden />}
      {selected && <span className="absolute inset-y-0 left-0 w-1.5 bg-accent" aria-hidden />}
      {columns.map((name) => (
        <span key={name} role="gridcell" className="min-w-0 overflow-hidden whitespace-nowrap">
          {isField(name) ? <FieldCell row={row} column={name} /> : CELLS[name](props)}
        </span>
      ))}
      <span role="gridcell" className="min-w-0 font-mono">
        <RowMessage {...props} namesLogger={columns.includes('logger')} />
      </span>
    </div>
  )
})

function isField(name: Column): name is FieldColumn {
  return fieldPath(name) !== null
}

/** A value of the line's `extra_data`, on one row. */
function FieldCell({ row, column }: { row: RowProps['row']; column: FieldColumn }) {
  const value = valueAt(row.extra_data, fieldPath(column) ?? [])
  if (value === undefined) return null
  const text = leafText(value).slice(0, 300)
  return (
    <span title={text} className="block truncate font-mono text-muted">
      <MessageText text={text.replaceAll(/\s+/g, ' ')} />
    </span>
  )
}

const CELLS: Readonly<Record<Exclude<Column, FieldColumn>, (props: RowProps) => ReactNode>> = {
  time: ({ row, zone, now }) => {
    const day = formatDay(row.timestamp, zone, now)
    const offset = offsetIfRepeated(row.timestamp, zone)
    return (
      <time
        dateTime={row.timestamp}
        title={formatFull(row.timestamp, zone)}
        className="flex gap-[1ch] font-mono text-muted"
      >
        {/* Where both do not fit, the time stays whole. */}
        {day !== null && <span className="min-w-0 truncate text-faint">{day} </span>}
        <span>{formatClock(row.timestamp, zone)}</span>
        {offset !== null && <span className="text-faint"> {offset}</span>}
      </time>
    )
  },
  level: ({ row, pick }) => (
    <button
      type="button"
      tabIndex={-1}
      title={`Filter by ${row.level}`}
      onClick={(event) => {
        event.stopPropagation()
        pick({ anchor: event.currentTarget, field: 'level', value: row.level, label: row.level })
      }}
      className="hover:underline"
    >
      <LevelLabel level={row.level} />
    </button>
  ),
  origin: ({ row, pick }) => <OriginCell row={row} pick={pick} />,
  logger: ({ row, needles, pick }) => {
    const name = row.logger_name
    if (name === null) return <span className="text-muted">–</span>
    return (
      <button
        type="button"
        tabIndex={-1}
        title={name}
        onClick={(event) => {
          event.stopPropagation()
          pick({ anchor: event.currentTarget, field: 'logger_name', value: name, label: name })
        }}
        className="block max-w-full truncate text-muted hover:underline"
      >
        <MessageText text={name} needles={needles} />
      </button>
    )
  },
}

/** Where a line comes from, with the menu of its value. */
function OriginCell({ row, pick }: { row: LogRow; pick: (target: ValueTarget) => void }) {
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
