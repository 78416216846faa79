import { type PointerEvent, useState } from 'react'

/** A drag shorter than this is a click. */
const BRUSH_PX = 6

export type Brush = { from: number; to: number }

/** A span drawn with the pointer across an element, in pixels from its left edge; a finger still scrolls up and down. */
export function useBrush(takes: {
  onMove: (x: number) => void
  onPress: (pressed: boolean) => void
  onSpan: (from: number, to: number) => void
  onClick: (x: number) => void
}) {
  const [brush, setBrush] = useState<Brush | null>(null)
  const end = () => {
    if (brush === null) return
    setBrush(null)
    takes.onPress(false)
  }
  return {
    brush: brush !== null && isSpan(brush) ? brush : null,
    handlers: {
      onPointerDown(event: PointerEvent<HTMLElement>) {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        const x = within(event)
        setBrush({ from: x, to: x })
        takes.onPress(true)
      },
      onPointerMove(event: PointerEvent<HTMLElement>) {
        const x = within(event)
        takes.onMove(x)
        if (brush !== null) setBrush({ ...brush, to: x })
      },
      onPointerUp(event: PointerEvent<HTMLElement>) {
        if (brush === null) return
        const span = { ...brush, to: within(event) }
        if (isSpan(span)) takes.onSpan(Math.min(span.from, span.to), Math.max(span.from, span.to))
        else takes.onClick(span.to)
        end()
      },
      onPointerCancel: end,
    },
  }
}

function isSpan({ from, to }: Brush): boolean {
  return Math.abs(to - from) >= BRUSH_PX
}

function within(event: PointerEvent<HTMLElement>): number {
  const { left, width } = event.currentTarget.getBoundingClientRect()
  return Math.max(0, Math.min(event.clientX - left, width - 1))
}
