import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ApiKeys, BrowserSessions, Users } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { notify } from '../controls/notice.tsx'

export function useUsers() {
  return useQuery({ queryKey: ['users'], queryFn: ({ signal }) => request<Users>('/api/users', { signal }) })
}

export function useKeys() {
  return useQuery({ queryKey: ['keys'], queryFn: ({ signal }) => request<ApiKeys>('/api/keys', { signal }) })
}

export function useSessions() {
  return useQuery({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => request<BrowserSessions>('/api/sessions', { signal }),
  })
}

/** Where a user is signed in, for administrators. */
export function useUserSessions(id: string) {
  return useQuery({
    queryKey: ['user-sessions', id],
    queryFn: ({ signal }) => request<BrowserSessions>(`/api/users/${id}/sessions`, { signal }),
  })
}

type Change = { method: 'POST' | 'PATCH' | 'DELETE'; path: string; body?: unknown }

/** Sends a change and reads the list anew; a notice shows a refusal. */
export function useChange<T>(
  list: 'users' | 'keys' | 'sessions' | 'user-sessions',
  onDone?: (data: T) => void,
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ path, ...options }: Change) => request<T>(path, options),
    onSuccess: async (data) => {
      onDone?.(data)
      await client.invalidateQueries({ queryKey: [list] })
    },
    onError: (error) => notify(error.message, 'failed'),
  })
}
