import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { parseAnsi } from '../../text/ansi.ts'
import { previewOf } from '../../text/message-text.tsx'
import { originOf } from '../origin.tsx'
import type { LiveListState } from './use-live-list.ts'

/** Faster than this nobody can listen. */
const EVERY_MS = 5000
/** Lines written together are announced together. */
const GATHER_MS = 400

/** Reads arriving lines out, politely; silent while the list is held and about what the reader brought up. */
export function Arrivals({ live }: { live: LiveListState }) {
  const { state, shown, waiting } = live
  const [said, setSaid] = useState({ times: 0, text: '' })
  /**
   * The lines that need no announcement. Their ids say nothing about when they arrived: servers have ranges of their
   * own.
   */
  const known = useRef<ReadonlySet<number>>(new Set())
  const saidAt = useRef(Number.NEGATIVE_INFINITY)
  const due = useRef<number | null>(null)

  const begin = useEffectEvent(() => {
    due.current = null
    known.current = idsOf([...shown, ...waiting])
  })
  useEffect(() => {
    if (state === 'live') begin()
  }, [state])

  const say = useEffectEvent(() => {
    due.current = null
    const fresh = shown.filter((row) => !known.current.has(row.id))
    if (fresh.length === 0) return
    known.current = idsOf(shown)
    saidAt.current = performance.now()
    setSaid({ times: said.times + 1, text: arrivalText(fresh) })
  })
  useEffect(() => {
    if (state !== 'live' || shown.length === 0) return
    const now = performance.now()
    due.current ??= Math.max(now + GATHER_MS, saidAt.current + EVERY_MS)
    const timer = setTimeout(() => say(), Math.max(0, due.current - now))
    return () => clearTimeout(timer)
  }, [state, shown])

  return (
    <p className="sr-only" role="status" aria-label="Arriving lines">
      {/* Another element each time: the same words are read again. */}
      <span key={said.times}>{said.text}</span>
    </p>
  )
}

function idsOf(rows: readonly LogRow[]): ReadonlySet<number> {
  return new Set(rows.map(({ id }) => id))
}

/** Characters of a message that are read out while others arrive. */
const SPOKEN_CHARACTERS = 120

/** `3 new lines, newest: ERROR, Front Door, RTSP timeout`; lines are given newest first. */
export function arrivalText(lines: readonly LogRow[]): string {
  const [newest] = lines
  if (newest === undefined) return ''
  const first = previewOf(newest.message, false).text
  const message = parseAnsi(first)
    .map(({ text }) => text)
    .join('')
    .slice(0, SPOKEN_CHARACTERS)
  const count = `${lines.length.toLocaleString()} new ${lines.length === 1 ? 'line' : 'lines'}`
  return `${count}, newest: ${newest.level}, ${originOf(newest).name}, ${message}`
}
