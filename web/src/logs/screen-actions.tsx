import { Ellipsis, RotateCw } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { IconButton } from '../controls/button.tsx'
import { PopupButton } from '../controls/popup-button.tsx'
import { LiveBadge } from './live-badge.tsx'
import type { LiveListState } from './use-live-list.ts'

const loadMenu = () => import('./more-menu.tsx').then((module) => ({ default: module.MoreMenu }))
const MoreMenu = lazy(loadMenu)
const ClearDialog = lazy(() =>
  import('./clear-dialog.tsx').then((module) => ({ default: module.ClearDialog })),
)

/** What acts on the whole screen rather than narrowing it. */
export function ScreenActions({
  live,
  refresh,
  busy,
  isAdmin,
  openSheet,
}: {
  live: LiveListState
  refresh: () => void
  busy: boolean
  isAdmin: boolean
  openSheet: () => void
}) {
  const [clearing, setClearing] = useState(false)
  return (
    <div className="flex items-center gap-1.5 max-sm:w-full">
      <LiveBadge live={live} />
      <IconButton label="Refresh (r)" kind="plain" onClick={refresh} className="max-sm:ml-auto">
        <RotateCw size={15} className={busy ? 'animate-spin' : ''} aria-hidden />
      </IconButton>
      <PopupButton
        size="icon"
        aria-label="More"
        title="More"
        preload={loadMenu}
        popup={(popup) => (
          <MoreMenu {...popup} isAdmin={isAdmin} openSheet={openSheet} clear={() => setClearing(true)} />
        )}
      >
        <Ellipsis size={16} aria-hidden />
      </PopupButton>
      {clearing && (
        <Suspense fallback={null}>
          <ClearDialog close={() => setClearing(false)} />
        </Suspense>
      )}
    </div>
  )
}
