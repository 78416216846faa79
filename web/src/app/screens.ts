import type { Session } from 'timelapser-logs/api'
import { lastLogsPath } from '../logs/use-view.ts'

export type Screen = { path: string; name: string; isForAdmins: boolean }

export const SCREENS: readonly Screen[] = [
  { path: '/logs', name: 'Logs', isForAdmins: false },
  { path: '/cameras', name: 'Cameras', isForAdmins: false },
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

/** The way back to the logs is the one to what was last looked at. */
export function hrefOf({ path }: Screen): string {
  return path === '/logs' ? lastLogsPath() : path
}
