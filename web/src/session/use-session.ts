import { useQuery } from '@tanstack/react-query'
import type { Session } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { queryClient } from '../api/query-client.ts'
import { navigate } from '../app/location.ts'

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => request<Session>('/api/session', { signal }),
  })
}

export async function signOut(): Promise<void> {
  await request('/api/auth/sign-out', { method: 'POST', body: {} })
  // Nothing of this person may be seen by the next one at the same screen.
  queryClient.clear()
  sessionStorage.clear()
  navigate('/sign-in', { replace: true })
}
