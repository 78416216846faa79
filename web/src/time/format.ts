import { wallTime } from './zone.ts'

const two = (value: number) => String(value).padStart(2, '0')

/** `2026-11-21`, comparable, in a zone. */
function dayIn(instant: number, zone: string): string {
  const { year, month, day } = wallTime(instant, zone)
  return `${year}-${two(month)}-${two(day)}`
}

/** `14:03:22.118`: log lines are read by the millisecond and compared by eye, so the form is fixed. */
export function formatClock(timestamp: string, zone: string): string {
  const instant = Date.parse(timestamp)
  const { hour, minute, second } = wallTime(instant, zone)
  const milliseconds = String(((instant % 1000) + 1000) % 1000).padStart(3, '0')
  return `${two(hour)}:${two(minute)}:${two(second)}.${milliseconds}`
}

const dayFormats = new Map<string, Intl.DateTimeFormat>()

function dayFormat(zone: string, withYear: boolean): Intl.DateTimeFormat {
  const key = `${zone}|${withYear}`
  const known = dayFormats.get(key)
  if (known) return known
  const made = new Intl.DateTimeFormat(undefined, {
    timeZone: zone,
    day: '2-digit',
    // A date of another year is all figures: with the name of the month it would not fit beside the time.
    ...(withYear ? { month: '2-digit', year: 'numeric' } : { month: 'short' }),
  })
  dayFormats.set(key, made)
  return made
}

/** The day in the reader's own form, or null when it is the day of `now`. */
export function formatDay(timestamp: string, zone: string, now: number): string | null {
  const instant = Date.parse(timestamp)
  const day = dayIn(instant, zone)
  const today = dayIn(now, zone)
  if (day === today) return null
  return dayFormat(zone, day.slice(0, 4) !== today.slice(0, 4)).format(instant)
}

/** One line for tooltips and summaries: the day when it is not today's, hours and minutes, seconds if any. */
export function formatMoment(timestamp: string, zone: string, now: number): string {
  const clock = shortClock(timestamp, zone)
  const day = formatDay(timestamp, zone, now)
  return day === null ? clock : `${day}, ${clock}`
}

/** Both ends of a span: the day once where they share it; where only one end is of today, that is said. */
export function formatSpan(from: string, to: string, zone: string, now: number): [from: string, to: string] {
  const [fromDay, toDay] = [formatDay(from, zone, now), formatDay(to, zone, now)]
  if (fromDay === toDay) return [formatMoment(from, zone, now), shortClock(to, zone)]
  return [`${fromDay ?? 'today'}, ${shortClock(from, zone)}`, `${toDay ?? 'today'}, ${shortClock(to, zone)}`]
}

function shortClock(timestamp: string, zone: string): string {
  const clock = formatClock(timestamp, zone)
  return clock.endsWith(':00.000') ? clock.slice(0, 5) : clock.slice(0, 8)
}

function offsetMinutes(moment: number, zone: string): number {
  const instant = Math.floor(moment / 1000) * 1000
  const wall = wallTime(instant, zone)
  const shown = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second)
  return Math.round((shown - instant) / 60_000)
}

/** `+01:00`, as ISO 8601 writes it. */
function offsetAt(timestamp: string, zone: string): string {
  const minutes = offsetMinutes(Date.parse(timestamp), zone)
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** `+01` where the zone's clocks show the same time twice that day; null everywhere else. */
export function offsetIfRepeated(timestamp: string, zone: string): string | null {
  const instant = Date.parse(timestamp)
  const own = offsetMinutes(instant, zone)
  const others = [instant - AROUND_MS, instant + AROUND_MS].map((near) => offsetMinutes(near, zone))
  // The same wall time under another offset, if that was in force at that moment.
  const repeated = others.some(
    (other) => other !== own && offsetMinutes(instant + (own - other) * 60_000, zone) === other,
  )
  return repeated ? offsetAt(timestamp, zone).replace(/:00$/, '') : null
}

/** Farther than clocks are ever put back, nearer than they are put back again. */
const AROUND_MS = 3 * 3_600_000

/** The full ISO time with all its digits in the zone, and the zone's name. */
export function formatFull(timestamp: string, zone: string): string {
  const fraction = /\.\d+/.exec(timestamp)?.[0] ?? ''
  const clock = formatClock(timestamp, zone).slice(0, 8)
  return `${dayIn(Date.parse(timestamp), zone)}T${clock}${fraction}${offsetAt(timestamp, zone)} ${zone}`
}

/** Whether a value is a time as ISO 8601 writes it, with its zone. */
export function isInstant(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  )
}
