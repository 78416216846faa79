// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { memo } from 'react'
import { formatClock, formatDay, formatFull, offsetIfRepeated } from '../../time/format.ts'
import { LevelLabel } from '../level-label.tsx'
import { LEVEL_FILL } from '../levels.ts'
import { originOf } from '../origin.ts'
import { OriginIcon } from '../origin-icon.tsx'
import { RowMessage, type RowProps } from './row-message.tsx'

/** One line of the list on a phone. */
export const LogCard = memo(function LogCard(props: RowProps) {
  const { row, zone, now, opened, active, selected, onClick, onMenu } = props
  const origin = originOf(row)
  const day = formatDay(row.timestamp, zone, now)
  const offset = offsetIfRepeated(row.timestamp, zone)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter and o open the line the cursor is on
    // biome-ignore lint/a11y/noStaticElementInteractions: the row around it has the role
    <div
      onClick={(event) => onClick(row.id, event)}
      onContextMenu={(event) => onMenu(row, event)}
      className={`relative grid grid-cols-[minmax(0,1fr)] gap-1 border-b border-line py-2 pr-3 pl-3.5 text-small ${opened || active || selected ? 'bg-selected' : ''}`}
    >
      <span className={`absolute inset-y-0 left-0 w-1 ${LEVEL_FILL[row.level]}`} aria-hidden />
      <span role="gridcell" className="flex items-center gap-2">
        <LevelLabel level={row.level} />
        <span className="flex min-w-0 items-center gap-1 text-muted">
          <OriginIcon name={origin.iconName} />
          <span className="truncate">{origin.name}</span>
        </span>
        <time
          dateTime={row.timestamp}
          title={formatFull(row.timestamp, zone)}
          className="ml-auto shrink-0 font-mono text-label text-faint"
        >
          {day !== null && `${day} `}
          {formatClock(row.timestamp, zone)}
          {offset !== null && ` ${offset}`}
        </time>
      </span>
      <span role="gridcell" className="min-w-0 font-mono">
        <RowMessage {...props} wrap clamp="line-clamp-3" namesLogger={false} />
      </span>
    </div>
  )
})
