import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Facets, Histogram, LogPage, LogRow, LogStats } from 'timelapser-logs/api'
import { request } from './client.ts'

export type TimedLogPage = LogPage & { duration_ms: number }

/** One page of the list; a newer query cancels the older request. The old rows stay until the new ones are here. */
export function useLogPage(query: string, refresh: number) {
  return useQuery({
    queryKey: ['logs', 'page', query, refresh],
    queryFn: async ({ signal }): Promise<TimedLogPage> => {
      const started = performance.now()
      const page = await request<LogPage>(`/api/logs?${query}`, { signal })
      return { ...page, duration_ms: performance.now() - started }
    },
    placeholderData: keepPreviousData,
  })
}

export function useLog(id: number | null) {
  return useQuery({
    queryKey: ['logs', 'one', id],
    queryFn: async ({ signal }) => (await request<{ log: LogRow }>(`/api/logs/${id}`, { signal })).log,
    enabled: id !== null,
  })
}

export function useLogStats(query: string) {
  return useQuery({
    queryKey: ['logs', 'stats', query],
    queryFn: ({ signal }) => request<LogStats>(`/api/logs/stats?${query}`, { signal }),
    placeholderData: keepPreviousData,
  })
}

export function useHistogram(query: string | null) {
  return useQuery({
    queryKey: ['logs', 'histogram', query],
    queryFn: ({ signal }) => request<Histogram>(`/api/logs/histogram?${query}`, { signal }),
    enabled: query !== null,
    placeholderData: keepPreviousData,
  })
}

export function useFacets(query: string) {
  return useQuery({
    queryKey: ['logs', 'facets', query],
    queryFn: ({ signal }) => request<Facets>(`/api/logs/facets?${query}`, { signal }),
    placeholderData: keepPreviousData,
  })
}
