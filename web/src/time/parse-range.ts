import { justBefore, parseSpan, type Range } from './range.ts'
import { instantOf, type WallTime, wallTime } from './zone.ts'

export type ParsedRange = { range: Range } | { problem: string }

type Moment = { instant: number; wholeDay: boolean; timeOnly: boolean }
type Context = { now: number; zone: string; day: WallTime }

const NOT_UNDERSTOOD = 'Not understood. Try “2h”, “yesterday 14:00”, “14:00 to 15:30” or “2026-03-01 08:00”.'

/** Reads a typed text in `zone`: a span (`2h`), one moment and since, or two moments with `to` between. */
export function parseRange(text: string, now: number, zone: string): ParsedRange {
  const typed = text.trim().toLowerCase().replace(/\s+/g, ' ')
  if (typed === '') return { problem: 'Type a time, such as “2h” or “yesterday 14:00”.' }
  if (/^(all|all time|everything)$/.test(typed)) return { range: { kind: 'all' } }
  const seconds = parseSpan(typed.replace(/^(last|past) /, '').replace(/ ago$/, ''))
  if (seconds !== null) return { range: { kind: 'last', seconds } }

  const context: Context = { now, zone, day: wallTime(now, zone) }
  const [first, second, ...rest] = typed.split(/ to | - | – | until |\.\.|–/)
  if (first === undefined || rest.length > 0) return { problem: NOT_UNDERSTOOD }
  const from = parseMoment(first, context)
  if (from === null) return { problem: NOT_UNDERSTOOD }
  if (second === undefined) return since(from, context)
  const to = parseMoment(second, { ...context, day: wallTime(from.instant, zone) })
  return to === null ? { problem: NOT_UNDERSTOOD } : between(from, to, context)
}

function since(from: Moment, { now, zone }: Context): ParsedRange {
  // “14:00” in the morning means yesterday's.
  const instant = from.timeOnly && from.instant > now ? addDays(from.instant, -1, zone) : from.instant
  if (instant > now) return { problem: 'That is in the future.' }
  const end = from.wholeDay ? addDays(instant, 1, zone) : null
  const to = end !== null && end <= now ? justBefore(end) : null
  return { range: { kind: 'between', from: iso(instant), to } }
}

function between(from: Moment, to: Moment, { zone }: Context): ParsedRange {
  const end = to.wholeDay ? justBefore(addDays(to.instant, 1, zone)) : iso(to.instant)
  if (Date.parse(end) < from.instant) return { problem: 'The end is before the start.' }
  return { range: { kind: 'between', from: iso(from.instant), to: end } }
}

function parseMoment(text: string, context: Context): Moment | null {
  const typed = text.trim()
  if (typed === 'now') return { instant: context.now, wholeDay: false, timeOnly: false }
  const ago = typed.endsWith(' ago') ? parseSpan(typed.slice(0, -4)) : null
  if (ago !== null) return { instant: context.now - ago * 1000, wholeDay: false, timeOnly: false }
  if (/^\d{4}-\d\d-\d\d[t ]\d\d:\d\d.*(z|[+-]\d\d:?\d\d)$/.test(typed)) {
    const instant = Date.parse(typed.replace(' ', 'T').toUpperCase())
    return Number.isNaN(instant) ? null : { instant, wholeDay: false, timeOnly: false }
  }
  const match =
    /^(?:(today|yesterday)|(\d{4})-(\d{1,2})-(\d{1,2}))?[t ]?(?:(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?$/.exec(
      typed,
    )
  if (match === null || typed === '') return null
  const [, word, year, month, day, hour, minute, second] = match
  const date = dateOf(word, year, month, day, context)
  const clock = { hour: Number(hour ?? 0), minute: Number(minute ?? 0), second: Number(second ?? 0) }
  if (date === null || clock.hour > 24 || clock.minute > 59 || clock.second > 59) return null
  const instant = instantOf({ ...date, ...clock }, context.zone)
  return { instant, wholeDay: hour === undefined, timeOnly: word === undefined && year === undefined }
}

type CalendarDate = Pick<WallTime, 'year' | 'month' | 'day'>

function dateOf(
  word: string | undefined,
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  context: Context,
): CalendarDate | null {
  if (year === undefined) {
    const base = word === undefined ? context.day : wallTime(context.now, context.zone)
    return { year: base.year, month: base.month, day: base.day - (word === 'yesterday' ? 1 : 0) }
  }
  const date = { year: Number(year), month: Number(month), day: Number(day) }
  const check = new Date(Date.UTC(date.year, date.month - 1, date.day))
  return check.getUTCMonth() === date.month - 1 && check.getUTCDate() === date.day ? date : null
}

function addDays(instant: number, days: number, zone: string): number {
  const wall = wallTime(instant, zone)
  return instantOf({ ...wall, day: wall.day + days }, zone)
}

function iso(instant: number): string {
  return new Date(instant).toISOString().replace(/\.000Z$/, 'Z')
}
