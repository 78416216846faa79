import { useSyncExternalStore } from 'react'
import { addressOf, currentPath } from './base-path.ts'

const listeners = new Set<() => void>()
const notify = () => {
  for (const listener of listeners) listener()
}
window.addEventListener('popstate', notify)

/** Moves to a path of this page, with an entry in the history unless `replace`. */
export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const here = currentPath() + window.location.search + window.location.hash
  if (to === here) return
  if (options.replace) history.replaceState(null, '', addressOf(to))
  else history.pushState(null, '', addressOf(to))
  notify()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => currentPath())
}

/** The query string with its question mark, or the empty string. */
export function useSearch(): string {
  return useSyncExternalStore(subscribe, () => window.location.search)
}
