import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { type StreamState, useSSESubscription } from '../../live/use-sse-subscription.ts'
import type { useLogsScreen } from '../use-logs-screen.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { usePointing, useReading } from './use-reading.ts'

type LiveState = 'live' | 'connecting' | 'paused' | 'reconnecting' | 'unavailable'
export type LiveListState = ReturnType<typeof useLiveList>

/** A stream opens in a few milliseconds; until here the page does not speak of it. */
const SLOW_OPENING_MS = 500

/** The rows of the screen: the fetched page and, on the first page of an open range, the lines arriving since. */
export function useLiveList(view: LogView, change: ChangeView, screen: ReturnType<typeof useLogsScreen>) {
  const { held, paused, still, setBrushing, setChoosing } = usePause(view)
  const page = screen.page.data ?? null
  const enabled = view.page === 1 && screen.open && page !== null
  const lines = useLiveLines({
    url: screen.streamUrl,
    base: page,
    fetching: screen.page.isFetching,
    enabled,
    paused: still,
    onReset: screen.refresh,
  })
  useAskOnceMore(enabled && lines.state === 'open', screen)

  const show = () => {
    if (!lines.resume()) screen.refresh()
  }
  const onResumed = useEffectEvent(show)
  useEffect(() => {
    if (!still) onResumed()
  }, [still])

  const shown = enabled ? lines.shown : null
  const rows = useMemo(() => mergeRows(shown ?? [], page?.logs ?? []), [shown, page])
  // By what the page holds, not by the highest id: servers hand out ids from ranges of their own.
  const fetched = useMemo(() => new Set(page?.logs.map(({ id }) => id)), [page])
  const { isOpening, state } = useLiveState(view, screen, { enabled, paused, stream: lines.state })
  return {
    rows,
    state,
    /** Whether what is stored now does not arrive by itself yet; it is there with the next answer. */
    opening: isOpening,
    why: whyNot(view, screen.open, page !== null, held),
    arrived: lines.shown.length,
    shown: lines.shown,
    waiting: lines.waiting,
    waitingCount: enabled ? lines.waitingCount : 0,
    skipped: enabled ? lines.skipped : 0,
    fetched,
    setBrushing,
    setChoosing,
    /** Shows what waits without ending the pause. */
    show() {
      window.scrollTo({ top: 0 })
      show()
    },
    toggle() {
      if (!enabled) return
      if (view.live && held !== null) {
        // Something else holds the list: live means letting go of it.
        window.getSelection()?.removeAllRanges()
        window.scrollTo({ top: 0 })
        change({ log: null })
        show()
        return
      }
      change({ live: !view.live }, { replace: true })
    },
  }
}

/** The state of the list in a word, and whether lines do not arrive by themselves yet. */
function useLiveState(
  view: LogView,
  screen: ReturnType<typeof useLogsScreen>,
  { enabled, paused, stream }: { enabled: boolean; paused: boolean; stream: StreamState },
) {
  // The first page is part of it: a page still loading must not be reported as impossible.
  const isAwaited = view.page === 1 && screen.open && view.live && !screen.page.data && screen.page.isFetching
  const isOpening = isAwaited || (enabled && stream === 'connecting')
  const opensSlowly = useLasting(isOpening, SLOW_OPENING_MS)
  const isNotYet = isAwaited && opensSlowly ? 'connecting' : 'unavailable'
  const state: LiveState = enabled ? stateOf(stream, paused, opensSlowly) : isNotYet
  return { isOpening, state }
}

/** Whether the list stands still, and what holds it. */
function usePause(view: LogView) {
  const [brushing, setBrushing] = useState(false)
  const [choosing, setChoosing] = useState(false)
  const reading = useReading()
  const pointing = usePointing()
  const held = reading ?? holdOf(view, brushing, choosing)
  const paused = !view.live || held !== null
  // Under a moving pointer rows wait a moment; that is no pause to speak of.
  return { held, paused, still: paused || pointing, setBrushing, setChoosing }
}

/** The action of the person that holds the list. */
function holdOf(view: LogView, brushing: boolean, choosing: boolean): string | null {
  if (view.log !== null) return 'a line is open'
  if (brushing) return 'a time range is being selected'
  return choosing ? 'a menu is open' : null
}

function stateOf(stream: StreamState, paused: boolean, opensSlowly: boolean): LiveState {
  if (stream === 'reconnecting') return 'reconnecting'
  if (paused) return 'paused'
  return opensSlowly ? 'connecting' : 'live'
}

/** Why no lines are added; null while they are. */
function whyNot(view: LogView, isOpenRange: boolean, isLoaded: boolean, held: string | null): string | null {
  if (!isOpenRange) return 'This range has ended; choose a range up to now to follow new lines.'
  if (view.page > 1) return 'New lines arrive on page 1.'
  if (!isLoaded) return 'No lines are loaded yet.'
  return held ?? (view.live ? null : 'you paused it')
}

