// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { type MouseEvent, memo, type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { serverNow } from '../../api/server-clock.ts'
import { usePreference } from '../../app/preference.ts'
import { PHONE, useMediaQuery } from '../../controls/use-media-query.ts'
import { MessageText, RowMessage } from '../../text/message-text.tsx'
import { needlesIn } from '../../text/needles.ts'
import type { Needles } from '../../text/segments.ts'
import { formatClock, formatDay, formatFull, offsetIfRepeated } from '../../time/format.ts'
import { leafText, valueAt } from '../json/json-path.ts'
import { LevelLabel } from '../level-label.tsx'
import { LEVEL_FILL } from '../levels.ts'
import { densityPreference, wrapPreference } from '../list-preferences.ts'
import type { LiveListState } from '../live/use-live-list.ts'
import { OriginIcon, originOf } from '../origin.tsx'
import type { useLogsKeys } from '../use-logs-keys.ts'
import type { useLogsScreen } from '../use-logs-screen.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { COLUMNS, type Column, type FieldColumn, fieldPath, tracksOf, useColumns } from './columns.ts'
import { ListHeader } from './list-header.tsx'
import { ListMenus } from './list-menus.tsx'
import { useCopiedRows } from './use-copied-rows.ts'
import { type DrawnRow, useDrawnRows } from './use-drawn-rows.ts'
import { useRowClicks, useStable } from './use-row-clicks.ts'
import type { Selection } from './use-selection.ts'
import type { ValueTarget } from './value-menu.tsx'

const ROW_PX = { compact: 26, roomy: 34 } as const
const CARD_PX = 76
/** A line that arrived is tinted this long; a line that is scrolled back to is not new any more. */
const FRESH_MS = 3000

/** The part of the explorer that the list shows. */
type Explorer = {
  view: LogView
  change: ChangeView
  zone: string
  screen: ReturnType<typeof useLogsScreen>
  live: LiveListState
  selection: Selection
  keys: ReturnType<typeof useLogsKeys>
}

/** The lines, as many in the document as the window shows; the page itself scrolls. */
export function LogList({
  explorer,
  barPx,
}: {
  explorer: Explorer
  /** How much of the window the bar above covers. */
  barPx: number
}) {
  const { view, change, zone, live, keys, selection } = explorer
  const { rows, fetched, setChoosing } = live
  const { isError: isStale, isPlaceholderData: isOld } = explorer.screen.page
  const phone = useMediaQuery(PHONE)
  const body = useRef<HTMLDivElement>(null)
  const { active: activeId, menuOf, setMenuOf } = keys
  const look = useLook(view, keys.find.text ?? '')
  const { rowPx, layout } = look
  const { drawn, height, measure, isActiveDrawn } = useDrawnRows({ body, rows, rowPx, activeId, barPx })
  const { target, pick } = useValueTarget(menuOf, setChoosing)
  const clicks = useRowClicks({ ...keys, opened: view.log, change, selection })
  const onCopy = useCopiedRows(rows)
  const now = serverNow()
  // Rows show the day by it, and are not drawn again for every second.
  const minute = now - (now % 60_000)
  const shared = { ...look.row, ...clicks, pick, zone, now: minute }
  const shownOf = (row: LogRow): RowProps => ({
    ...{ ...shared, row, active: row.id === activeId },
    ...{ opened: row.id === view.log, selected: selection.ids.has(row.id) },
    // A line that came with the page did not arrive over the stream.
    fresh: !fetched.has(row.id) && now - Date.parse(row.timestamp) < FRESH_MS,
  })
  return (
    <>
      <div
        role="grid"
        aria-label="Log lines"
        aria-rowcount={rows.length + 1}
        aria-busy={isOld}
        aria-activedescendant={isActiveDrawn ? `log-${activeId}` : undefined}
        tabIndex={0}
        data-log-list
        onCopy={onCopy}
        style={{ '--columns': tracksOf(layout) } as React.CSSProperties}
        className={`rounded-lg border border-line bg-surface focus-visible:outline-offset-0 ${isOld || isStale ? 'outdated' : ''} ${isStale ? 'border-dashed' : ''}`}
      >
        {!phone && <ListHeader zone={zone} />}
        <div ref={body} role="rowgroup" className="relative" style={{ height }}>
          {drawn.map((place) => (
            <PlacedRow key={place.row.id} {...{ place, measure, phone }} shown={shownOf(place.row)} />
          ))}
        </div>
      </div>
      <ListMenus
        {...{ rows, menuOf, target, view, change }}
        close={{ row: () => setMenuOf(null), value: () => pick(null) }}
      />
    </>
  )
}

/** The look of all rows: their columns, their height, and what is marked in them. */
function useLook({ q, search }: LogView, find: string) {
  const phone = useMediaQuery(PHONE)
  const [wrap] = usePreference(wrapPreference)
  const [density] = usePreference(densityPreference)
  const layout = useColumns()
  // Beside what was searched for, the text to find is marked.
  const needles = useMemo(() => needlesIn({ q, search }, find), [q, search, find])
  return {
    layout,
    rowPx: phone ? CARD_PX : ROW_PX[density],
    row: { columns: layout.shown, needles, wrap: wrap === 'wrap', roomy: density === 'roomy' },
  }
}

/** The value whose menu is open; while a menu is open, no lines are added. */
function useValueTarget(menuOf: number | null, onChoosing: (choosing: boolean) => void) {
  const [target, setTarget] = useState<ValueTarget | null>(null)
  const pick = useStable((next: ValueTarget | null) => {
    setTarget(next)
    onChoosing(next !== null)
  })
  useEffect(() => {
    onChoosing(menuOf !== null)
  }, [menuOf, onChoosing])
  return { target, pick }
}

function PlacedRow({
  place: { row, index, top },
  measure,
  phone,
  shown,
}: {
  place: DrawnRow
  measure: ((element: Element | null) => void) | undefined
  phone: boolean
  shown: RowProps
}) {
  const Row = phone ? LogCard : LogLine
  return (
    <div
      data-index={index}
      ref={measure}
      role="row"
      id={`log-${row.id}`}
      aria-rowindex={index + 2}
      aria-selected={shown.opened || shown.selected}
      tabIndex={-1}
      className={`inset-x-0 top-0 focus-visible:-outline-offset-2 ${top === null ? 'relative' : 'absolute'}`}
      style={top === null ? undefined : { transform: `translateY(${top}px)` }}
    >
      <Row {...shown} />
    </div>
  )
}

/** The props of every row; rows of a list differ only in their line. */
type RowProps = {
  row: LogRow
  columns: readonly Column[]
  zone: string
  now: number
  needles: Needles
  active: boolean
  opened: boolean
  selected: boolean
  fresh: boolean
  wrap: boolean
  roomy: boolean
  onClick: (id: number, event: MouseEvent) => void
  onMenu: (row: LogRow, event: MouseEvent) => void
  pick: (target: ValueTarget) => void
}

/** One line of the list on a wide screen. */
const LogLine = memo(function LogLine(props: RowProps) {
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

/** One line of the list on a phone. */
const LogCard = memo(function LogCard(props: RowProps) {
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
