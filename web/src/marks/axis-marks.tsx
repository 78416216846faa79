import { AlertMarkLinks } from '../alerts/alert-mark-links.tsx'
import type { TimeAxis } from '../logs/histogram/time-axis.tsx'
import { MarkAxis } from './mark-axis.tsx'
import type { useMarking } from './use-marking.ts'

/** The alerts of a plane of time, and the strip that marks are written on. Beside the slider: nothing in one can be reached by itself. */
export function AxisMarks({
  axis,
  width,
  left,
  plane,
  marking: { at, begin, close },
}: {
  axis: TimeAxis
  /** The width of the plane in pixels; 0 until it is known. */
  width: number
  /** Where the plane begins, in pixels. */
  left: number
  /** Where the plane stands. */
  plane: { className: string; style?: React.CSSProperties }
  marking: ReturnType<typeof useMarking>
}) {
  return (
    <>
      {width > 0 && (
        <div className={`pointer-events-none ${plane.className}`} style={plane.style}>
          <AlertMarkLinks {...axis} width={width} />
        </div>
      )}
      <MarkAxis {...axis} left={left} at={at} begin={begin} close={close} />
    </>
  )
}
