import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { ErrorGroups, Fields, NewMessages, NoisyLoggers } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { serverNow } from '../api/server-clock.ts'
import { filterParameters, type LogView } from '../logs/view.ts'
import { boundsOf } from '../time/range.ts'

export const SHOWS = ['messages', 'new', 'loggers', 'fields'] as const
export type Show = (typeof SHOWS)[number]

/** The answer type of each view, and its address in the API. */
type Answers = { messages: ErrorGroups; new: NewMessages; loggers: NoisyLoggers; fields: Fields }
const PATHS: Readonly<Record<Show, string>> = {
  messages: 'errors',
  new: 'new',
  loggers: 'loggers',
  fields: 'fields',
}

/**
 * After how long there is a first answer, from the newest lines alone where there are too many; null where that would
 * not be true of all, as of what is new.
 */
const FIRST_MS: Readonly<Record<Show, number | null>> = {
  messages: 300,
  new: null,
  loggers: null,
  fields: 300,
}

/** Beyond it a list is narrowed rather than read. */
export const MOST = 100

/**
 * One of the views of the lines that a view lists; its span is laid down anew when it changes or is refreshed.
 *
 * @param field shows this field alone, in the view of fields
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
  const ask = (withinMs: number | null) => ({
    queryKey: ['patterns', show, query, alone, withinMs],
    queryFn: ({ signal }: { signal: AbortSignal }) => {
      const within = withinMs === null ? '' : `&within_ms=${withinMs}`
      return request<Answers[S]>(`/api/debug/${PATHS[show]}?${query}&limit=${MOST}${alone}${within}`, {
        signal,
      })
    },
  })
  const first = useQuery({
    ...ask(FIRST_MS[show]),
    // The answer of another view cannot stay: it has another form.
    placeholderData: (previous, former) =>
      former?.queryKey[1] === show && former.queryKey[3] === alone ? keepPreviousData(previous) : undefined,
  })
  const isCut = FIRST_MS[show] !== null && first.data?.searched_to != null && !first.isPlaceholderData
  const whole = useQuery({ ...ask(null), enabled: isCut })
  return {
    answer: isCut && (whole.data || whole.error) ? whole : first,
    /** The answer covers only the newest lines, while the others are searched. */
    isLooking: isCut && whole.isPending,
    query,
    asOf,
    refresh: () => setAsOf(serverNow()),
  }
}
