import { FloatingPanel } from '../controls/floating-panel.tsx'
import type { PopupProps } from '../controls/popup-button.tsx'
import { AddMark } from './add-mark.tsx'

/** A mark at a time that was pointed at. */
export function MarkForm({ at, zone, ...popup }: PopupProps & { at: number; zone: string }) {
  return (
    <FloatingPanel {...popup} label="Add a mark" className="w-[min(22rem,calc(100vw-2rem))] p-2 pt-3">
      <AddMark zone={zone} at={at} onDone={popup.close} />
    </FloatingPanel>
  )
}
