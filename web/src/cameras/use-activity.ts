import { useQuery } from '@tanstack/react-query'
import type { CamerasActivity } from 'timelapser-logs/api'
import { request } from '../api/client.ts'

export type Period = 24 | 168

/** The recent activity of each camera; read anew twice a minute, as no event announces a silence. */
export function useActivity(hours: Period) {
  return useQuery({
    queryKey: ['cameras', 'activity', hours],
    queryFn: ({ signal }) => request<CamerasActivity>(`/api/cameras/activity?hours=${hours}`, { signal }),
    staleTime: 10_000,
    refetchInterval: 30_000,
  })
}
