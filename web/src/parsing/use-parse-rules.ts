import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ParseRule, ParseRules } from 'timelapser-logs/api'
import { request } from '../api/client.ts'

/** Milliseconds between two fetches of the counts of rules; changes of rules arrive as events. */
const AGAIN_MS = 30_000
const KEY = ['settings', 'parse-rules']

/** The rules in force in their order, with what each did. */
export function useParseRules() {
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => request<ParseRules>('/api/parse-rules', { signal }),
    refetchInterval: AGAIN_MS,
  })
}

/** Puts other rules in the place of those that were read. */
export function useSaveParseRules() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (rules: readonly ParseRule[]) => {
      const version = client.getQueryData<ParseRules>(KEY)?.version
      return request<ParseRules>('/api/parse-rules', {
        method: 'PUT',
        body: { rules, ...(version !== undefined && { version }) },
      })
    },
    onSuccess: (rules) => client.setQueryData(KEY, rules),
    // Somebody else may have changed the rules: then show the rules in force.
    onError: () => client.invalidateQueries({ queryKey: KEY }),
  })
}
