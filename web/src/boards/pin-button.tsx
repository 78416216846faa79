import { Pin } from 'lucide-react'
import { lazyPart } from '../app/lazy-part.ts'
import type { ChartChoice } from '../chart/choice.ts'
import { PopupButton } from '../controls/popup-button.tsx'

const load = () => import('./pin-panel.tsx').then((module) => ({ default: module.PinPanel }))
const PinPanel = lazyPart(load)

/** @param query of the chart that is shown, to be pinned to a board */
export function PinButton({ query, choice }: { query: string; choice: ChartChoice }) {
  return (
    <PopupButton
      size="icon"
      aria-label="Pin to a board"
      title="Pin to a board"
      preload={load}
      popup={(popup) => <PinPanel {...popup} query={query} choice={choice} />}
    >
      <Pin size={15} aria-hidden />
    </PopupButton>
  )
}
