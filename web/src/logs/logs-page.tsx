import { type CSSProperties, Suspense, useEffect, useState } from 'react'
import { lazyPart } from '../app/lazy-part.ts'
import { usePreference } from '../app/preference.ts'
import { ROOM_FOR_BOTH, useMediaQuery, WIDE } from '../controls/use-media-query.ts'
import { useHeight } from '../controls/use-size.ts'
import { LevelChips } from '../levels/level-chips.tsx'
import { useSession } from '../session/use-session.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { FilterBar } from './filters/filter-bar.tsx'
import { FilterPills } from './filters/filter-pills.tsx'
import { HistogramPanel } from './histogram/histogram-panel.tsx'
import { useZoom, ZoomOutButton } from './histogram/zoom-out.tsx'
import { LEVEL_NAME } from './levels.ts'
import { useColumnsInUrl } from './list/columns.ts'
import { LogList } from './list/log-list.tsx'
import { SelectionBar } from './list/selection-bar.tsx'
import { useSelection } from './list/use-selection.ts'
import { facetsPreference } from './list-preferences.ts'
import { Arrivals } from './live/arrivals.tsx'
import { useLiveList } from './live/use-live-list.ts'
import { PanelPlace } from './panel-place.tsx'
import { FindBar } from './search/find-bar.tsx'
import { ListNotices } from './summary/list-notices.tsx'
import { ListState } from './summary/list-state.tsx'
import { OwnLinesHint } from './summary/own-lines-hint.tsx'
import { Paging } from './summary/paging.tsx'
import { StatCards } from './summary/stat-cards.tsx'
import { Summary } from './summary/summary.tsx'
import { ScreenActions } from './toolbar/screen-actions.tsx'
import { useLogsKeys } from './use-logs-keys.ts'
import { useLogsScreen } from './use-logs-screen.ts'
import { useView } from './use-view.ts'
import type { LogView } from './view.ts'

const DetailPanel = lazyPart(() =>
  import('./detail/detail-panel.tsx').then((module) => ({ default: module.DetailPanel })),
)
const FacetColumn = lazyPart(() =>
  import('./facets/facet-column.tsx').then((module) => ({ default: module.FacetColumn })),
)
const ShortcutsSheet = lazyPart(() =>
  import('./toolbar/shortcuts-sheet.tsx').then((module) => ({ default: module.ShortcutsSheet })),
)

/** The explorer, drawn from the URL. */
export function LogsPage() {
  const explorer = useExplorer()
  const { view, change, zone, screen, live, session, sheet } = explorer
  useWindowTitle(view, live.waitingCount)
  useColumnsInUrl(view, change)
  const { zoom, back } = useZoom(view, change)
  // Sticky elements below the bar move down where the bar has two rows.
  const [bar, barPx] = useHeight(56)
  return (
    <main id="content" className="pb-10" style={{ '--bar': `${barPx}px` } as CSSProperties}>
      <h1 className="sr-only">Logs</h1>
      <div className="flex flex-wrap items-stretch gap-3 px-4 pt-4 sm:px-6">
        <StatCards stats={screen.stats} view={view} change={change} zone={zone} />
        <ScreenActions
          live={live}
          refresh={screen.refresh}
          busy={screen.page.isFetching}
          isAdmin={session?.role === 'admin'}
          openSheet={sheet.open}
          view={view}
          exportQuery={screen.facetsQuery}
        />
      </div>
      <div ref={bar} className="sticky top-0 z-20 bg-canvas print:hidden">
        <FilterBar {...{ view, change, zone }} facetsQuery={screen.facetsQuery} error={screen.page.error} />
      </div>
      <FilterPills view={view} change={change} />
      <HistogramPanel histogram={screen.histogram} zone={zone} onBrush={live.setBrushing} zoom={zoom} />
      {/* One row for both: chips that come later move nothing below them. */}
      <div className="flex flex-wrap items-center gap-x-4 px-4 pb-2 sm:px-6 lg:pb-1">
        <Arrivals live={live} />
        <Summary screen={screen} view={view} change={change} live={live} zone={zone} />
        <ZoomOutButton back={back} zone={zone} />
        {session && <LevelChips isAdmin={session.role === 'admin'} />}
      </div>
      <div className="flex items-start px-4 sm:px-6">
        <Values explorer={explorer} />
        <Lines explorer={explorer} barPx={barPx} />
        <Detail explorer={explorer} />
      </div>
      <SelectionBar selection={explorer.selection} />
      {sheet.isOpen && (
        <Suspense fallback={null}>
          <ShortcutsSheet close={sheet.close} />
        </Suspense>
      )}
    </main>
  )
}

