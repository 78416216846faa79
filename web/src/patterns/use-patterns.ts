import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { ErrorGroups, Fields, NewMessages, NoisyLoggers } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { serverNow } from '../api/server-clock.ts'
import { filterParameters, type LogView } from '../logs/view.ts'
import { boundsOf } from '../time/range.ts'

export const SHOWS = ['messages', 'new', 'loggers', 'fields'] as const
export type Show = (typeof SHOWS)[number]

/** What each view answers; which of them the API has at which address. */
type Answers = { messages: ErrorGroups; new: NewMessages; loggers: NoisyLoggers; fields: Fields }
const PATHS: Readonly<Record<Show, string>> = {
  messages: 'errors',
  new: 'new',
  loggers: 'loggers',
  fields: 'fields',
}

/** Beyond it a list is narrowed rather than read. */
export const MOST = 100

/**
 * One of the views of the lines that a view lists; its span is laid down anew when it changes or is refreshed.
 *
 * @param field the one that is looked at alone, of fields
 */
export function usePatterns<S extends Show>(show: S, view: LogView, field: string | null) {
  const [asOf, setAsOf] = useState(serverNow)
  const query = useMemo(() => {
    const { start, end } = boundsOf(view.range, asOf)
    const parameters = filterParameters(view)
    parameters.set('start_date', start)
    parameters.set('end_date', end ?? new Date(asOf).toISOString())
    return parameters.toString()
  }, [view, asOf])
  const alone = show === 'fields' && field !== null ? `&field=${encodeURIComponent(field)}` : ''
  const answer = useQuery({
    queryKey: ['patterns', show, query, alone],
    queryFn: ({ signal }) =>
      request<Answers[S]>(`/api/debug/${PATHS[show]}?${query}&limit=${MOST}${alone}`, { signal }),
    // Of another view nothing can stay: it has another form.
    placeholderData: (previous, former) =>
      former?.queryKey[1] === show && former.queryKey[3] === alone ? keepPreviousData(previous) : undefined,
  })
  return { answer, query, asOf, refresh: () => setAsOf(serverNow()) }
}
