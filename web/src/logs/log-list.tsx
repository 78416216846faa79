// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { lazy, Suspense, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { usePreference } from '../app/preference.ts'
import { PHONE, useMediaQuery } from '../controls/use-media-query.ts'
import { ListHeader } from './list-header.tsx'
import { densityPreference, wrapPreference } from './list-preferences.ts'
import { LogCard } from './log-card.tsx'
import { LogLine } from './log-line.tsx'
import type { ChangeView } from './use-view.ts'
import type { ValueTarget } from './value-menu.tsx'
import type { LogView } from './view.ts'

const ValueMenu = lazy(() => import('./value-menu.tsx').then((module) => ({ default: module.ValueMenu })))

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
  const pick = (next: ValueTarget | null) => {
    setTarget(next)
    onChoosing(next !== null)
  }
  const activeIndex = rows.findIndex((row) => row.id === activeId)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a move of the cursor scrolls, not arriving rows
  useEffect(() => {
    if (activeIndex >= 0) virtualizer.scrollToIndex(activeIndex, { align: 'auto' })
  }, [activeId])

  const now = serverNow()
  const Row = phone ? LogCard : LogLine
  const open = (id: number) => {
    // The end of a selection is not a click on a line.
    if (document.getSelection()?.isCollapsed === false) return
    setActive(id)
    change({ log: view.log === id ? null : id })
  }
  return (
    <>
      <div
        role="grid"
        aria-label="Log lines"
        aria-rowcount={rows.length + 1}
        aria-busy={dimmed}
        aria-activedescendant={activeId === null ? undefined : `log-${activeId}`}
        tabIndex={0}
        data-log-list
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
                aria-selected={row.id === view.log}
                tabIndex={-1}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start - scrollMargin}px)` }}
              >
                <Row
                  row={row}
                  zone={zone}
                  now={now}
                  needle={view.search}
                  active={row.id === activeId}
                  opened={row.id === view.log}
                  fresh={freshAfter > 0 && row.id > freshAfter && now - Date.parse(row.timestamp) < FRESH_MS}
                  wrap={wrap === 'wrap'}
                  roomy={density === 'roomy'}
                  open={open}
                  pick={pick}
                />
              </div>
            )
          })}
        </div>
      </div>
      {target && (
        <Suspense fallback={null}>
          <ValueMenu target={target} view={view} change={change} close={() => pick(null)} />
        </Suspense>
      )}
    </>
  )
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
