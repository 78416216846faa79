import { QueryCache, QueryClient } from '@tanstack/react-query'
import { goToSignIn } from '../app/location.ts'
import { ApiError, isEmbedded } from './client.ts'

/** Whether a second try could help: the network, or a server that is restarting. */
function isPassing(error: Error): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 503)
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401 && !isEmbedded()) goToSignIn()
    },
  }),
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 2 && isPassing(error),
      retryDelay: (attempt) => 400 * 2 ** attempt,
      refetchOnWindowFocus: false,
      staleTime: Number.POSITIVE_INFINITY,
      // Every refresh of a relative range is a key of its own; keep only what Back is likely to want.
      gcTime: 60_000,
    },
  },
})
