import { currentPath, navigate } from '../app/location.ts'

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
