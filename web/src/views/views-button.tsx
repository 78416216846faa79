import { Bookmark } from 'lucide-react'
import { lazyPart } from '../app/lazy-part.ts'
import { PopupButton } from '../controls/popup-button.tsx'

const load = () => import('./views-panel.tsx').then((module) => ({ default: module.ViewsPanel }))
const ViewsPanel = lazyPart(load)

/** @param query of the view that is shown, to be saved */
export function ViewsButton({ query }: { query: string }) {
  return (
    <PopupButton
      size="icon"
      aria-label="Saved views"
      title="Saved views"
      preload={load}
      popup={(popup) => <ViewsPanel {...popup} query={query} />}
    >
      <Bookmark size={15} aria-hidden />
    </PopupButton>
  )
}
