import { Bookmark } from 'lucide-react'
import { lazy } from 'react'
import { PopupButton } from '../controls/popup-button.tsx'
import { formatView, type LogView } from '../logs/view.ts'

const load = () => import('./views-panel.tsx').then((module) => ({ default: module.ViewsPanel }))
const ViewsPanel = lazy(load)

export function ViewsButton({ view }: { view: LogView }) {
  const query = formatView({ ...view, page: 1, until: null, log: null }).slice(1)
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
