import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Levels, LogRow } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { notify } from '../controls/notice.tsx'
import { originOf } from '../logs/origin.tsx'

/** Another administrator's change, and what expired, is seen this often. */
const AGAIN_MS = 30_000

export type LevelOverride = Levels['overrides'][number]
export type LevelChange = {
  scope: LevelOverride['scope']
  target: string
  level: LevelOverride['level']
  minutes?: number
  max_lines_per_minute?: number
  reason?: string
}

/** The level in force and what differs from it, for how long. */
export function useLevels(enabled = true) {
  return useQuery({
    queryKey: ['levels'],
    queryFn: ({ signal }) => request<Levels>('/api/levels', { signal }),
    refetchInterval: AGAIN_MS,
    enabled,
  })
}

function useChangeLevels() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (change: LevelChange) => request<Levels>('/api/levels', { method: 'PUT', body: change }),
    onSuccess: (levels) => client.setQueryData(['levels'], levels),
    onError: (error) => notify(error.message, 'failed'),
  })
}

export function useEndOverride() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ scope, target }: LevelOverride) =>
      request<Levels>(`/api/levels/${scope}/${encodeURIComponent(target)}`, { method: 'DELETE' }),
    onSuccess: (levels) => client.setQueryData(['levels'], levels),
    onError: (error) => notify(error.message, 'failed'),
  })
}

/** Stores everything of the camera or source of this line, for `minutes` minutes. */
export function useRaiseLevel(): (row: LogRow, minutes: number) => void {
  const change = useChangeLevels()
  return (row, minutes) => {
    const isCamera = row.camera_id !== null
    const scope = isCamera ? 'camera' : 'source'
    const target = isCamera ? String(row.camera_id) : row.source
    change.mutate(
      { scope, target, level: 'DEBUG', minutes },
      { onSuccess: () => notify(`${originOf(row).name} logs everything for ${minutes} minutes`) },
    )
  }
}
