// Instants as text with microseconds. Date computes whole seconds only; the digits below never pass through it.

/** A moment on somebody's clock; `fraction` is the digits behind the point, at most six. */
export type Civil = {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  fraction: string
}

const DAYS_BEFORE_LEAP = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
const ZERO = 48

function daysInMonth(year: number, month: number): number {
  if (month === 2 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return 28
  return DAYS_BEFORE_LEAP[month] ?? 0
}

/** Whether the clock can show this; a leap second (60) is let through and becomes the next minute. */
export function isCivil(civil: Civil): boolean {
  return (
    civil.year >= 1 &&
    civil.year <= 9999 &&
    civil.day >= 1 &&
    civil.day <= daysInMonth(civil.year, civil.month) &&
    civil.hour <= 23 &&
    civil.minute <= 59 &&
    civil.second <= 60
  )
}

/** The two digits at `at`, or a number beyond 99 when they are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO
  const ones = text.charCodeAt(at + 1) - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 1000
}

/**
 * Whether the text already is `2025-01-01T12:30:00Z` with at most six fractional digits and a date that
 * exists. The hot path of ingest: character codes alone, no pattern and no Date.
 */
export function isUtcText(text: string): boolean {
  const length = text.length
  if (length < 20 || length > 27 || length === 21 || text.charCodeAt(length - 1) !== 90) return false
  if (text.charCodeAt(10) !== 84 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return false
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return false
  if (twoDigits(text, 11) > 23 || twoDigits(text, 14) > 59 || twoDigits(text, 17) > 59) return false
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const day = twoDigits(text, 8)
  if (year < 1 || year > 9999 || day < 1 || day > daysInMonth(year, twoDigits(text, 5))) return false
  if (length === 20) return true
  if (text.charCodeAt(19) !== 46) return false
  for (let at = 20; at < length - 1; at += 1) {
    const digit = text.charCodeAt(at) - ZERO
    if (digit < 0 || digit > 9) return false
  }
  return true
}

/** Whole seconds since 1970 and the digits below them, as text; undefined outside the years 1 to 9999. */
export function toUtcText(seconds: number, fraction: string): string | undefined {
  // -62135596800 is 0001-01-01T00:00:00Z, 253402300799 the last second of 9999.
  if (!(seconds >= -62_135_596_800 && seconds <= 253_402_300_799)) return undefined
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`
}

/** The civil time in seconds, as if it were UTC. */
export function civilSeconds(civil: Civil): number {
  // Date.UTC takes the years 0 to 99 for 1900 to 1999, so these are counted 400 years (a full cycle) later.
  const early = civil.year < 100
  const year = early ? civil.year + 400 : civil.year
  const millis = Date.UTC(year, civil.month - 1, civil.day, civil.hour, civil.minute, civil.second)
  return millis / 1000 - (early ? 146_097 * 86_400 : 0)
}

/** Whole seconds since 1970 of a UTC text. */
export function secondsOf(utcText: string): number {
  return Date.parse(`${utcText.slice(0, 19)}Z`) / 1000
}

/** The text moved by whole seconds, its fraction untouched; undefined outside the years 1 to 9999. */
export function shiftUtcText(utcText: string, bySeconds: number): string | undefined {
  const fraction = utcText.charCodeAt(19) === 46 ? utcText.slice(20, -1) : ''
  return toUtcText(secondsOf(utcText) + bySeconds, fraction)
}

/** Whether instant `a` lies before `b`; both any length of fraction. */
export function isBefore(a: string, b: string): boolean {
  if (a.length === b.length) return a < b
  const secondsA = a.slice(0, 19)
  const secondsB = b.slice(0, 19)
  if (secondsA !== secondsB) return secondsA < secondsB
  return fractionOf(a) < fractionOf(b)
}

function fractionOf(utcText: string): string {
  return utcText.charCodeAt(19) === 46 ? utcText.slice(20, -1).padEnd(6, '0') : '000000'
}

/**
 * A count since 1970 in seconds, milli-, micro- or nanoseconds, distinguished by its size: below 1e11 seconds
 * (the year 5138), below 1e14 milliseconds, below 1e17 microseconds.
 *
 * @param digits a plain decimal number as text, so that nanoseconds beyond 2^53 keep their microseconds.
 */
export function epochToUtcText(digits: string): string | undefined {
  const match = /^(-?)(\d{1,20})(?:\.(\d+))?$/.exec(digits)
  if (match === null) return undefined
  const whole = (match[2] ?? '').replace(/^0+(?=\d)/, '')
  const unit = whole.length <= 11 ? 0 : whole.length <= 14 ? 3 : whole.length <= 17 ? 6 : 9
  const seconds = Number(whole.slice(0, whole.length - unit))
  const fraction = `${whole.slice(whole.length - unit)}${match[3] ?? ''}`.slice(0, 6).replace(/0+$/, '')
  if (match[1] === '') return toUtcText(seconds, fraction)
  if (fraction === '') return toUtcText(-seconds, '')
  const rest = String(1_000_000 - Number(fraction.padEnd(6, '0'))).padStart(6, '0')
  return toUtcText(-seconds - 1, rest.replace(/0+$/, ''))
}

/** Nanoseconds since 1970, also as text, as a time of a record; undefined for what is none. */
export function fromNanoseconds(value: unknown): string | undefined {
  const nanos =
    typeof value === 'bigint'
      ? value
      : typeof value === 'number' && Number.isInteger(value)
        ? BigInt(value)
        : typeof value === 'string' && /^-?\d{1,20}$/.test(value)
          ? BigInt(value)
          : undefined
  if (nanos === undefined) return undefined
  const seconds = nanos / 1_000_000_000n - (nanos % 1_000_000_000n < 0n ? 1n : 0n)
  return fromSeconds(Number(seconds), Number(nanos - seconds * 1_000_000_000n))
}

/** @param nanos 0 to 999,999,999 */
export function fromSeconds(seconds: number, nanos: number): string | undefined {
  if (!Number.isInteger(nanos) || nanos < 0 || nanos > 999_999_999) return undefined
  return toUtcText(seconds, String(nanos).padStart(9, '0').slice(0, 6).replace(/0+$/, ''))
}
