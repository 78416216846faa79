import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { addLines, type LiveLines, NO_LINES, showWaiting } from './live-lines.ts'
import type { StreamState } from './sse-connection.ts'
import { useSSESubscription } from './use-sse-subscription.ts'

type Batch = { rows: LogRow[]; skipped: number }
const emptyBatch = (): Batch => ({ rows: [], skipped: 0 })

export type LiveList = LiveLines & {
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
