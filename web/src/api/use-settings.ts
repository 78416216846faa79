import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Cameras, Settings } from 'timelapser-logs/api'
import { request } from './client.ts'

export function useSettings() {
  return useQuery({
    queryKey: ['settings'],
    queryFn: async ({ signal }) =>
      (await request<{ settings: Settings }>('/api/settings', { signal })).settings,
  })
}

export function useSaveSettings() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (change: Partial<Settings>) =>
      (await request<{ settings: Settings }>('/api/settings', { method: 'PUT', body: change })).settings,
    onSuccess: (settings) => client.setQueryData(['settings'], settings),
  })
}

export function useCameras() {
  return useQuery({
    queryKey: ['cameras'],
    queryFn: ({ signal }) => request<Cameras>('/api/cameras', { signal }),
  })
}
