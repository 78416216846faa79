import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { clockTicks } from './histogram-ticks.ts'
import type { Brush } from './use-brush.ts'

/** The span of a plane of time, in milliseconds; its end is its start where there is nothing to show. */
export type TimeAxis = { from: number; to: number; zone: string }

/** From one time below the plane to the next, at least. */
const TICK_PX = 56

/** A plane of time as a slider, with a value for each of its steps. */
export function TimeSlider({
  slider,
  label,
  value: { last, current, text },
  onKeyDown,
  leave,
  children,
}: {
  slider: RefObject<HTMLDivElement | null>
  label: string
  value: { last: number; current: number; text: string }
  onKeyDown: (event: KeyboardEvent) => void
  /** The focus went elsewhere. */
  leave: () => void
  children: ReactNode
}) {
  return (
    <div
      ref={slider}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={Math.max(0, current)}
      aria-valuetext={text}
      onKeyDown={onKeyDown}
      onBlur={leave}
      className="h-full rounded-sm focus-visible:-outline-offset-1"
    >
      {children}
    </div>
  )
}

/** The times below a plane. @param width of the plane in pixels; 0 until it is known */
export function TimeTicks({ axis: { from, to, zone }, width }: { axis: TimeAxis; width: number }) {
  if (width === 0) return null
  const most = Math.max(1, Math.floor(width / TICK_PX))
  return clockTicks(from, to, zone, most).map((tick) => (
    <span
      key={tick.at}
      aria-hidden="true"
      className="figures absolute top-full -translate-x-1/2 pt-1 whitespace-nowrap"
      style={{ left: `${((tick.at - from) / (to - from)) * 100}%` }}
    >
      {tick.text}
    </span>
  ))
}

/** The span being drawn on a plane. */
export function BrushedSpan({ brush }: { brush: Brush | null }) {
  if (brush === null) return null
  return (
    <div
      className="absolute inset-y-0 border-x border-accent bg-accent/22"
      style={{ left: Math.min(brush.from, brush.to), width: Math.abs(brush.to - brush.from) }}
    />
  )
}
