// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { memo } from 'react'
import { formatClock, formatDay, formatFull } from '../time/format.ts'
import { COLUMNS } from './columns.ts'
import { LevelLabel } from './level-label.tsx'
import { LEVEL_FILL } from './levels.ts'
import { originOf } from './origin.ts'
import { RowMessage } from './row-message.tsx'
import type { RowProps } from './row-props.ts'

/** One line of the list on a wide screen. */
export const LogLine = memo(function LogLine(props: RowProps) {
  const { row, zone, now, active, opened, fresh, roomy, open, pick } = props
  const origin = originOf(row)
  const day = formatDay(row.timestamp, zone, now)
  const severe = row.level === 'CRITICAL' || row.level === 'ERROR' || row.level === 'WARNING'
  const ground = opened ? 'bg-selected' : active ? 'bg-hover' : 'hover:bg-hover'
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter and o open the line the cursor is on
    // biome-ignore lint/a11y/noStaticElementInteractions: the row around it has the role
    <div
      onClick={() => open(row.id)}
      className={`${COLUMNS} relative cursor-default border-b border-line/60 text-small ${roomy ? 'py-2' : 'py-1'} ${ground} ${fresh ? 'arriving' : ''} ${active ? 'outline-1 -outline-offset-1 outline-accent outline-solid' : ''}`}
    >
      {severe && <span className={`absolute inset-y-0 left-0 w-0.5 ${LEVEL_FILL[row.level]}`} aria-hidden />}
      <span role="gridcell" className="overflow-hidden font-mono whitespace-nowrap text-muted">
        <time dateTime={row.timestamp} title={formatFull(row.timestamp, zone)}>
          {day !== null && <span className="text-faint">{day} </span>}
          {formatClock(row.timestamp, zone)}
        </time>
      </span>
      <span role="gridcell">
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
      </span>
      <span role="gridcell" className="min-w-0">
        <button
          type="button"
          tabIndex={-1}
          title={`${origin.iconName}: ${origin.name}${origin.name === row.source ? '' : ` (${row.source})`}`}
          onClick={(event) => {
            event.stopPropagation()
            pick({
              anchor: event.currentTarget,
              field: origin.field,
              value: origin.value,
              label: origin.name,
            })
          }}
          className="flex max-w-full items-center gap-1.5 hover:underline"
        >
          <span role="img" aria-label={origin.iconName} className="text-label">
            {origin.icon}
          </span>
          <span className="truncate">{origin.name}</span>
        </button>
      </span>
      <span role="gridcell" className="min-w-0 font-mono">
        <RowMessage {...props} />
      </span>
    </div>
  )
})