type Explorer = ReturnType<typeof useExplorer>

/** The view, the lines in it, and what the keys and the pointer have chosen among them. */
function useExplorer() {
  const [view, change] = useView()
  const zone = useDisplayZone()
  const session = useSession().data
  const screen = useLogsScreen(view, zone)
  const live = useLiveList(view, change, screen)
  const { rows } = live
  const selection = useSelection(rows)
  const [isOpen, setOpen] = useState(false)
  const sheet = { isOpen, open: () => setOpen(true), close: () => setOpen(false) }
  const { refresh } = screen
  const keys = useLogsKeys({ view, change, live, refresh, rows, selection, openSheet: sheet.open })
  useEffect(() => {
    if (view.log !== null) keys.setActive(view.log)
  }, [view.log, keys.setActive])
  return { view, change, zone, session, screen, live, selection, keys, sheet }
}

/** The values of the lines, beside the list where there is room. */
function Values({ explorer: { view, change, screen } }: { explorer: Explorer }) {
  const wide = useMediaQuery(WIDE)
  const roomForBoth = useMediaQuery(ROOM_FOR_BOTH)
  const [facets] = usePreference(facetsPreference)
  if (!wide || facets !== 'shown' || (view.log !== null && !roomForBoth)) return null
  return (
    <Suspense fallback={<div className="mr-4 w-64 shrink-0" />}>
      <FacetColumn view={view} change={change} facetsQuery={screen.facetsQuery} />
    </Suspense>
  )
}

/** The list with what is said above it, and the way to its other pages. */
function Lines({ explorer, barPx }: { explorer: Explorer; barPx: number }) {
  const { view, change, zone, screen, live, keys } = explorer
  const { page } = screen
  return (
    <div className="min-w-0 flex-1">
      {keys.find.text !== null && <FindBar find={keys.find} />}
      <ListNotices live={live} screen={screen} />
      {live.rows.length > 0 ? (
        <LogList explorer={explorer} barPx={barPx} />
      ) : (
        <ListState screen={screen} view={view} change={change} zone={zone} />
      )}
      <OwnLinesHint rows={live.rows} view={view} />
      <Paging page={page.data ?? null} view={view} change={change} newest={page.data?.logs[0] ?? null} />
    </div>
  )
}

function Detail({ explorer: { view, change, zone, live } }: { explorer: Explorer }) {
  if (view.log === null) return null
  const opened = live.rows.find((row) => row.id === view.log) ?? null
  return (
    <Suspense fallback={<PanelPlace id={view.log} />}>
      <DetailPanel id={view.log} row={opened} view={view} change={change} zone={zone} />
    </Suspense>
  )
}

/** `(37) Logs – Error`: the number of waiting lines and the view, readable in a row of tabs. */
function useWindowTitle(view: LogView, waiting: number): void {
  const levels = view.min_level
    ? `${LEVEL_NAME[view.min_level]} and above`
    : view.level.map((one) => LEVEL_NAME[one]).join(', ')
  const text = view.q || view.search
  const about = [levels, text && `“${text.slice(0, 30)}”`].filter(Boolean).join(' ')
  const title = `${waiting > 0 ? `(${waiting.toLocaleString()}) ` : ''}Logs${about && ` – ${about}`}`
  useEffect(() => {
    document.title = title
  }, [title])
}
