import { Menu as MenuIcon } from 'lucide-react'
import { lazy } from 'react'
import type { Session } from 'timelapser-logs/api'
import { PopupButton } from '../controls/popup-button.tsx'
import { lastLogsPath } from '../logs/use-view.ts'
import { Link } from './link.tsx'

const load = () => import('./main-nav-menu.tsx').then((module) => ({ default: module.MainNavMenu }))
const MainNavMenu = lazy(load)

export type Screen = { path: string; name: string }

/** The screens this person may open. */
export function screensFor(session: Session | null): Screen[] {
  const isAdmin = session?.role === 'admin'
  const all: (Screen & { isShown: boolean })[] = [
    { path: '/logs', name: 'Logs', isShown: true },
    { path: '/cameras', name: 'Cameras', isShown: session !== null },
    { path: '/settings', name: 'Settings', isShown: isAdmin },
    { path: '/access', name: 'Access', isShown: session !== null },
    { path: '/audit', name: 'Audit', isShown: isAdmin },
    { path: '/diagnostics', name: 'Diagnostics', isShown: isAdmin },
  ]
  return all.filter(({ isShown }) => isShown)
}

/** The way back to the logs is the one to what was last looked at. */
export function hrefOf({ path }: Screen): string {
  return path === '/logs' ? lastLogsPath() : path
}

/** The screens as links beside each other, or as a menu where they do not fit. */
export function MainNav({ session, path }: { session: Session | null; path: string }) {
  const screens = screensFor(session)
  const current = screens.find((screen) => screen.path === (path === '/' ? '/logs' : path))
  return (
    <nav aria-label="Main" className="flex h-full items-center">
      <span className="flex h-full items-stretch gap-1 max-md:hidden">
        {screens.map((screen) => (
          <Link
            key={screen.path}
            href={hrefOf(screen)}
            aria-current={screen === current ? 'page' : undefined}
            className={`-mb-px flex items-center border-b-2 px-2.5 text-body font-medium ${screen === current ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink'}`}
          >
            {screen.name}
          </Link>
        ))}
      </span>
      <span className="md:hidden">
        <PopupButton
          kind="quiet"
          aria-label={`Screens, now ${current?.name ?? 'none'}`}
          preload={load}
          popup={(popup) => <MainNavMenu {...popup} screens={screens} current={current} />}
        >
          <MenuIcon size={16} aria-hidden />
          {current?.name ?? 'Screens'}
        </PopupButton>
      </span>
    </nav>
  )
}
