import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
const notify = () => {
  for (const listener of listeners) listener()
}

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
  window.addEventListener('popstate', listener)
  return () => {
    window.removeEventListener('popstate', listener)
    listeners.delete(listener)
  }
}

export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => currentPath())
}

/** The query string with its question mark, or the empty string. */
export function useSearch(): string {
  return useSyncExternalStore(subscribe, () => window.location.search)
}

let known: string | undefined

/** The path that the page lies below, without a slash at its end: empty, or `/logs` behind a proxy that has it there. */
function basePath(): string {
  known ??= document.querySelector('meta[name="base-path"]')?.getAttribute('content') ?? ''
  return known
}

/** The address, on this host, of a path of the page or its API. */
export function addressOf(path: string): string {
  return path.startsWith('/') ? basePath() + path : path
}

/** The same with its host, to be used elsewhere. */
export function wholeAddressOf(path: string): string {
  return window.location.origin + addressOf(path)
}

/** The page's path that the window is at. */
function currentPath(): string {
  const { pathname } = window.location
  return pathname.startsWith(`${basePath()}/`) ? pathname.slice(basePath().length) : '/'
}

/** Leads to sign-in and remembers where the person was. */
export function goToSignIn(): void {
  if (currentPath() === '/sign-in') return
  const here = currentPath() + window.location.search
  navigate(here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`, { replace: true })
}

/** Where to go after signing in: the remembered page, never another site. */
export function returnPath(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/logs'
  return /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/logs'
}
