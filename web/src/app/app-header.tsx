import type { Session } from 'timelapser-logs/api'
import { AlertBell } from '../alerts/alert-bell.tsx'
import { lastLogsPath } from '../logs/use-view.ts'
import { UserMenu } from '../session/user-menu.tsx'
import { ThemeSwitch } from '../theme/theme-switch.tsx'
import { Link } from './link.tsx'
import { MainNav } from './main-nav.tsx'
import { ProductMark } from './product-mark.tsx'

export function AppHeader({ session, path }: { session: Session | null; path: string }) {
  return (
    <header className="print:hidden border-b border-line bg-surface">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-md focus:bg-surface focus:p-2"
      >
        Skip to the content
      </a>
      <div className="flex h-12 items-center gap-4 px-4 sm:gap-6 sm:px-6">
        <Link
          href={lastLogsPath()}
          className="flex items-center gap-2.5 shrink-0 rounded-sm text-title font-semibold"
        >
          <ProductMark />
          <span className="max-sm:sr-only">Timelapser Logs</span>
        </Link>
        <MainNav session={session} path={path} />
        <div className="ml-auto flex shrink-0 items-center gap-1">
          {session && <AlertBell />}
          <ThemeSwitch />
          {session && <UserMenu session={session} />}
        </div>
      </div>
    </header>
  )
}
