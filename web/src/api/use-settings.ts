import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Cameras, Settings } from 'timelapser-logs/api'
import { request } from './client.ts'

export function useSettings() {
  return useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => request<Settings>('/api/settings', { signal }),
  })
}

export function useSaveSettings() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (change: Partial<Settings>) =>
      request<Settings>('/api/settings', { method: 'PUT', body: change }),
    onSuccess: (settings) => client.setQueryData(['settings'], settings),
  })
}

export function useCameras() {
  return useQuery({
    queryKey: ['cameras'],
    queryFn: ({ signal }) => request<Cameras>('/api/cameras', { signal }),
  })
}
