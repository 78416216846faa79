import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { LogRow } from 'timelapser-logs/api'
import { request } from './client.ts'

export type Scope = 'origin' | 'logger' | 'everything'

/** How many lines on each side. */
export type Sides = { before: number; after: number }

/** As many as the API gives on a side. */
export const MAX_SIDE = 200

/** Newest first, the line itself among them. */
export type Surroundings = { logs: LogRow[]; has_newer: boolean; has_older: boolean }

/** The lines right before and after one; while more are fetched, those that are there stay. */
export function useSurroundings(log: LogRow, scope: Scope, { before, after }: Sides) {
  const client = useQueryClient()
  return useQuery({
    queryKey: ['logs', 'surroundings', log.id, scope, before, after],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({
        before: String(before),
        after: String(after),
        same: sameOf(log, scope),
      })
      const found = await request<Surroundings>(`/api/logs/${log.id}/context?${query}`, { signal })
      // Each of these lines can be opened next without a request.
      for (const row of found.logs) client.setQueryData(['logs', 'one', row.id], row)
      return found
    },
    placeholderData: (last, query) => (query?.queryKey[2] === log.id ? last : undefined),
  })
}

function sameOf(log: LogRow, scope: Scope): string {
  if (scope === 'everything') return 'all'
  if (scope === 'logger') return 'logger'
  return log.camera_id === null ? 'source' : 'camera'
}
