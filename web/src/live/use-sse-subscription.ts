import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useEffectEvent, useSyncExternalStore } from 'react'
import { queryClient } from '../api/query-client.ts'
import { SseConnection, type StreamState } from './sse-connection.ts'

export type SseOptions = {
  /** The stream; all subscriptions to the same stream share a connection. */
  url?: string
  enabled?: boolean
}

const EVENTS_URL = '/api/events'
const shared = new Map<string, { connection: SseConnection; users: number }>()

function askWhoWeAre(): void {
  queryClient.invalidateQueries({ queryKey: ['session'] })
}

function acquire(url: string): SseConnection {
  const entry = shared.get(url) ?? {
    // Asking who we are leads to sign-in if the session has ended.
    connection: new SseConnection(url, { onRefused: askWhoWeAre, onResumed: askWhoWeAre }),
    users: 0,
  }
  entry.users += 1
  shared.set(url, entry)
  return entry.connection
}

function release(url: string): void {
  const entry = shared.get(url)
  if (entry === undefined) return
  entry.users -= 1
  if (entry.users > 0) return
  shared.delete(url)
  entry.connection.close()
}

/**
 * Calls `handler` for each `event` of a stream while the component is shown, and returns the state of the connection.
 * The only place of the page that streams; reconnecting and resuming are the connection's.
 */
export function useSSESubscription(
  event: string,
  handler: (data: unknown) => void,
  { url = EVENTS_URL, enabled = true }: SseOptions = {},
): StreamState {
  const onMessage = useEffectEvent(handler)
  useEffect(() => {
    if (!enabled) return
    const off = acquire(url).on(event, (data) => onMessage(data))
    return () => {
      off()
      release(url)
    }
  }, [event, url, enabled])

  const subscribe = useCallback(
    (listener: () => void) => {
      if (!enabled) return () => {}
      const off = acquire(url).onState(listener)
      return () => {
        off()
        release(url)
      }
    },
    [url, enabled],
  )
  return useSyncExternalStore(subscribe, () => shared.get(url)?.connection.state ?? 'connecting')
}

/** Keeps what the whole page knows (settings, cameras, lines that it may show again) as the server has it. */
export function useServerEvents(): void {
  const client = useQueryClient()
  useSSESubscription('settings_changed', () => client.invalidateQueries({ queryKey: ['settings'] }))
  useSSESubscription('camera_changed', () => {
    client.invalidateQueries({ queryKey: ['cameras'] })
    client.invalidateQueries({ queryKey: ['logs', 'facets'] })
  })
  // An open line, its surroundings and the lists that Back leads to hold what must not be seen any longer.
  useSSESubscription('logs_masked', () => {
    client.invalidateQueries({ queryKey: ['logs'] })
    client.invalidateQueries({ queryKey: ['patterns'] })
  })
}
