import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Mark, MarkInput, Marks } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { notify } from '../controls/notice.tsx'

/** Marks are asked for by whole hours: a range that ends now moves all the time, and its marks hardly ever. */
const HOUR = 3_600_000
/** Marks of others are here after this long. */
const AGAIN_MS = 60_000
/** Marks of a range that are shown, the newest. */
const MOST = 200

/** The marks between two instants, newest first, and those left out because there are too many. */
export function useMarks(from: number, to: number): { marks: Mark[]; others: number } {
  const start = new Date(Math.floor(from / HOUR) * HOUR).toISOString()
  const end = new Date(Math.ceil(to / HOUR) * HOUR).toISOString()
  const { data } = useQuery({
    queryKey: ['marks', start, end],
    queryFn: ({ signal }) =>
      request<Marks>(`/api/marks?start_date=${start}&end_date=${end}&limit=${MOST}`, { signal }),
    refetchInterval: AGAIN_MS,
    placeholderData: (previous) => previous,
  })
  const marks = data?.marks ?? []
  const within = marks.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to)
  return { marks: within, others: (data?.total_marks ?? 0) - marks.length }
}

type Change =
  | { method: 'POST'; path: '/api/marks'; body: MarkInput }
  | { method: 'DELETE'; path: `/api/marks/${number}` }

export function useChangeMarks(onDone?: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ path, ...options }: Change) => request(path, options),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['marks'] })
      onDone?.()
    },
    onError: (error) => notify(error.message, 'failed'),
  })
}
