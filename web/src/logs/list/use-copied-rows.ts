import type { ClipboardEvent } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { rowsAs } from './row-text.ts'

/**
 * Text selected across several rows is copied as whole lines, as the bar of picked lines has them: a browser would put
 * every cell on a line of its own. Within one row it is copied as it was selected.
 */
export function useCopiedRows(rows: readonly LogRow[]) {
  return (event: ClipboardEvent<HTMLElement>) => {
    const selection = document.getSelection()
    if (selection === null || selection.rangeCount === 0) return
    const range = selection.getRangeAt(0)
    const drawn = event.currentTarget.querySelectorAll('[role="row"][id]')
    const ids = new Set(
      Array.from(drawn)
        .filter((row) => range.intersectsNode(row))
        .map((row) => row.id),
    )
    if (ids.size < 2) return
    event.preventDefault()
    const selected = rows.filter((row) => ids.has(`log-${row.id}`))
    event.clipboardData.setData('text/plain', rowsAs('text', selected))
  }
}
