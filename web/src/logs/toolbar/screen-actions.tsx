import { Download, Ellipsis, RotateCw } from 'lucide-react'
import { Suspense, useState } from 'react'
import { lazyPart } from '../../app/lazy-part.ts'
import { IconButton } from '../../controls/button.tsx'
import { PopupButton } from '../../controls/popup-button.tsx'
import { ViewsButton } from '../../views/views-button.tsx'
import { LiveBadge } from '../live/live-badge.tsx'
import type { LiveListState } from '../live/use-live-list.ts'
import { filtersOf } from '../use-view.ts'
import { filterParameters, type LogView } from '../view.ts'
import type { Removal } from './removal-dialog.tsx'

const loadMenu = () => import('./more-menu.tsx').then((module) => ({ default: module.MoreMenu }))
const MoreMenu = lazyPart(loadMenu)
const RemovalDialog = lazyPart(() =>
  import('./removal-dialog.tsx').then((module) => ({ default: module.RemovalDialog })),
)

const ExportDialog = lazyPart(() =>
  import('../../export/export-dialog.tsx').then((module) => ({ default: module.ExportDialog })),
)

/** Actions on the whole screen that do not filter it. */
export function ScreenActions({
  live,
  refresh,
  busy,
  isAdmin,
  openSheet,
  view,
  exportQuery,
}: {
  live: LiveListState
  refresh: () => void
  busy: boolean
  isAdmin: boolean
  openSheet: () => void
  view: LogView
  /** The listed lines, across all pages. */
  exportQuery: string
}) {
  const [removal, setRemoval] = useState<Removal | null>(null)
  // As it was when it was opened: an export does not move while lines arrive.
  const [exporting, setExporting] = useState<string | null>(null)
  return (
    <div className="flex items-center gap-1.5 max-lg:w-full print:hidden">
      <LiveBadge live={live} />
      <IconButton label="Refresh (r)" kind="plain" onClick={refresh} className="max-lg:ml-auto">
        <RotateCw size={15} className={busy ? 'animate-spin' : ''} aria-hidden />
      </IconButton>
      <IconButton label="Export" kind="plain" onClick={() => setExporting(exportQuery)}>
        <Download size={15} aria-hidden />
      </IconButton>
      <ViewsButton query={filtersOf(view).slice(1)} />
      <PopupButton
        size="icon"
        aria-label="More"
        title="More"
        preload={loadMenu}
        popup={(popup) => (
          <MoreMenu
            {...{ ...popup, isAdmin, openSheet }}
            query={exportQuery}
            filters={filterParameters(view).toString()}
            remove={setRemoval}
          />
        )}
      >
        <Ellipsis size={16} aria-hidden />
      </PopupButton>
      {exporting !== null && (
        <Suspense fallback={null}>
          <ExportDialog query={exporting} close={() => setExporting(null)} />
        </Suspense>
      )}
      {removal && (
        <Suspense fallback={null}>
          <RemovalDialog {...removal} close={() => setRemoval(null)} />
        </Suspense>
      )}
    </div>
  )
}
