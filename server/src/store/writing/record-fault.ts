import { type LogRecord, RECORD_LIMITS } from '@timelapser/logger'
import { LAST_INSTANT, toMillis } from '../database/timestamp.ts'

/** Largest `integer` of PostgreSQL. */
const MAX_CAMERA_ID = 2_147_483_647

/** Days that a month does not have are left to PostgreSQL, which refuses them, as are levels that are none. */
const UTC_TEXT =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/

/**
 * Why the record cannot be stored; undefined when the writer may try. A program may call with any value, and a field of a
 * type that the writer and its SQL do not expect would fail the whole transaction, with the records of other callers in it.
 */
export function faultOf(record: LogRecord): string | undefined {
  const { timestamp, level, source, logger_name, camera_id, message, extra_data } = record ?? {}
  if (typeof timestamp !== 'string' || !UTC_TEXT.test(timestamp)) {
    return 'timestamp is not a time in UTC of the years 1 to 9999, such as 2025-01-01T12:30:00.123456Z'
  }
  if (timestamp.startsWith('9999-12-31T23:59:59.') && toMillis(timestamp) >= LAST_INSTANT) {
    return 'timestamp lies in the last millisecond of the year 9999'
  }
  if (typeof level !== 'string') return 'level is not a text'
  if (typeof source !== 'string') return 'source is not a text'
  if (logger_name !== null && typeof logger_name !== 'string') return 'logger_name is not a text'
  const excess =
    excessOf('source', source, RECORD_LIMITS.sourceCharacters) ??
    excessOf('logger_name', logger_name ?? '', RECORD_LIMITS.loggerNameCharacters)
  if (excess !== undefined) return excess
  if (camera_id !== null && !isCameraId(camera_id)) {
    return `camera_id is not a whole number from 1 to ${MAX_CAMERA_ID}`
  }
  if (typeof message !== 'string') return 'message is not a text'
  if (extra_data !== null && (typeof extra_data !== 'object' || Array.isArray(extra_data))) {
    return 'extra_data is not an object'
  }
  return undefined
}

/** Characters are counted as PostgreSQL does, by code point. */
function excessOf(field: string, text: string, limit: number): string | undefined {
  if (text.length <= limit) return undefined
  const characters = [...text.slice(0, 2 * limit + 1)].length
  return characters > limit ? `${field} is longer than ${limit} characters` : undefined
}

function isCameraId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_CAMERA_ID
}
