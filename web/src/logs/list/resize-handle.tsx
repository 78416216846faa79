import { type PointerEvent, useRef } from 'react'
import { type Column, columnName, columns, useColumns, widthOf } from './columns.ts'

const STEP_REM = 0.5

/** The edge of a column: dragged, or moved by arrow keys; a double click puts all back. */
export function ResizeHandle({ column }: { column: Column }) {
  const width = widthOf(useColumns(), column)
  const began = useRef<{ x: number; rem: number } | null>(null)
  const onMove = (event: PointerEvent) => {
    if (began.current === null) return
    const remPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
    columns.resize(column, began.current.rem + (event.clientX - began.current.x) / remPx)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved
    <span
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${columnName(column)}`}
      aria-valuenow={Math.round(width * 10) / 10}
      title="Drag to resize; double-click resets all widths"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        began.current = { x: event.clientX, rem: width }
      }}
      onPointerMove={onMove}
      onPointerUp={() => {
        began.current = null
      }}
      onDoubleClick={columns.resetWidths}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') columns.resize(column, width - STEP_REM)
        else if (event.key === 'ArrowRight') columns.resize(column, width + STEP_REM)
        else return
        event.preventDefault()
      }}
      className="absolute -inset-y-1 -right-2.5 w-3 cursor-col-resize touch-none before:absolute before:inset-y-1 before:left-1.5 before:w-px before:bg-line hover:before:bg-accent"
    />
  )
}
