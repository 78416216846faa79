import { useQueryClient } from '@tanstack/react-query'
import { useSSESubscription } from './use-sse-subscription.ts'

/** Keeps what the whole page knows (settings, cameras) as the server has it. */
export function useServerEvents(): void {
  const client = useQueryClient()
  useSSESubscription('settings_changed', () => client.invalidateQueries({ queryKey: ['settings'] }))
  useSSESubscription('camera_changed', () => {
    client.invalidateQueries({ queryKey: ['cameras'] })
    client.invalidateQueries({ queryKey: ['logs', 'facets'] })
  })
}
