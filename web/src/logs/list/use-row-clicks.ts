import { type MouseEvent, useCallback, useLayoutEffect, useRef } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import type { ChangeView } from '../use-view.ts'
import type { Selection } from './use-selection.ts'

/** A function of constant identity that calls the newest handler: components that get it need not render again. */
export function useStable<Parameters extends unknown[]>(
  handler: (...parameters: Parameters) => void,
): (...parameters: Parameters) => void {
  const newest = useRef(handler)
  useLayoutEffect(() => {
    newest.current = handler
  })
  return useCallback((...parameters) => newest.current(...parameters), [])
}

/** The actions of a press on a row: open it, pick it, pick all up to it, or bring up its menu. */
export function useRowClicks(list: {
  opened: number | null
  change: ChangeView
  selection: Selection
  setActive: (id: number) => void
  setMenuOf: (id: number) => void
}) {
  const { opened, change, selection, setActive, setMenuOf } = list
  const onClick = useStable((id: number, event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey) return selection.toggle(id)
    if (event.shiftKey) {
      document.getSelection()?.removeAllRanges()
      return selection.extendTo(id)
    }
    // The end of a selection is not a click on a line.
    if (document.getSelection()?.isCollapsed === false) return
    setActive(id)
    change({ log: opened === id ? null : id })
  })
  const onMenu = useStable((row: LogRow, event: MouseEvent) => {
    // The browser's own menu is for selected text, and for who asks for it.
    if (event.shiftKey || document.getSelection()?.isCollapsed === false) return
    event.preventDefault()
    setActive(row.id)
    setMenuOf(row.id)
  })
  return { onClick, onMenu }
}
