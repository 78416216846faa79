import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Facets, Histogram, LogPage, LogRow, LogStats } from 'timelapser-logs/api'
import { ApiError, request } from './client.ts'

export type TimedLogPage = LogPage & { duration_ms: number }

/**
 * One page of the list; a newer query cancels the older request. The old rows stay until the new ones are here, and
 * beside an error that has nothing to do with what was asked.
 */
export function useLogPage(query: string, refresh: number) {
  const { data, error, isError, isFetching, isPlaceholderData, refetch } = useQuery({
    queryKey: ['logs', 'page', query, refresh],
    queryFn: async ({ signal }): Promise<TimedLogPage> => {
      const started = performance.now()
      const page = await request<LogPage>(`/api/logs?${query}`, { signal })
      return { ...page, duration_ms: performance.now() - started }
    },
    placeholderData: keepPreviousData,
  })
  const [good, setGood] = useState(data)
  if (data !== undefined && data !== good) setGood(data)
  const shown = isError && isPassing(error) ? good : data
  return { data: shown, error, isError, isFetching, isPlaceholderData, refetch }
}

/** Whether the same may be answered later: nobody there, too many requests, a defect. */
function isPassing(error: Error): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)
}

export function useLog(id: number | null) {
  return useQuery({
    queryKey: ['logs', 'one', id],
    queryFn: async ({ signal }) => (await request<{ log: LogRow }>(`/api/logs/${id}`, { signal })).log,
    enabled: id !== null,
  })
}

export function useLogStats(query: string, enabled = true) {
  return useQuery({
    queryKey: ['logs', 'stats', query],
    queryFn: ({ signal }) => request<LogStats>(`/api/logs/stats?${query}`, { signal }),
    enabled,
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
