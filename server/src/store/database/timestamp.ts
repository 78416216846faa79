// Timestamps travel as text with microseconds; through JavaScript's Date a cursor would lose rows. Calculations
// computed is computed on whole minutes, which Date holds exactly.

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The first instant of the year 1 and the last millisecond of 9999: four digits of a year hold no other. */
export const FIRST_INSTANT = -62_135_596_800_000
export const LAST_INSTANT = 253_402_300_799_999

/** `2025-01-01 12:30:00.12+00`, as PostgreSQL prints it in UTC, as ISO 8601. */
export function fromPostgres(text: string): string {
  return text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text
}

/** The instant in milliseconds, digits below dropped. */
export function toMillis(timestamp: string): number {
  const fraction = timestamp.indexOf('.')
  return Date.parse(fraction === -1 ? timestamp : `${timestamp.slice(0, fraction + 4).replace('Z', '')}Z`)
}

/**
 * Whole milliseconds as ISO 8601, trailing zeros cut. PostgreSQL reads no text before the year 1: earlier instants
 * become its first instant.
 */
export function fromMillis(millis: number): string {
  // The end of the last minute of 9999 lies in 10000, which PostgreSQL reads without a sign and leading zeros alone.
  const iso = new Date(Math.max(millis, FIRST_INSTANT)).toISOString().replace(/^\+0*/, '')
  return iso.endsWith('.000Z') ? `${iso.slice(0, -5)}Z` : iso
}

/** The start of the step of `size` milliseconds that holds the timestamp. */
export function floorTo(timestamp: string, size: number): number {
  return Math.floor(toMillis(timestamp) / size) * size
}

/** The first start of a step of `size` milliseconds that is not before the timestamp. */
export function ceilTo(timestamp: string, size: number): number {
  const floor = floorTo(timestamp, size)
  return comparable(fromMillis(floor)) === comparable(timestamp) ? floor : floor + size
}

/** The start of the month (UTC) that holds the instant, or of the month `months` later. */
export function startOfMonth(millis: number, months = 0): number {
  const date = new Date(millis)
  // Not Date.UTC, which takes the years before 100 for those after 1900.
  return new Date(0).setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + months, 1)
}

/** The last microsecond of the timestamp's minute: as an inclusive end it stands for the whole of it. */
export function endOfMinute(timestamp: string): string {
  return `${timestamp.slice(0, 16)}:59.999999Z`
}

/** A form of the timestamp that sorts as text: six fractional digits always. */
export function comparable(timestamp: string): string {
  const seconds = timestamp.slice(0, 19)
  const fraction = timestamp.charCodeAt(19) === 46 ? timestamp.slice(20, -1) : ''
  return `${seconds}.${fraction.padEnd(6, '0')}`
}

/** The later of two timestamps. */
export function maximum(a: string, b: string): string {
  return comparable(a) > comparable(b) ? a : b
}

/** The earlier of two timestamps. */
export function minimum(a: string, b: string): string {
  return comparable(a) < comparable(b) ? a : b
}

/** The present, in milliseconds' resolution. */
export function now(): string {
  return fromMillis(Date.now())
}

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i

/**
 * Any ISO 8601 date or time as the UTC text the store uses, microseconds kept; undefined when it is none. A naive
 * time is UTC. A date alone is its first instant, or its last with `endOfDay`.
 */
export function parseIso(text: string, endOfDay = false): string | undefined {
  const match = ISO.exec(text.trim())
  if (!match) return undefined
  const [, date, clock, second = '00', fraction = '', zone = 'Z'] = match
  if (clock === undefined && endOfDay) return parseIso(`${date}T23:59:59.999999${match[5] ?? ''}`)
  const offset = /^z$/i.test(zone)
    ? 'Z'
    : zone.length === 3
      ? `${zone}:00`
      : zone.replace(/(\d\d):?(\d\d)$/, '$1:$2')
  const millis = Date.parse(`${date}T${clock ?? '00:00'}:${second}${offset}`)
  if (!(millis >= FIRST_INSTANT && millis <= LAST_INSTANT)) return undefined
  // The date has no part of the offset; JavaScript takes 30 February for 2 March.
  const isRealDate = new Date(`${date}T00:00:00Z`).toISOString().startsWith(`${date}`)
  if (!isRealDate) return undefined
  const digits = fraction.slice(0, 6).replace(/0+$/, '')
  const utc = new Date(millis).toISOString()
  return utc.length === 24 ? `${utc.slice(0, 19)}${digits && `.${digits}`}Z` : undefined
}
