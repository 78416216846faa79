import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { ScrubRun } from 'timelapser-logs/api'
import { request } from '../api/client.ts'

const PATH = '/api/logs/scrub/run'
const KEY = ['scrub-run']

/** How often a run under way is asked about. */
const EVERY_MS = 1000

/** The current masking run or the last one, started by anybody, and the functions that start and stop it. */
export function useScrubRun() {
  const client = useQueryClient()
  const { data: run, error } = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await request<{ run: ScrubRun | null }>(PATH, { signal })).run,
    refetchInterval: ({ state }) => (state.data?.ended_at === null ? EVERY_MS : false),
    refetchOnMount: 'always',
  })
  const change = useMutation({
    mutationFn: (body: { pattern: string } | null) =>
      request<{ run: ScrubRun }>(PATH, body === null ? { method: 'DELETE' } : { method: 'POST', body }),
    onSuccess: ({ run: changed }) => client.setQueryData(KEY, changed),
    // It may have ended meanwhile, or somebody else may have begun one.
    onError: () => client.invalidateQueries({ queryKey: KEY }),
  })
  const masked = run?.matched_rows ?? 0
  useEffect(() => {
    if (masked > 0) void client.invalidateQueries({ queryKey: ['logs'], refetchType: 'none' })
  }, [client, masked])
  return {
    run: run ?? null,
    error: change.error ?? error,
    isChanging: change.isPending,
    start: (pattern: string) => change.mutate({ pattern }),
    stop: () => change.mutate(null),
  }
}
