import { serverNow } from '../api/server-clock.ts'
import { formatMoment } from '../time/format.ts'
import { type Range, spanInWords } from '../time/range.ts'

/** What a count covers, in words: `last 24 hours`, `everything kept`, `21 Nov, 14:00 – 15:00`. */
export function periodInWords(range: Range, zone: string): string {
  if (range.kind === 'all') return 'everything kept'
  if (range.kind === 'last') return spanInWords(range.seconds)
  const now = serverNow()
  const from = formatMoment(range.from, zone, now)
  if (range.to === null) return `since ${from}`
  const named = (moment: string, other: string) =>
    other.includes(', ') && !moment.includes(', ') ? `today, ${moment}` : moment
  // An inclusive end a microsecond before a full second reads as that second.
  const end = range.to.endsWith('999Z') ? new Date(Date.parse(range.to) + 1).toISOString() : range.to
  const to = formatMoment(end, zone, now)
  const [fromDay, toDay] = [from.slice(0, from.lastIndexOf(', ')), to.slice(0, to.lastIndexOf(', '))]
  return from.includes(', ') && fromDay === toDay
    ? `${from} – ${to.slice(toDay.length + 2)}`
    : `${named(from, to)} – ${named(to, from)}`
}
