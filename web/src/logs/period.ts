import { serverNow } from '../api/server-clock.ts'
import { formatMoment, formatSpan } from '../time/format.ts'
import { type Range, spanInWords } from '../time/range.ts'

/** The period of a count, in words: `last 24 hours`, `all stored lines`, `21 Nov, 14:00 – 15:00`. */
export function periodInWords(range: Range, zone: string): string {
  if (range.kind === 'all') return 'all stored lines'
  if (range.kind === 'last') return spanInWords(range.seconds)
  const now = serverNow()
  if (range.to === null) return `since ${formatMoment(range.from, zone, now)}`
  // An inclusive end a microsecond before a full second reads as that second.
  const end = range.to.endsWith('999Z') ? new Date(Date.parse(range.to) + 1).toISOString() : range.to
  return formatSpan(range.from, end, zone, now).join(' – ')
}