/** Lines written between the page's answer and the stream's opening are in neither: asks once more. */
function useAskOnceMore(isOpen: boolean, screen: ReturnType<typeof useLogsScreen>): void {
  const opened = useRef('')
  const onOpen = useEffectEvent(() => {
    if (opened.current === screen.streamUrl) return
    opened.current = screen.streamUrl
    screen.page.refetch()
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another stream opens anew
  useEffect(() => {
    if (isOpen) onOpen()
  }, [isOpen, screen.streamUrl])
}

/** Whether `active` has been so for `ms`: a state that passes at once is not worth a flicker. */
function useLasting(active: boolean, ms: number): boolean {
  const [lasts, setLasts] = useState(false)
  useEffect(() => {
    if (!active) return
    const timer = setTimeout(() => setLasts(true), ms)
    return () => {
      clearTimeout(timer)
      setLasts(false)
    }
  }, [active, ms])
  return active && lasts
}

type Batch = { rows: LogRow[]; skipped: number }
const emptyBatch = (): Batch => ({ rows: [], skipped: 0 })

type LiveList = LiveLines & {
  state: StreamState
  /** Shows what waits; false when the page has to be fetched anew instead. */
  resume(): boolean
}

/**
 * The lines arriving on `url`, newest first. Arriving lines are collected and drawn once a frame, so that a thousand
 * lines a second cost one render. `base` is the page they are added to: a new page starts with the lines that came
 * while it was fetched, for those may or may not be in it.
 */
export function useLiveLines(options: {
  url: string
  base: unknown
  fetching: boolean
  enabled: boolean
  paused: boolean
  onReset: () => void
}): LiveList {
  const { url, base, fetching, enabled, paused } = options
  const [lines, setLines] = useState(NO_LINES)
  const inbox = useRef(emptyBatch())
  const whileFetching = useRef<LogRow[]>([])
  const frame = useRef(0)

  const startOver = useEffectEvent(() => setLines(addLines(NO_LINES, whileFetching.current, false, 0)))
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs for each new page
  useLayoutEffect(() => startOver(), [base])
  useLayoutEffect(() => {
    if (fetching) whileFetching.current = []
  }, [fetching])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another url is another set of lines
  useLayoutEffect(() => {
    whileFetching.current = []
    inbox.current = emptyBatch()
  }, [url])

  const draw = useEffectEvent(() => {
    const { rows, skipped } = inbox.current
    inbox.current = emptyBatch()
    setLines((before) => addLines(before, rows, paused, skipped))
  })
  const state = useSSESubscription(
    'log_rows',
    (data) => {
      const batch = data as Batch
      for (const row of batch.rows) inbox.current.rows.push(row)
      if (fetching) for (const row of batch.rows) whileFetching.current.push(row)
      inbox.current.skipped += batch.skipped
      cancelAnimationFrame(frame.current)
      frame.current = requestAnimationFrame(() => draw())
    },
    { url, enabled },
  )
  useSSESubscription('reset', options.onReset, { url, enabled })
  useEffect(() => () => cancelAnimationFrame(frame.current), [])

  const resume = () => {
    const next = showWaiting(lines)
    if (next !== null) setLines(next)
    return next !== null
  }
  return { ...lines, state, resume }
}

/** The lines that came over the stream since the page was fetched, newest first. */
export type LiveLines = {
  shown: LogRow[]
  /** Held back while the list is paused. */
  waiting: LogRow[]
  /** How many are held back, also beyond those kept. */
  waitingCount: number
  /** Lines that were never sent or kept; the list says so and offers to load them. */
  skipped: number
}

/** Beyond it the oldest lines leave the screen and are counted as skipped; this many rows hold about 21 MB. */
export const MAX_SHOWN = 100_000
/** Beyond it a paused list only counts, and resuming fetches the page anew. */
export const MAX_WAITING = 2_000

export const NO_LINES: LiveLines = { shown: [], waiting: [], waitingCount: 0, skipped: 0 }

/** ISO timestamps with any number of fractional digits, by time. */
export function compareTimestamps(a: string, b: string): number {
  const [left, right] = [a.slice(0, 19), b.slice(0, 19)]
  if (left !== right) return left < right ? -1 : 1
  const fraction = (text: string) => text.slice(20, -1).padEnd(6, '0')
  const [one, two] = [fraction(a), fraction(b)]
  return one === two ? 0 : one < two ? -1 : 1
}

/** The order of every list: newest first, the higher id first among equal times. */
function compareRows(a: LogRow, b: LogRow): number {
  return compareTimestamps(b.timestamp, a.timestamp) || b.id - a.id
}

/** Merges two newest-first lists; a line in both is taken once. */
export function mergeRows(fresh: readonly LogRow[], rows: readonly LogRow[]): LogRow[] {
  if (fresh.length === 0) return rows as LogRow[]
  const merged: LogRow[] = []
  let [left, right] = [0, 0]
  while (left < fresh.length || right < rows.length) {
    const a = fresh[left]
    const b = rows[right]
    const order = a === undefined ? 1 : b === undefined ? -1 : compareRows(a, b)
    const next = order <= 0 ? a : b
    if (order <= 0) left += 1
    if (order >= 0) right += 1
    if (next !== undefined && merged.at(-1)?.id !== next.id) merged.push(next)
  }
  return merged
}

/** Takes a batch off the stream, onto the list or into what waits. */
export function addLines(
  lines: LiveLines,
  batch: readonly LogRow[],
  paused: boolean,
  lost: number,
): LiveLines {
  const fresh = [...batch].sort(compareRows)
  const skipped = lines.skipped + lost
  if (paused) {
    const known = new Set(lines.waiting.map((row) => row.id))
    const added = fresh.filter((row) => !known.has(row.id)).length
    const waiting = mergeRows(fresh, lines.waiting).slice(0, MAX_WAITING)
    return { ...lines, waiting, waitingCount: lines.waitingCount + added, skipped }
  }
  const merged = mergeRows(fresh, lines.shown)
  const over = Math.max(0, merged.length - MAX_SHOWN)
  return { ...lines, shown: over > 0 ? merged.slice(0, MAX_SHOWN) : merged, skipped: skipped + over }
}

/** Shows what waited; null when more came than was kept and the page has to be fetched anew. */
export function showWaiting(lines: LiveLines): LiveLines | null {
  if (lines.waitingCount > lines.waiting.length) return null
  return addLines({ ...lines, waiting: [], waitingCount: 0 }, lines.waiting, false, 0)
}
