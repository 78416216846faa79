import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type {
  AlertChannels,
  AlertDefinition,
  AlertDeliveries,
  AlertDigest,
  AlertDigestSettings,
  AlertHistory,
  AlertPreview,
  AlertSilences,
  AlertSummary,
  Alerts,
  AlertTransition,
  AlertWhy,
} from 'timelapser-logs/api'
import { request } from '../api/client.ts'

/** Firing rules are fetched this often: they change without any action here. */
const AGAIN_MS = 10_000
const BELL_MS = 30_000

export function useAlerts() {
  return useQuery({
    queryKey: ['alerts', 'rules'],
    queryFn: ({ signal }) => request<Alerts>('/api/alerts', { signal }),
    refetchInterval: AGAIN_MS,
  })
}

/** For the bell of every screen. */
export function useAlertSummary() {
  return useQuery({
    queryKey: ['alerts', 'summary'],
    queryFn: ({ signal }) => request<AlertSummary>('/api/alerts/summary', { signal }),
    refetchInterval: BELL_MS,
  })
}

export function useAlertHistory() {
  return useQuery({
    queryKey: ['alerts', 'history'],
    queryFn: ({ signal }) => request<AlertHistory>('/api/alerts/history?limit=500', { signal }),
    refetchInterval: AGAIN_MS,
  })
}

export function useSilences() {
  return useQuery({
    queryKey: ['alerts', 'silences'],
    queryFn: ({ signal }) => request<AlertSilences>('/api/alerts/silences', { signal }),
    refetchInterval: AGAIN_MS,
  })
}

export function useChannels() {
  return useQuery({
    queryKey: ['alerts', 'channels'],
    queryFn: ({ signal }) => request<AlertChannels>('/api/alerts/channels', { signal }),
  })
}

export function useDeliveries() {
  return useQuery({
    queryKey: ['alerts', 'deliveries'],
    queryFn: ({ signal }) => request<AlertDeliveries>('/api/alerts/deliveries?limit=50', { signal }),
    refetchInterval: AGAIN_MS,
  })
}

/** Alerts are asked for by whole hours: a range that ends now moves all the time. */
const HOUR = 3_600_000
/** Transitions of a range that are read, the newest. */
const MOST_WITHIN = 500

/** Transitions between two instants, newest first. */
export function useAlertsWithin(from: number, to: number): AlertTransition[] {
  const query = new URLSearchParams({
    start_date: new Date(Math.floor(from / HOUR) * HOUR).toISOString(),
    end_date: new Date(Math.ceil(to / HOUR) * HOUR).toISOString(),
    limit: String(MOST_WITHIN),
  }).toString()
  const { data } = useQuery({
    queryKey: ['alerts', 'within', query],
    queryFn: ({ signal }) => request<AlertHistory>(`/api/alerts/history?${query}`, { signal }),
    refetchInterval: BELL_MS,
    placeholderData: (before) => before,
  })
  return data?.transitions ?? []
}

/** When and where the reader's daily digest is sent. */
export function useDigest() {
  return useQuery({
    queryKey: ['alerts', 'digest'],
    queryFn: ({ signal }) =>
      request<{ digest: AlertDigestSettings | null }>('/api/alerts/digest', { signal }),
  })
}

/** The digest of the day up to now; gathered anew each time it is opened. */
export function useDigestPreview(timezone: string) {
  return useQuery({
    queryKey: ['alerts', 'digest', 'preview', timezone],
    queryFn: ({ signal }) =>
      request<AlertDigest>(`/api/alerts/digest/preview?${new URLSearchParams({ timezone })}`, { signal }),
    gcTime: 0,
    retry: false,
  })
}

/** When a rule would have fired in the last days; the one before stays until it is known. */
export function useAlertPreview(rule: AlertDefinition | null, days: number) {
  return useQuery({
    queryKey: ['alerts', 'preview', days, rule],
    enabled: rule !== null,
    queryFn: ({ signal }) =>
      request<AlertPreview>('/api/alerts/rules/preview', { method: 'POST', body: { rule, days }, signal }),
    retry: false,
    placeholderData: (before) => before,
  })
}

/** Why a rule fired, or did not, at a moment; the answer before stays until the next is known. */
export function useAlertWhy(id: number, at: string | null, group: string, isAsked: boolean) {
  return useQuery({
    queryKey: ['alerts', 'why', id, at?.slice(0, 16), group],
    enabled: isAsked,
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ at: at ?? '', ...(group !== '' && { group_key: group }) })
      return request<AlertWhy>(`/api/alerts/rules/${id}/why?${query}`, { signal })
    },
    retry: false,
    placeholderData: (before) => before,
  })
}

type Change = { method: 'POST' | 'PUT' | 'DELETE'; path: string; body?: unknown }

/** Changes something of alerts; all that is shown of them is read anew. */
export function useChangeAlerts<T = unknown>(onDone?: (answer: T) => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ method, path, body }: Change) => request<T>(path, { method, body }),
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: ['alerts'] })
      onDone?.(answer)
    },
  })
}
