// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
import { useEffect, useMemo, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { serverNow } from '../../api/server-clock.ts'
import { usePreference } from '../../app/preference.ts'
import { PHONE, useMediaQuery } from '../../controls/use-media-query.ts'
import { densityPreference, wrapPreference } from '../list-preferences.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { tracksOf, useColumns } from './columns.ts'
import { ListHeader } from './list-header.tsx'
import { ListMenus } from './list-menus.tsx'
import { LogCard } from './log-card.tsx'
import { LogLine } from './log-line.tsx'
import { needlesIn } from './needles-in.ts'
import { useCopiedRows } from './use-copied-rows.ts'
import { useDrawnRows } from './use-drawn-rows.ts'
import { useRowClicks, useStable } from './use-row-clicks.ts'
import type { Selection } from './use-selection.ts'
import type { ValueTarget } from './value-menu.tsx'

const ROW_PX = { compact: 26, roomy: 34 } as const
const CARD_PX = 76
/** A line that arrived is tinted this long; a line that is scrolled back to is not new any more. */
const FRESH_MS = 3000

/** The lines, as many in the document as the window shows; the page itself scrolls. */
export function LogList({
  rows,
  view,
  change,
  zone,
  dimmed,
  stale,
  activeId,
  setActive,
  selection,
  find,
  menuOf,
  setMenuOf,
  fetched,
  onChoosing,
  barPx,
}: {
  rows: readonly LogRow[]
  view: LogView
  change: ChangeView
  zone: string
  dimmed: boolean
  stale: boolean
  activeId: number | null
  setActive: (id: number) => void
  selection: Selection
  /** Text to be marked beside what was searched for. */
  find: string
  /** The line whose menu is open. */
  menuOf: number | null
  setMenuOf: (id: number | null) => void
  /** Ids of the lines that did not arrive over the stream. */
  fetched: ReadonlySet<number>
  onChoosing: (choosing: boolean) => void
  /** How much of the window the bar above covers. */
  barPx: number
}) {
  const phone = useMediaQuery(PHONE)
  const [wrap] = usePreference(wrapPreference)
  const [density] = usePreference(densityPreference)
  const [target, setTarget] = useState<ValueTarget | null>(null)
  const body = useRef<HTMLDivElement>(null)
  const rowPx = phone ? CARD_PX : ROW_PX[density]
  const { drawn, height, measure, isActiveDrawn } = useDrawnRows({ body, rows, rowPx, activeId, barPx })
  const layout = useColumns()
  const { q, search } = view
  const needles = useMemo(() => needlesIn({ q, search }, find), [q, search, find])
  const pick = useStable((next: ValueTarget | null) => {
    setTarget(next)
    onChoosing(next !== null)
  })
  useEffect(() => {
    onChoosing(menuOf !== null)
  }, [menuOf, onChoosing])
  const { onClick, onMenu } = useRowClicks({ opened: view.log, change, selection, setActive, setMenuOf })
  const onCopy = useCopiedRows(rows)

  const now = serverNow()
  // Rows show the day by it, and are not drawn again for every second.
  const minute = now - (now % 60_000)
  const Row = phone ? LogCard : LogLine
  return (
    <>
      <div
        role="grid"
        aria-label="Log lines"
        aria-rowcount={rows.length + 1}
        aria-busy={dimmed}
        aria-activedescendant={isActiveDrawn ? `log-${activeId}` : undefined}
        tabIndex={0}
        data-log-list
        onCopy={onCopy}
        style={{ '--columns': tracksOf(layout) } as React.CSSProperties}
        className={`rounded-lg border border-line bg-surface focus-visible:outline-offset-0 ${dimmed || stale ? 'outdated' : ''} ${stale ? 'border-dashed' : ''}`}
      >
        {!phone && <ListHeader zone={zone} />}
        <div ref={body} role="rowgroup" className="relative" style={{ height }}>
          {drawn.map(({ row, index, top }) => (
            <div
              key={row.id}
              data-index={index}
              ref={measure}
              role="row"
              id={`log-${row.id}`}
              aria-rowindex={index + 2}
              aria-selected={row.id === view.log || selection.ids.has(row.id)}
              tabIndex={-1}
              className={`inset-x-0 top-0 focus-visible:-outline-offset-2 ${top === null ? 'relative' : 'absolute'}`}
              style={top === null ? undefined : { transform: `translateY(${top}px)` }}
            >
              <Row
                row={row}
                zone={zone}
                now={minute}
                columns={layout.shown}
                needles={needles}
                active={row.id === activeId}
                opened={row.id === view.log}
                selected={selection.ids.has(row.id)}
                fresh={!fetched.has(row.id) && now - Date.parse(row.timestamp) < FRESH_MS}
                wrap={wrap === 'wrap'}
                roomy={density === 'roomy'}
                onClick={onClick}
                onMenu={onMenu}
                pick={pick}
              />
            </div>
          ))}
        </div>
      </div>
      <ListMenus
        rows={rows}
        menuOf={menuOf}
        target={target}
        close={{ row: () => setMenuOf(null), value: () => pick(null) }}
        view={view}
        change={change}
      />
    </>
  )
}
