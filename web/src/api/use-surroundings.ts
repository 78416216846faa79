import { useQuery } from '@tanstack/react-query'
import type { LogPage, LogRow } from 'timelapser-logs/api'
import { request } from './client.ts'

export type Scope = 'origin' | 'everything'

/** Lines on each side. */
const SIDE = 8
/** The newest-first list gives the lines after one only from a span's far end, so spans grow until they hold enough. */
const SPANS_MS = [2_000, 30_000, 900_000, 86_400_000]

/** The lines right before and after one, newest first, it among them. */
export function useSurroundings(log: LogRow, scope: Scope) {
  return useQuery({
    queryKey: ['logs', 'surroundings', log.id, scope],
    queryFn: async ({ signal }) => {
      const [before, after] = await Promise.all([
        linesBefore(log, scope, signal),
        linesAfter(log, scope, signal),
      ])
      return [...after, log, ...before]
    },
  })
}

function scoped(log: LogRow, scope: Scope): URLSearchParams {
  const query = new URLSearchParams()
  if (scope === 'everything') return query
  if (log.camera_id !== null) query.set('camera_id', String(log.camera_id))
  else query.set('source', log.source)
  return query
}

async function linesBefore(log: LogRow, scope: Scope, signal: AbortSignal): Promise<LogRow[]> {
  const query = scoped(log, scope)
  query.set('end_date', log.timestamp)
  query.set('limit', '200')
  const { logs } = await request<LogPage>(`/api/logs?${query}`, { signal })
  const at = logs.findIndex((row) => row.id === log.id)
  return logs.slice(at + 1, at + 1 + SIDE)
}

async function linesAfter(log: LogRow, scope: Scope, signal: AbortSignal): Promise<LogRow[]> {
  let found: LogRow[] = []
  for (const span of SPANS_MS) {
    const query = scoped(log, scope)
    query.set('start_date', log.timestamp)
    query.set('end_date', new Date(Date.parse(log.timestamp) + span).toISOString())
    query.set('limit', '1000')
    const { logs, pagination } = await request<LogPage>(`/api/logs?${query}`, { signal })
    // A fuller span would only give its far end.
    if (pagination.has_next && found.length > 0) break
    const at = logs.findIndex((row) => row.id === log.id)
    found = logs.slice(0, at === -1 ? logs.length : at)
    if (found.length >= SIDE || pagination.has_next) break
  }
  return found.slice(-SIDE)
}
