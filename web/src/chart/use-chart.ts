import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import type { Chart } from 'timelapser-logs/api'
import { requestWithProgress } from '../api/progress.ts'
import { inTurn, requestInTurn } from '../api/request-in-turn.ts'
import { serverNow } from '../api/server-clock.ts'
import { useLogStats } from '../api/use-logs.ts'
import { filterParameters, type LogView } from '../logs/view.ts'
import { BEGINNING, boundsOf, isOpen } from '../time/range.ts'
import { type ChartChoice, choiceParameters, countsLines } from './choice.ts'

/** Steps of time across the chart. */
const BUCKETS = 90
/** After how long there is a first answer, from the newest lines alone where there are too many. */
const FIRST_MS = 300
/** How long all lines are read when somebody asks for that. */
const PATIENT_MS = 60_000
/** How long after its answer marks are put into an open range. */
const STAYS_OPEN_MS = 3_600_000
/** Series that can be told apart; the others are drawn together. */
const SERIES = 12
/** Rows of a table of figures. */
const ROWS = 100

/** The chart of the lines that a view lists; its span is laid down anew when it changes or is refreshed. */
export function useChart(view: LogView, choice: ChartChoice, zone: string) {
  const [asOf, setAsOf] = useState(serverNow)
  const refresh = useCallback(() => setAsOf(serverNow()), [])
  const { start, end } = boundsOf(view.range, asOf)
  const until = end ?? new Date(asOf).toISOString()
  // All that is kept begins where its first line does, not in the year 1.
  const isOfAll = start === BEGINNING
  const stats = useLogStats(`end_date=${encodeURIComponent(until)}&start_date=${BEGINNING}`, isOfAll)
  const first = isOfAll ? (stats.data?.summary.first_log_at ?? (stats.data ? until : null)) : start
  const isReady = first !== null && isComplete(choice)
  const filters = useMemo(() => {
    const parameters = filterParameters(view)
    parameters.set('start_date', start)
    parameters.set('end_date', until)
    return parameters.toString()
  }, [view, start, until])
  const query = useMemo(() => {
    const parameters = filterParameters(view)
    for (const [name, value] of choiceParameters(choice)) parameters.append(name, value)
    parameters.delete('kind')
    parameters.set('start_date', first ?? start)
    parameters.set('end_date', until)
    parameters.set('timezone', zone)
    if (choice.kind === 'number') parameters.set('totals', 'true')
    else parameters.set('buckets', String(BUCKETS))
    const isOfGroups = choice.kind === 'table' || choice.kind === 'number'
    parameters.set('limit', String(isOfGroups ? ROWS : SERIES))
    return parameters.toString()
  }, [view, choice, first, start, until, zone])
  // A chart of something else cannot stay meanwhile: its figures have other names and units.
  const kindOfChart = JSON.stringify([choice.measure, choice.field, choice.by, choice.kind])
  // The same chart of a time that goes on.
  const question = JSON.stringify([kindOfChart, filterParameters(view).toString(), view.range, zone])
  const answered = useAnswer({ query, kindOfChart, question, isReady })
  return {
    ...answered,
    /** Filters and range for the menus of values. */
    filters,
    /** The range in milliseconds; an open range goes on for a while. */
    from: Date.parse(first ?? start),
    to: Date.parse(until) + (isOpen(view.range) ? STAYS_OPEN_MS : 0),
    refresh,
  }
}

/** The first answer, the one so far, or the whole one. */
function useAnswer({
  query,
  kindOfChart,
  question,
  isReady,
}: {
  query: string
  kindOfChart: string
  question: string
  isReady: boolean
}) {
  const kept =
    (likeness: string) => (previous: Chart | undefined, former?: { queryKey: readonly unknown[] }) =>
      former?.queryKey[1] === likeness ? previous : undefined
  const path = `/api/logs/chart?${query}`
  const quick = useQuery<Chart>({
    placeholderData: kept(kindOfChart),
    queryKey: ['chart', kindOfChart, query, FIRST_MS],
    queryFn: ({ signal }) => requestInTurn<Chart>(`${path}&within_ms=${FIRST_MS}`, signal),
    enabled: isReady,
  })
  const isCut = !quick.isPlaceholderData && quick.data !== undefined && !isOfAllLines(quick.data)
  const [patient, setPatient] = useState<string | null>(null)
  const isPatient = patient === query
  const [partial, setPartial] = useState<{ query: string; chart: Chart } | null>(null)
  const whole = useQuery<Chart>({
    placeholderData: kept(question),
    queryKey: ['chart', question, query, isPatient],
    queryFn: ({ signal }) =>
      inTurn(signal, async () => {
        const onProgress = (told: Chart | Record<string, never>) => {
          if ('series' in told) setPartial({ query, chart: told as Chart })
        }
        const within = isPatient ? `&within_ms=${PATIENT_MS}` : ''
        return (await requestWithProgress<Chart, Chart>(path + within, { signal, onProgress })).data
      }),
    enabled: isReady && isCut,
  })
  const isWholeHere = isCut && ((whole.data && !whole.isPlaceholderData) || whole.error)
  // Refreshed, a chart that took long stays whole until the next whole one is here.
  const isWholeKept = whole.isPlaceholderData && !isPatient && (isCut || quick.isPlaceholderData)
  const isLooking = isCut && !isWholeHere && !isWholeKept
  const others = [partial?.query === query ? partial.chart : undefined, isPatient ? whole.data : undefined]
  const soFar = isLooking ? { ...quick, data: [quick.data, ...others].reduce(ofMoreLines) } : quick
  return {
    answer: isWholeHere || isWholeKept ? whole : soFar,
    /** The answer covers only some of the lines, while the others are read. */
    isLooking,
    /** An answer is on its way: the first one, or the whole one. */
    isAsked: quick.isFetching || whole.isFetching,
    /** Reads all lines, where the time that a chart usually has is not enough. */
    readAll: () => setPatient(query),
  }
}

/** The one that stands on more lines: a new look at them begins with few. */
function ofMoreLines(one: Chart | undefined, other: Chart | undefined): Chart | undefined {
  const linesOf = (chart: Chart | undefined) => chart?.sample?.lines ?? chart?.lines ?? -1
  return linesOf(other) >= linesOf(one) ? other : one
}

/** Whether it leaves out no line that the time was not enough for. */
function isOfAllLines({ searched_to, sample }: Chart): boolean {
  return searched_to === null && sample === null
}

/** Whether it can be asked for: a measure of a field needs one. */
export function isComplete({ measure, field }: ChartChoice): boolean {
  return countsLines(measure) || field !== null
}
