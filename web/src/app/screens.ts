import type { Session } from 'timelapser-logs/api'
import { filtersOf, lastFilters } from '../logs/use-view.ts'
import { parseView } from '../logs/view.ts'

export type Screen = { path: string; name: string; isForAdmins: boolean }

export const SCREENS: readonly Screen[] = [
  { path: '/logs', name: 'Logs', isForAdmins: false },
  { path: '/patterns', name: 'Patterns', isForAdmins: false },
  { path: '/chart', name: 'Chart', isForAdmins: false },
  { path: '/boards', name: 'Boards', isForAdmins: false },
  { path: '/cameras', name: 'Cameras', isForAdmins: false },
  { path: '/alerts', name: 'Alerts', isForAdmins: false },
  { path: '/settings', name: 'Settings', isForAdmins: true },
  { path: '/access', name: 'Access', isForAdmins: false },
  { path: '/audit', name: 'Audit', isForAdmins: true },
  { path: '/diagnostics', name: 'Diagnostics', isForAdmins: true },
]

/** The screens this person may open; while it is not known who asks, the logs alone. */
export function screensFor(session: Session | null): Screen[] {
  if (session === null) return SCREENS.slice(0, 1)
  return SCREENS.filter(({ isForAdmins }) => !isForAdmins || session.role === 'admin')
}

/** Those that show lines by filters; they share them. */
const FILTERED: readonly string[] = ['/', '/logs', '/patterns', '/chart']

/** From one screen with filters to another they stay; from any other the way back is to what was last looked at. */
export function hrefOf(screen: Screen, here: { path: string; search: string }): string {
  if (!FILTERED.includes(screen.path)) return screen.path
  const filters = FILTERED.includes(here.path) ? filtersOf(parseView(here.search)) : lastFilters()
  return `${screen.path}${filters}`
}
