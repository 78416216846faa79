import type { LogRecord } from '@timelapser/logger'
import { LAST_INSTANT, toMillis } from '../database/timestamp.ts'
import type { AddResult } from './add-result.ts'

/** Largest `integer` of PostgreSQL. */
const MAX_CAMERA_ID = 2_147_483_647

/** Days that a month does not have are left to PostgreSQL, which refuses them, as are levels that are none. */
const UTC_TEXT =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/

/** Records that the writer can handle, and how their result becomes the result of all that were given. */
export type SoundRecords = {
  records: readonly LogRecord[]
  withRefused: (added: AddResult) => AddResult
  /** Where a record stood in what was given. */
  placeOf: (index: number) => number
}

/**
 * Sets records aside whose fields are not of the types that the writer and its SQL expect. A program may call with
 * any value, and one of a wrong type would fail the whole transaction, with the records of other callers in it.
 */
export function soundRecords(given: readonly LogRecord[]): SoundRecords {
  const refused: AddResult['rejected'] = []
  for (let index = 0; index < given.length; index++) {
    const reason = faultOf(given[index] as LogRecord)
    if (reason !== undefined) refused.push({ index, reason })
  }
  if (refused.length === 0)
    return { records: given, withRefused: (added) => added, placeOf: (index) => index }
  const isRefused = new Set(refused.map(({ index }) => index))
  const places = [...given.keys()].filter((index) => !isRefused.has(index))
  return {
    placeOf: (index) => places[index] ?? index,
    records: places.map((index) => given[index] as LogRecord),
    withRefused: (added) => ({
      ...added,
      rejected: [
        ...refused,
        ...added.rejected.map(({ index, reason }) => ({ index: places[index] ?? index, reason })),
      ].sort((a, b) => a.index - b.index),
    }),
  }
}

/** Why the record cannot be stored; undefined when the writer may try. */
function faultOf(record: LogRecord): string | undefined {
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
  if (camera_id !== null && !isCameraId(camera_id)) {
    return `camera_id is not a whole number from 1 to ${MAX_CAMERA_ID}`
  }
  if (typeof message !== 'string') return 'message is not a text'
  if (extra_data !== null && (typeof extra_data !== 'object' || Array.isArray(extra_data))) {
    return 'extra_data is not an object'
  }
  return undefined
}

function isCameraId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_CAMERA_ID
}
