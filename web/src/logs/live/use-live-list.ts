import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { addLines, type LiveLines, mergeRows, NO_LINES, showWaiting } from '../../live/live-lines.ts'
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
  const [brushing, setBrushing] = useState(false)
  const [choosing, setChoosing] = useState(false)
  const reading = useReading()
  const pointing = usePointing()
  const page = screen.page.data ?? null
  const enabled = view.page === 1 && screen.open && page !== null
  const held =
    reading ??
    (view.log !== null
      ? 'a line is open'
      : brushing
        ? 'a time range is being selected'
        : choosing
          ? 'a menu is open'
          : null)
  const paused = !view.live || held !== null
  // Under a moving pointer rows wait a moment; that is no pause to speak of.
  const still = paused || pointing
  const lines = useLiveLines({
    url: screen.streamUrl,
    base: page,
    fetching: screen.page.isFetching,
    enabled,
    paused: still,
    onReset: screen.refresh,
  })

  // Lines written between the page's answer and the stream's opening are in neither: ask once more.
  const opened = useRef('')
  const onOpen = useEffectEvent(() => {
    if (opened.current === screen.streamUrl) return
    opened.current = screen.streamUrl
    screen.page.refetch()
  })
  const isOpen = enabled && lines.state === 'open'
  // biome-ignore lint/correctness/useExhaustiveDependencies: another stream opens anew
  useEffect(() => {
    if (isOpen) onOpen()
  }, [isOpen, screen.streamUrl])

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
  // The first page is part of it: a page still loading must not be reported as impossible.
  const isAwaited = view.page === 1 && screen.open && view.live && page === null && screen.page.isFetching
  const isOpening = isAwaited || (enabled && lines.state === 'connecting')
  const opensSlowly = useLasting(isOpening, SLOW_OPENING_MS)
  const state: LiveState = !enabled
    ? isAwaited && opensSlowly
      ? 'connecting'
      : 'unavailable'
    : lines.state === 'reconnecting'
      ? 'reconnecting'
      : paused
        ? 'paused'
        : opensSlowly
          ? 'connecting'
          : 'live'
  return {
    rows,
    state,
    /** Whether what is stored now does not arrive by itself yet; it is there with the next answer. */
    opening: isOpening,
    why: !screen.open
      ? 'This range has ended; choose a range up to now to follow new lines.'
      : view.page > 1
        ? 'New lines arrive on page 1.'
        : page === null
          ? 'No lines are loaded yet.'
          : (held ?? (view.live ? null : 'you paused it')),
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
