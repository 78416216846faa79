import { type ExtraData, type Json, type LogRecord, normaliseRecord } from '@timelapser/logger'
import type { RecordDefaults } from './decoded.ts'
import { type AttributeField, attributeFor, bestNames } from './field-names.ts'
import { readLineLevel } from './line-level.ts'
import { nearestLevel } from './nearest-level.ts'
import { parseJson } from './parse-json.ts'
import { putExtra, readCameraId, readTimestamp } from './record-fields.ts'

/** The fields of a record in another protocol. */
export type ForeignRecord = {
  /** ISO 8601 in UTC; arrival when undefined. */
  timestamp: string | undefined
  /** Name or number as it came; INFO when absent or unknown. */
  level: unknown
  /** Any text, of any length. */
  message: string
  /** All that came beside it, of any shape. */
  attributes: ExtraData
}

/** A value as the text of a message. @param what it is, with its article */
export function asJson(value: unknown, what: string): string {
  try {
    return JSON.stringify(value)
  } catch {
    // Nested deeper than the stack.
    return `[${what} nested too deep]`
  }
}

/** A time as it was sent. One that cannot be read stays among the attributes, and the record has its arrival. */
export function timeFrom(written: unknown, attributes: ExtraData): string | undefined {
  const timestamp = written == null ? undefined : readTimestamp(written)
  if (written != null && timestamp === undefined) putExtra(attributes, 'original_timestamp', written as Json)
  return timestamp
}

/** Like `toPlacedRecord`, with source, logger and camera found among the attributes by their usual names. */
export function toLogRecord(sent: ForeignRecord, defaults: RecordDefaults): LogRecord {
  const { rest, ...placed } = liftFields(sent.attributes)
  return toPlacedRecord({ ...sent, attributes: rest }, { ...defaults, ...placed })
}

/**
 * The record within the limits of the table. Other systems' records were not written for these limits, and their
 * senders cannot change them: long names are cut and fields that are too deep or too large are named, rather than the
 * record refused.
 */
export function toPlacedRecord(sent: ForeignRecord, place: RecordDefaults): LogRecord {
  const level = nearestLevel(sent.level) ?? 'INFO'
  const record = normaliseRecord({
    timestamp: sent.timestamp ?? place.now,
    level,
    message: sent.message,
    source: place.source,
    logger_name: place.logger_name,
    camera_id: place.camera_id,
    extra_data: sent.attributes,
  })
  if (sent.level == null || sent.level === '' || String(sent.level).toUpperCase() === level) return record
  const original = typeof sent.level === 'object' ? asJson(sent.level, 'a level') : sent.level
  const kept = typeof original === 'number' ? original : String(original).slice(0, 100)
  return { ...record, extra_data: { original_level: kept, ...record.extra_data } }
}

type Lifted = { source?: string; logger_name?: string; camera_id?: number; rest: ExtraData }

/** Takes source, logger and camera out of the attributes; a value that cannot be one stays where it was. */
function liftFields(attributes: ExtraData): Lifted {
  const best = bestNames(Object.keys(attributes), (key) => {
    const found = attributeFor(key)
    return found === undefined || readLifted(found.field, attributes[key]) === undefined ? undefined : found
  })
  if (best.size === 0) return { rest: attributes }
  const lifted: Lifted = { rest: {} }
  for (const [field, key] of best) Object.assign(lifted, { [field]: readLifted(field, attributes[key]) })
  const taken = new Set(best.values())
  for (const [key, value] of Object.entries(attributes)) {
    if (!taken.has(key)) putExtra(lifted.rest, key, value)
  }
  return lifted
}

function readLifted(field: AttributeField, value: Json | undefined): string | number | undefined {
  if (field === 'camera_id') return readCameraId(value)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/**
 * The level among several that a sender gave, best first, that means one; else what the text says of itself. Where neither
 * does, the first that was given, to be kept beside the line.
 */
export function chooseLevel(given: readonly unknown[], text: string): unknown {
  const filled = given.filter((value) => value != null && value !== '')
  return (
    filled.find((value) => nearestLevel(value) !== undefined) ??
    readLineLevel(text, text)?.written ??
    filled[0]
  )
}

/** The message of a text that is a JSON object with one, by the best of the names, and what stood beside it. */
export function takeApart(
  text: string,
  names: readonly string[],
): { message: string; fields: ExtraData } | undefined {
  if (!text.startsWith('{')) return undefined
  const parsed = parseJson(text)
  const object = 'value' in parsed ? asObject(parsed.value) : undefined
  const name = names.find((one) => asText(object?.[one]) !== undefined)
  if (object === undefined || name === undefined) return undefined
  const { [name]: message, ...fields } = object
  return { message: message as string, fields }
}

/** A parsed value as an object with fields; undefined for anything else. */
export function asObject(value: unknown): ExtraData | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as ExtraData)
    : undefined
}

/** The text itself when there is any; undefined for everything else. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
