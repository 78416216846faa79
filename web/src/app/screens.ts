import type { Session } from 'timelapser-logs/api'
import { lastLogsPath } from '../logs/use-view.ts'

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
