// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { lazy, type MouseEvent, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { usePreference } from '../app/preference.ts'
import { PHONE, useMediaQuery } from '../controls/use-media-query.ts'
import { needlesOf } from '../text/needles.ts'
import { tracksOf, useColumns } from './columns.ts'
import { ListHeader } from './list-header.tsx'
import { densityPreference, wrapPreference } from './list-preferences.ts'
import { LogCard } from './log-card.tsx'
import { LogLine } from './log-line.tsx'
import type { RowTarget } from './row-menu.tsx'
import type { Selection } from './use-selection.ts'
import type { ChangeView } from './use-view.ts'
import type { ValueTarget } from './value-menu.tsx'
import type { LogView } from './view.ts'

const ValueMenu = lazy(() => import('./value-menu.tsx').then((module) => ({ default: module.ValueMenu })))

const RowMenu = lazy(() => import('./row-menu.tsx').then((module) => ({ default: module.RowMenu })))

const ROW_PX = { compact: 26, roomy: 34 } as const
const CARD_PX = 76
/** A line that arrived is tinted this long; one that is scrolled back to is not new any more. */
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
  freshAfter,
  onChoosing,
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
  freshAfter: number
  onChoosing: (choosing: boolean) => void
}) {
  const phone = useMediaQuery(PHONE)
  const [wrap] = usePreference(wrapPreference)
  const [density] = usePreference(densityPreference)
  const [target, setTarget] = useState<ValueTarget | null>(null)
  const body = useRef<HTMLDivElement>(null)
  const scrollMargin = useTopOf(body)
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (phone ? CARD_PX : ROW_PX[density]),
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 10,
    scrollMargin,
    // The sticky bars above cover this much of what is scrolled to.
    scrollPaddingStart: 96,
    scrollPaddingEnd: 16,
  })
  const layout = useColumns()
  const needles = useMemo(
    () => [...needlesOf(view.q), view.search, find].filter((needle) => needle !== ''),
    [view.q, view.search, find],
  )
  const pick = (next: ValueTarget | null) => {
    setTarget(next)
    onChoosing(next !== null)
  }
  const activeIndex = rows.findIndex((row) => row.id === activeId)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a move of the cursor scrolls, not arriving rows
  useEffect(() => {
    if (activeIndex >= 0) virtualizer.scrollToIndex(activeIndex, { align: 'auto' })
  }, [activeId])

  // It may be scrolled away, or an open line that is not of the list.
  const isActiveDrawn =
    activeIndex >= 0 && virtualizer.getVirtualItems().some(({ index }) => index === activeIndex)

  const now = serverNow()
  const Row = phone ? LogCard : LogLine
  const onClick = (id: number, event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey) return selection.toggle(id)
    if (event.shiftKey) {
      document.getSelection()?.removeAllRanges()
      return selection.extendTo(id)
    }
    // The end of a selection is not a click on a line.
    if (document.getSelection()?.isCollapsed === false) return
    setActive(id)
    change({ log: view.log === id ? null : id })
  }
  const onMenu = (row: LogRow, event: MouseEvent) => {
    // The browser's own menu is for selected text, and for who asks for it.
    if (event.shiftKey || document.getSelection()?.isCollapsed === false) return
    event.preventDefault()
    setActive(row.id)
    setMenuOf(row.id)
  }
  const menuTarget = menuOf === null ? null : targetOf(menuOf, rows)
  useEffect(() => {
    onChoosing(menuOf !== null)
  }, [menuOf, onChoosing])
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
        style={{ '--columns': tracksOf(layout) } as React.CSSProperties}
        className={`rounded-lg border border-line bg-surface transition-opacity duration-200 focus-visible:outline-offset-0 ${dimmed ? 'opacity-55 delay-150' : ''} ${stale ? 'border-dashed opacity-70' : ''}`}
      >
        {!phone && <ListHeader zone={zone} />}
        <div ref={body} role="rowgroup" className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index]
            if (row === undefined) return null
            return (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtualizer.measureElement}
                role="row"
                id={`log-${row.id}`}
                aria-rowindex={item.index + 2}
                aria-selected={row.id === view.log || selection.ids.has(row.id)}
                tabIndex={-1}
                className="absolute inset-x-0 top-0 focus-visible:-outline-offset-2"
                style={{ transform: `translateY(${item.start - scrollMargin}px)` }}
              >
                <Row
                  row={row}
                  zone={zone}
                  now={now}
                  columns={layout.shown}
                  needles={needles}
                  active={row.id === activeId}
                  opened={row.id === view.log}
                  selected={selection.ids.has(row.id)}
                  fresh={freshAfter > 0 && row.id > freshAfter && now - Date.parse(row.timestamp) < FRESH_MS}
                  wrap={wrap === 'wrap'}
                  roomy={density === 'roomy'}
                  onClick={onClick}
                  onMenu={onMenu}
                  pick={pick}
                />
              </div>
            )
          })}
        </div>
      </div>
      {menuTarget && (
        <Suspense fallback={null}>
          <RowMenu target={menuTarget} view={view} change={change} close={() => setMenuOf(null)} />
        </Suspense>
      )}
      {target && (
        <Suspense fallback={null}>
          <ValueMenu target={target} view={view} change={change} close={() => pick(null)} />
        </Suspense>
      )}
    </>
  )
}

function targetOf(id: number, rows: readonly LogRow[]): RowTarget | null {
  const row = rows.find((one) => one.id === id)
  const anchor = document.getElementById(`log-${id}`)
  return row && anchor ? { row, anchor } : null
}

/** Where an element begins on the page, kept true when what stands above it grows. */
function useTopOf(element: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measure = () => {
      const box = element.current?.getBoundingClientRect()
      if (box) setTop(Math.round(box.top + window.scrollY))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [element])
  return top
}
