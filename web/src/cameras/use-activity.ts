import { useQuery } from '@tanstack/react-query'
import type { CamerasActivity } from 'timelapser-logs/api'
import { request } from '../api/client.ts'

export type Period = 24 | 168

/** What each camera wrote of late; read anew twice a minute, as silence is told by what does not happen. */
export function useActivity(hours: Period) {
  return useQuery({
    queryKey: ['cameras', 'activity', hours],
    queryFn: ({ signal }) => request<CamerasActivity>(`/api/cameras/activity?hours=${hours}`, { signal }),
    staleTime: 10_000,
    refetchInterval: 30_000,
  })
}
