import { useIsFetching } from '@tanstack/react-query'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { clockOffsetMs, onClockOffset, serverNow } from '../api/server-clock.ts'
import { useHistogram, useLogPage, useLogStats } from '../api/use-logs.ts'
import { useSSESubscription } from '../live/use-sse-subscription.ts'
import { BEGINNING, boundsOf, isOpen } from '../time/range.ts'
import { filterParameters, formatView, type LogFilters, type LogView } from './view.ts'

/** Enough bars to see a spike, few enough to click one. */
const BUCKETS = 90
/** More lines than this in one go cannot be read as they pass; the list says how many it left out. */
const ROWS_A_BATCH = 1000
const COUNTS_EVERY_MS = 1000

function withBounds(filters: LogFilters, start: string, end: string | null): URLSearchParams {
  const query = filterParameters(filters)
  if (start !== BEGINNING || end !== null) query.set('start_date', start)
  if (end !== null) query.set('end_date', end)
  return query
}

/**
 * The answers of the screen, asked for the same span of time, so that list, cards and bars agree. A relative
 * range is laid down when the view changes, is refreshed or turns out to be laid by a wrong clock; while lines arrive the counts follow, at most once a
 * second and never while the last answer is still out.
 */
export function useLogsScreen(view: LogView, zone: string) {
  const listed = formatView({ ...view, page: 1, until: null, log: null, live: true, columns: null })
  const [shown, setShown] = useState(listed)
  const [refreshes, setRefreshes] = useState(0)
  const [asOf, setAsOf] = useState(serverNow)
  const [countsAsOf, setCountsAsOf] = useState(asOf)
  const moveTo = (now: number) => {
    setAsOf(now)
    setCountsAsOf(now)
  }
  // The first request uses this browser's clock; its answer has the server's time.
  const clockOffset = useSyncExternalStore(onClockOffset, clockOffsetMs)
  const [laidBy, setLaidBy] = useState(clockOffset)
  if (shown !== listed || laidBy !== clockOffset) {
    setShown(listed)
    setLaidBy(clockOffset)
    moveTo(serverNow())
  }

  const open = isOpen(view.range)
  const { start, end } = boundsOf(view.range, asOf)
  const listEnd = view.until ?? end
  const countsEnd = listEnd ?? new Date(countsAsOf).toISOString()

  const pageQuery = withBounds(view, start, listEnd)
  pageQuery.set('page', String(view.page))
  pageQuery.set('limit', String(view.limit))
  const page = useLogPage(pageQuery.toString(), refreshes)

  const anyLevel = { ...view, level: [], exclude_level: [], min_level: null }
  const stats = useLogStats(withBounds(anyLevel, start, countsEnd).toString())
  // Asked for when a menu of values is open.
  const facetsQuery = withBounds(view, start, countsEnd).toString()

  // Everything kept begins where its first line does, not in the year 1.
  const first = view.range.kind === 'all' ? (stats.data?.summary.first_log_at ?? null) : start
  const bars = first === null ? null : withBounds(view, first, countsEnd)
  bars?.set('buckets', String(BUCKETS))
  bars?.set('timezone', zone)
  const histogram = useHistogram(bars?.toString() ?? null)

  const refresh = () => {
    setRefreshes((count) => count + 1)
    moveTo(serverNow())
  }

  const counting = useIsFetching({ queryKey: ['logs', 'facets'] })
  const busy = stats.isFetching || histogram.isFetching || counting > 0
  const follow = useThrottled(() => setCountsAsOf(serverNow()), busy)
  const watching = { enabled: open && view.until === null }
  useSSESubscription('log_entry_created', follow, watching)
  useSSESubscription('log_entries_created', follow, watching)
  useSSESubscription('logs_cleaned', refresh)
  useSSESubscription('logs_restored', refresh)
  useSSESubscription('logs_masked', refresh)

  const stream = withBounds(view, start, null)
  stream.set('max_batch', String(ROWS_A_BATCH))
  return { page, stats, facetsQuery, histogram, refresh, open, asOf, streamUrl: `/api/logs/stream?${stream}` }
}

/** Calls `action` at most once a second, later if `busy`, and always once after the last call. */
function useThrottled(action: () => void, busy: boolean): () => void {
  const [due, setDue] = useState(false)
  const last = useRef(0)
  useEffect(() => {
    if (!due || busy) return
    const timer = setTimeout(
      () => {
        last.current = Date.now()
        setDue(false)
        action()
      },
      Math.max(0, last.current + COUNTS_EVERY_MS - Date.now()),
    )
    return () => clearTimeout(timer)
  })
  return () => setDue(true)
}
