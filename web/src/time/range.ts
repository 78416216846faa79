/** The span of time a screen is about. Times are ISO 8601 in UTC; both ends are inclusive, as in the API. */
export type Range =
  | { kind: 'last'; seconds: number }
  | { kind: 'between'; from: string; to: string | null }
  | { kind: 'all' }

export type Bounds = { start: string; end: string | null }

const UNITS = [
  ['w', 604_800, 'week'],
  ['d', 86_400, 'day'],
  ['h', 3600, 'hour'],
  ['m', 60, 'minute'],
  ['s', 1, 'second'],
] as const

/** No line can be older: the years of a timestamp begin with 1. */
export const BEGINNING = '0001-01-01T00:00:00Z'

/** `5400` → `90m`; the largest unit that divides it. Weeks are written as days, as people say "7 days". */
export function formatSpan(seconds: number): string {
  const unit = UNITS.slice(1).find(([, size]) => seconds % size === 0) ?? ['s', 1]
  return `${seconds / unit[1]}${unit[0]}`
}

/** `2h`, `90 min`, `1 day` → seconds. */
export function parseSpan(text: string): number | null {
  const match = /^(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$/i.exec(
    text.trim(),
  )
  if (match?.[1] === undefined || match[2] === undefined) return null
  const letter = match[2].charAt(0).toLowerCase()
  const unit = UNITS.find(([name]) => name === letter)
  const seconds = Number(match[1]) * (unit?.[1] ?? 0)
  return seconds > 0 ? seconds : null
}

/** `last 24 hours`, for the places that say which period a number counts. */
export function spanInWords(seconds: number): string {
  const unit = UNITS.slice(1).find(([, size]) => seconds % size === 0 && seconds / size > 1)
  const [, size, name] = unit ?? UNITS.slice(1).find(([, exact]) => seconds === exact) ?? UNITS[4]
  const amount = seconds / size
  return amount === 1 ? `last ${name}` : `last ${amount.toLocaleString()} ${name}s`
}

/** Where a range lies when it is `now`. */
export function boundsOf(range: Range, now: number): Bounds {
  if (range.kind === 'all') return { start: BEGINNING, end: null }
  if (range.kind === 'between') return { start: range.from, end: range.to }
  return { start: new Date(now - range.seconds * 1000).toISOString(), end: null }
}

/** The last microsecond before an instant; ends are inclusive, so a bucket ends here. */
export function justBefore(instant: number): string {
  return new Date(instant - 1).toISOString().replace('Z', '999Z')
}

/** Whether new lines can still fall into it. */
export function isOpen(range: Range): boolean {
  return range.kind !== 'between' || range.to === null
}
