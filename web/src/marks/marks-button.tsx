import { Flag } from 'lucide-react'
import { lazyPart } from '../app/lazy-part.ts'
import { PopupButton } from '../controls/popup-button.tsx'

const load = () => import('./marks-panel.tsx').then((module) => ({ default: module.MarksPanel }))
const MarksPanel = lazyPart(load)

/** Leads to the marks of a range, and to another one. */
export function MarksButton({ from, to, zone }: { from: number; to: number; zone: string }) {
  return (
    <PopupButton
      size="icon"
      aria-label="Marks"
      title="Marks"
      preload={load}
      popup={(popup) => <MarksPanel {...popup} from={from} to={to} zone={zone} />}
    >
      <Flag size={15} aria-hidden />
    </PopupButton>
  )
}
