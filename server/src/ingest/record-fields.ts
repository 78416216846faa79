// The accepted types of each record field on the wire. A reader returns undefined for a value it cannot use; the
// reason, with the value and the limit, is built only then.
import { type ExtraData, type Json, type Level, parseLevel, RECORD_LIMITS } from '@timelapser/logger'
import { readTimeText } from './time-forms.ts'
import { epochToUtcText, fromSeconds, isUtcText } from './utc-text.ts'

const MAX_CAMERA_ID = 2_147_483_647

/** A name in any case, or a number of pino's scale, also as text. */
export function readLevel(value: unknown): Level | undefined {
  if (typeof value === 'string' && /^\s*\d{1,3}\s*$/.test(value)) return parseLevel(Number(value))
  return parseLevel(value)
}

/** ISO 8601 or one of the common forms; a number counts seconds, milli-, micro- or nanoseconds since 1970. */
export function readTimestamp(value: unknown): string | undefined {
  if (typeof value === 'string') return isUtcText(value) ? value : readTimeText(value)
  if (typeof value !== 'number') return readTimeObject(value)
  // A double of this size holds microseconds; toFixed hands back the six digits that were meant.
  return epochToUtcText(Number.isInteger(value) ? String(value) : value.toFixed(6))
}

/** Seconds and nanoseconds as protocol buffers, log4j2 and others write them side by side, and MongoDB's `$date`. */
function readTimeObject(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const fields = value as Record<string, unknown>
  if (typeof fields.$date === 'string' || typeof fields.$date === 'number') return readTimestamp(fields.$date)
  const seconds = Number(fields.seconds ?? fields.epochSecond ?? Number.NaN)
  const nanos = Number(fields.nanos ?? fields.nanoOfSecond ?? fields.nanoseconds ?? 0)
  return Number.isInteger(seconds) ? fromSeconds(seconds, nanos) : undefined
}

/** An integer from 1 to 2147483647, also as text. */
export function readCameraId(value: unknown): number | undefined {
  const id = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value
  return typeof id === 'number' && Number.isInteger(id) && id >= 1 && id <= MAX_CAMERA_ID ? id : undefined
}

/** Whether the text is no longer than `limit` characters, counted as PostgreSQL counts them. */
export function isWithin(text: string, limit: number): boolean {
  if (text.length <= limit) return true
  return text.length <= limit * 2 && [...text].length <= limit
}

/** Bits of what `inspectJson` finds. */
export const TOO_DEEP = 1
export const INEXACT = 2

/**
 * Looks through a parsed value: whether it nests deeper than `RECORD_LIMITS.extraDataDepth` (`TOO_DEEP`;
 * nothing may recurse into it then), and whether it holds a number JavaScript could not keep (`INEXACT`).
 */
export function inspectJson(value: unknown, depth = 1): number {
  if (typeof value === 'number') return isInexact(value) ? INEXACT : 0
  if (typeof value !== 'object' || value === null) return 0
  if (depth > RECORD_LIMITS.extraDataDepth) return TOO_DEEP
  let found = 0
  if (Array.isArray(value)) {
    for (const item of value) {
      found |= inspectJson(item, depth + 1)
      if ((found & TOO_DEEP) !== 0) return found
    }
    return found
  }
  // A parsed object has no properties but its own; `in` makes no list of them, and this runs for every record.
  for (const key in value) {
    found |= inspectJson((value as Record<string, unknown>)[key], depth + 1)
    if ((found & TOO_DEEP) !== 0) return found
  }
  return found
}

/** Whether a parsed number may differ from what was written: integers beyond 2^53 and overflows. */
export function isInexact(value: number): boolean {
  return Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)
}

/** Values of one name that are kept; each further one would have to pass by all names before. */
const MAX_OF_ONE_NAME = 16

/** Adds without replacing: a taken key gets underscores in front. Beyond 16 values of a key the rest is left out. */
export function putExtra(extra: ExtraData, key: string, value: Json): void {
  let free = key
  for (let taken = 0; Object.hasOwn(extra, free); taken++) {
    if (taken === MAX_OF_ONE_NAME) return
    free = `_${free}`
  }
  if (free !== '__proto__') extra[free] = value
  else Object.defineProperty(extra, free, { value, enumerable: true, configurable: true, writable: true })
}

/** A value for a reason, at most 60 characters of it. */
export function shorten(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}
