import { Suspense, useEffect } from 'react'
import type { Session } from 'timelapser-logs/api'
import { ApiError } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { Notices } from '../controls/notice.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SCREEN } from '../controls/surfaces.ts'
import { useServerEvents } from '../live/use-sse-subscription.ts'
import { LogsPage } from '../logs/logs-page.tsx'
import { lastLogsPath } from '../logs/use-view.ts'
import { useReloadForAnother, useSession } from '../session/use-session.ts'
import { AppHeader } from './app-header.tsx'
import { lazyPart } from './lazy-part.ts'
import { Link } from './link.tsx'
import { navigate, usePathname } from './location.ts'
import { type Screen as KnownScreen, SCREENS, screensFor } from './screens.ts'

/** Shown when the first load fails: the failure, and the way to try again. */
function ServerUnreachable({ error, retry }: { error: Error; retry: () => void }) {
  // Sign-in is being opened.
  if (error instanceof ApiError && error.status === 401) return null
  const requestId = error instanceof ApiError ? error.requestId : null
  return (
    <main className="mx-auto grid min-h-screen max-w-md content-center justify-items-start gap-3 p-6">
      <h1 className="text-title font-semibold">The log server does not respond</h1>
      <p className="text-muted">
        {error.message} It may be starting. If it does not come up, check its terminal.
      </p>
      {requestId && <p className="font-mono text-small text-faint">Request {requestId}</p>}
      <Button kind="accent" onClick={retry}>
        Try again
      </Button>
    </main>
  )
}

/** Shown to a user who follows a link to a screen of another role. */
function ForOthers({ screen }: { screen: KnownScreen }) {
  return (
    <main id="content" className="mx-auto grid max-w-md gap-3 px-4 py-24">
      <h1 className="text-title font-semibold">{screen.name}: administrators only</h1>
      <p className="text-muted">Ask an administrator for what you need, or for the administrator role.</p>
      <Link className="font-medium text-accent underline" href={lastLogsPath()}>
        To the logs
      </Link>
    </main>
  )
}

/** A screen whose code, or whose reader, is not known yet: its name in its place. */
function AwaitingScreen({ screen }: { screen: KnownScreen | undefined }) {
  if (screen === undefined || screen.path === '/logs') return null
  return (
    <main id="content" className={SCREEN}>
      <h1 className="text-figure/8 font-semibold tracking-tight">{screen.name}</h1>
      <SkeletonRows name={screen.name.toLowerCase()} rows={6} height="h-16" />
    </main>
  )
}

const SignInPage = lazyPart(() =>
  import('../session/sign-in-page.tsx').then((module) => ({ default: module.SignInPage })),
)
const SettingsPage = lazyPart(() =>
  import('../settings/settings-page.tsx').then((module) => ({ default: module.SettingsPage })),
)
const AuditPage = lazyPart(() =>
  import('../audit/audit-page.tsx').then((module) => ({ default: module.AuditPage })),
)
const DiagnosticsPage = lazyPart(() =>
  import('../diagnostics/diagnostics-page.tsx').then((module) => ({ default: module.DiagnosticsPage })),
)
const CamerasPage = lazyPart(() =>
  import('../cameras/cameras-page.tsx').then((module) => ({ default: module.CamerasPage })),
)
const AlertsPage = lazyPart(() =>
  import('../alerts/alerts-page.tsx').then((module) => ({ default: module.AlertsPage })),
)
const PatternsPage = lazyPart(() =>
  import('../patterns/patterns-page.tsx').then((module) => ({ default: module.PatternsPage })),
)
const ChartPage = lazyPart(() =>
  import('../chart/chart-page.tsx').then((module) => ({ default: module.ChartPage })),
)
const BoardsPage = lazyPart(() =>
  import('../boards/boards-page.tsx').then((module) => ({ default: module.BoardsPage })),
)
const BoardPage = lazyPart(() =>
  import('../boards/board-page.tsx').then((module) => ({ default: module.BoardPage })),
)
const AccessPage = lazyPart(() =>
  import('../access/access-page.tsx').then((module) => ({ default: module.AccessPage })),
)

const EmbedPage = lazyPart(() =>
  import('../embed/embed-page.tsx').then((module) => ({ default: module.EmbedPage })),
)

export function App() {
  const path = usePathname()
  useEffect(() => {
    if (path === '/') navigate(`/logs${window.location.search}`, { replace: true })
    const line = /^\/logs\/(\d+)$/.exec(path)?.[1]
    if (line !== undefined) navigate(`/logs?log=${line}`, { replace: true })
  }, [path])
  return (
    <>
      <Suspense fallback={null}>
        {path === '/sign-in' ? <SignInPage /> : path === '/embed' ? <EmbedPage /> : <SignedIn path={path} />}
      </Suspense>
      <Notices />
    </>
  )
}

function SignedIn({ path }: { path: string }) {
  const session = useSession()
  useReloadForAnother(session.data)
  if (session.isError && session.data === undefined) {
    return <ServerUnreachable error={session.error} retry={() => session.refetch()} />
  }
  // The logs are requested beside the session, not after it: a refused request leads to sign-in all the same.
  return (
    <>
      <AppHeader session={session.data ?? null} path={path} />
      {session.data && <ServerEvents />}
      {/* Around the screen alone: the head stays while the code of another one is fetched. */}
      <Suspense fallback={<AwaitingScreen screen={SCREENS.find((one) => one.path === path)} />}>
        <Screen path={path} session={session.data ?? null} />
      </Suspense>
    </>
  )
}

function ServerEvents() {
  useServerEvents()
  return null
}

function Screen({ path, session }: { path: string; session: Session | null }) {
  if (path === '/logs' || path === '/') return <LogsPage />
  const screen = SCREENS.find((one) => one.path === path)
  if (screen !== undefined && session === null) return <AwaitingScreen screen={screen} />
  if (screen !== undefined && !screensFor(session).includes(screen)) return <ForOthers screen={screen} />
  const board = /^\/boards\/(\d{1,15})$/.exec(path)?.[1]
  if (path === '/patterns') return <PatternsPage />
  if (path === '/chart') return <ChartPage />
  if (path === '/boards') return <BoardsPage />
  if (board !== undefined) return session ? <BoardPage id={Number(board)} /> : null
  if (path === '/settings') return <SettingsPage />
  if (path === '/audit') return <AuditPage />
  if (path === '/diagnostics') return <DiagnosticsPage />
  if (path === '/cameras' && session) return <CamerasPage session={session} />
  if (path === '/alerts' && session) return <AlertsPage session={session} />
  if (path === '/access' && session) return <AccessPage session={session} />
  return (
    <main className="mx-auto grid max-w-md gap-3 px-4 py-24">
      <h1 className="text-title font-semibold">Page not found</h1>
      <p className="text-muted">The address {path} does not exist.</p>
      <Link className="font-medium text-accent underline" href={lastLogsPath()}>
        To the logs
      </Link>
    </main>
  )
}
