import { Menu as MenuIcon } from 'lucide-react'
import type { Session } from 'timelapser-logs/api'
import { PopupButton } from '../controls/popup-button.tsx'
import { lazyPart } from './lazy-part.ts'
import { Link } from './link.tsx'
import { useSearch } from './location.ts'
import { hrefOf, screensFor } from './screens.ts'

const load = () => import('./main-nav-menu.tsx').then((module) => ({ default: module.MainNavMenu }))
const MainNavMenu = lazyPart(load)

/** The screens as links beside each other, or as a menu where they do not fit. */
export function MainNav({ session, path }: { session: Session | null; path: string }) {
  const here = { path, search: useSearch() }
  const screens = screensFor(session)
  // A board is a place within the boards.
  const current =
    screens.find(({ path: own }) => path === own || path.startsWith(`${own}/`)) ??
    screens[path === '/' ? 0 : -1]
  return (
    <nav aria-label="Main" className="flex h-full items-center">
      <span className="flex h-full items-stretch gap-1 max-[70rem]:hidden">
        {screens.map((screen) => (
          <Link
            key={screen.path}
            href={hrefOf(screen, here)}
            aria-current={screen === current ? 'page' : undefined}
            className={`-mb-px flex items-center border-b-2 px-2.5 text-body font-medium ${screen === current ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink'}`}
          >
            {screen.name}
          </Link>
        ))}
      </span>
      <span className="min-[70rem]:hidden">
        <PopupButton
          kind="quiet"
          aria-label={`Screens, now ${current?.name ?? 'none'}`}
          preload={load}
          popup={(popup) => <MainNavMenu {...popup} screens={screens} current={current} here={here} />}
        >
          <MenuIcon size={16} aria-hidden />
          {current?.name ?? 'Screens'}
        </PopupButton>
      </span>
    </nav>
  )
}
