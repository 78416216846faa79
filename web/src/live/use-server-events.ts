import { useQueryClient } from '@tanstack/react-query'
import { useSSESubscription } from './use-sse-subscription.ts'

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
