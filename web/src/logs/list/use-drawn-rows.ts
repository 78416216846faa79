import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useEffect, useLayoutEffect, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { useMediaQuery } from '../../controls/use-media-query.ts'

/** More sheets of paper than these nobody reads; the export has all lines. */
const PRINTED = 1000

/** The head of the list, and a little air. */
const HEAD_PX = 40

/** A row in the document, and how far below the first row it stands; null where it just follows. */
export type DrawnRow = { row: LogRow; index: number; top: number | null }

/** As many rows as the window shows; on paper, which shows no window, as many as are worth it. */
export function useDrawnRows(list: {
  body: RefObject<HTMLElement | null>
  rows: readonly LogRow[]
  rowPx: number
  activeId: number | null
  barPx: number
}) {
  const { body, rows, rowPx, activeId, barPx } = list
  const printing = useMediaQuery('print')
  const scrollMargin = useTopOf(body)
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowPx,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 10,
    scrollMargin,
    // The bar and the head of the list cover this much of what is scrolled to.
    scrollPaddingStart: barPx + HEAD_PX,
    scrollPaddingEnd: 16,
  })
  const activeIndex = rows.findIndex((row) => row.id === activeId)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a move of the cursor scrolls, not arriving rows
  useEffect(() => {
    if (activeIndex >= 0) virtualizer.scrollToIndex(activeIndex, { align: 'auto' })
  }, [activeId])

  const virtual = virtualizer.getVirtualItems().flatMap(({ index, start }): DrawnRow[] => {
    const row = rows[index]
    return row === undefined ? [] : [{ row, index, top: start - scrollMargin }]
  })
  return {
    drawn: printing ? rows.slice(0, PRINTED).map((row, index) => ({ row, index, top: null })) : virtual,
    height: printing ? undefined : virtualizer.getTotalSize(),
    measure: printing ? undefined : virtualizer.measureElement,
    /** It may be scrolled away, or an open line that is not of the list. */
    isActiveDrawn: virtual.some(({ row }) => row.id === activeId),
  }
}

/** Where an element begins on the page, kept true when what stands above it grows. */
function useTopOf(element: RefObject<HTMLElement | null>): number {
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
