import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { SavedViewInput, SavedViews } from 'timelapser-logs/api/views'
import { request } from '../api/client.ts'
import { notify } from '../controls/notice.tsx'

/** One's own views and those that others share, by name. */
export function useViews() {
  return useQuery({
    queryKey: ['views'],
    queryFn: async ({ signal }) => (await request<SavedViews>('/api/views', { signal })).views,
    staleTime: 0,
  })
}

type Change =
  | { method: 'POST'; path: '/api/views'; body: SavedViewInput }
  | { method: 'DELETE'; path: `/api/views/${number}` }

export function useChangeViews(onDone?: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ path, ...options }: Change) => request(path, options),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['views'] })
      onDone?.()
    },
    onError: (error) => notify(error.message, 'failed'),
  })
}
