import { UserRound } from 'lucide-react'
import type { Session } from 'timelapser-logs/api'
import { AlertBell } from '../alerts/alert-bell.tsx'
import { PopupButton } from '../controls/popup-button.tsx'
import { lastLogsPath } from '../logs/use-view.ts'
import { ThemeSwitch } from '../theme/theme-switch.tsx'
import { lazyPart } from './lazy-part.ts'
import { Link } from './link.tsx'
import { MainNav } from './main-nav.tsx'

/** Three lines of a log, the last line with a text in it. */
export function ProductMark({ size = 20 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      strokeWidth="2.4"
      strokeLinecap="round"
      aria-hidden
    >
      <path d="M3 4.5h8" className="stroke-accent" />
      <path d="M3 10h14" className="stroke-ink" />
      <path d="M3 15.5h5" className="stroke-accent" />
      <path d="M12.5 15.5h4.5" className="stroke-error" />
    </svg>
  )
}

export function AppHeader({ session, path }: { session: Session | null; path: string }) {
  return (
    <header className="print:hidden border-b border-line bg-surface">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-md focus:bg-surface focus:p-2"
      >
        Skip to the content
      </a>
      <div className="flex h-12 items-center gap-2 px-4 sm:gap-6 sm:px-6">
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

const load = () =>
  import('../session/user-menu-items.tsx').then((module) => ({ default: module.UserMenuItems }))
const UserMenuItems = lazyPart(load)

function UserMenu({ session }: { session: Session }) {
  return (
    <PopupButton
      kind="quiet"
      aria-label={`Account: ${session.name}`}
      preload={load}
      popup={(popup) => <UserMenuItems {...popup} session={session} />}
    >
      <UserRound size={16} aria-hidden />
      <span className="max-w-32 truncate max-sm:hidden">{session.name}</span>
    </PopupButton>
  )
}
