import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { ProviderPage, Session } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { queryClient } from '../api/query-client.ts'
import { navigate } from '../app/location.ts'

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => request<Session>('/api/session', { signal }),
  })
}

/**
 * Loads the page anew when another window has signed somebody else in, or rights have changed: the screen's content and
 * the cached data are not theirs to see.
 */
export function useReloadForAnother(session: Session | undefined): void {
  const first = useRef<string>(undefined)
  useEffect(() => {
    if (session === undefined) return
    const who = `${session.kind} ${session.role} ${session.name}`
    first.current ??= who
    if (who !== first.current) window.location.reload()
  }, [session])
}

export async function signOut(): Promise<void> {
  const provider = await request<ProviderPage | null>('/api/auth/sign-out', { method: 'POST', body: {} })
  // No data of this person may be seen by the next person at the same screen.
  queryClient.clear()
  sessionStorage.clear()
  if (provider !== null) window.location.assign(provider.url)
  else navigate('/sign-in', { replace: true })
}
