import { lazy, Suspense, useEffect, useState } from 'react'
import { useSession } from '../session/use-session.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { FilterBar } from './filter-bar.tsx'
import { FilterPills } from './filter-pills.tsx'
import { HistogramPanel } from './histogram-panel.tsx'
import { ListNotices } from './list-notices.tsx'
import { ListState } from './list-state.tsx'
import { LogList } from './log-list.tsx'
import { Paging } from './paging.tsx'
import { ScreenActions } from './screen-actions.tsx'
import { StatCards } from './stat-cards.tsx'
import { Summary } from './summary.tsx'
import { useLiveList } from './use-live-list.ts'
import { useLogsKeys } from './use-logs-keys.ts'
import { useLogsScreen } from './use-logs-screen.ts'
import { useView } from './use-view.ts'
import { useWindowTitle } from './use-window-title.ts'

const DetailPanel = lazy(() =>
  import('./detail-panel.tsx').then((module) => ({ default: module.DetailPanel })),
)
const ShortcutsSheet = lazy(() =>
  import('./shortcuts-sheet.tsx').then((module) => ({ default: module.ShortcutsSheet })),
)

/** The explorer: what the URL says, drawn. */
export function LogsPage() {
  const [view, change] = useView()
  const zone = useDisplayZone()
  const session = useSession()
  const screen = useLogsScreen(view, zone)
  const live = useLiveList(view, change, screen)
  const [sheetOpen, setSheetOpen] = useState(false)
  const keys = useLogsKeys({
    view,
    change,
    live,
    refresh: screen.refresh,
    rows: live.rows,
    openSheet: () => setSheetOpen(true),
  })
  useWindowTitle(view, live.waitingCount)

  // A page past the last one is answered empty; the list says so and leads back.
  const opened = live.rows.find((row) => row.id === view.log) ?? null
  useEffect(() => {
    if (view.log !== null) keys.setActive(view.log)
  }, [view.log, keys.setActive])

  return (
    <main id="content" className="pb-10">
      <h1 className="sr-only">Logs</h1>
      <div className="flex flex-wrap items-stretch gap-3 px-4 pt-4 sm:px-6">
        <StatCards stats={screen.stats} view={view} change={change} zone={zone} />
        <ScreenActions
          live={live}
          refresh={screen.refresh}
          busy={screen.page.isFetching}
          isAdmin={session.data?.role === 'admin'}
          openSheet={() => setSheetOpen(true)}
        />
      </div>
      <div className="sticky top-0 z-20 bg-canvas">
        <FilterBar view={view} change={change} facetsQuery={screen.facetsQuery} zone={zone} />
      </div>
      <FilterPills view={view} change={change} />
      <HistogramPanel
        histogram={screen.histogram}
        zone={zone}
        onBrush={live.setBrushing}
        zoom={(from, to) => change({ range: { kind: 'between', from, to } })}
      />
      <Summary screen={screen} view={view} live={live} zone={zone} />
      <div className="flex items-start px-4 sm:px-6">
        <div className="min-w-0 flex-1">
          <ListNotices live={live} screen={screen} />
          {live.rows.length > 0 ? (
            <LogList
              rows={live.rows}
              view={view}
              change={change}
              zone={zone}
              dimmed={screen.page.isPlaceholderData}
              stale={screen.page.isError}
              activeId={keys.active}
              setActive={keys.setActive}
              freshAfter={live.freshAfter}
              onChoosing={live.setChoosing}
            />
          ) : (
            <ListState screen={screen} view={view} change={change} zone={zone} />
          )}
          <Paging
            page={screen.page.data ?? null}
            view={view}
            change={change}
            newest={screen.page.data?.logs[0] ?? null}
          />
        </div>
        {view.log !== null && (
          <Suspense fallback={null}>
            <DetailPanel id={view.log} row={opened} view={view} change={change} zone={zone} />
          </Suspense>
        )}
      </div>
      {sheetOpen && (
        <Suspense fallback={null}>
          <ShortcutsSheet close={() => setSheetOpen(false)} />
        </Suspense>
      )}
    </main>
  )
}
