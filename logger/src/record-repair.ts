import { eventTime, formatMicros } from './clock.ts'
import { type Level, parseLevel } from './level.ts'
import { toExtraData } from './plain-data.ts'
import { type ExtraData, type LogRecord, RECORD_LIMITS } from './record.ts'
import { cutBytes, cutCharacters, repairText } from './repair-text.ts'

/** A record as it may arrive: any field of any type, most of them missing. */
export type RecordInput = { readonly [Field in keyof LogRecord]?: unknown }

/** Largest `integer` of PostgreSQL. */
const MAX_CAMERA_ID = 2_147_483_647
const ISO_UTC = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?Z$/
const FRACTION = /\d\d:\d\d:\d\d[.,](\d{1,6})/

/**
 * The record `input` means, within {@link RECORD_LIMITS} and of nothing but what PostgreSQL can hold. Never throws:
 * what is missing or impossible gets its default (level INFO, source `system`, time now), an over-long message is
 * cut with `extra_data.truncated_bytes` saying by how much, fields of `extra_data` that do not fit are named.
 */
export function normaliseRecord(input: RecordInput): LogRecord {
  const { text, truncatedBytes } = cutBytes(messageText(input.message), RECORD_LIMITS.messageBytes)
  const extra = toObject(input.extra_data)
  return {
    timestamp: repairTimestamp(input.timestamp) ?? eventTime(),
    level: parseLevel(input.level) ?? ('INFO' satisfies Level),
    message: text,
    source: toSource(input.source) ?? 'system',
    logger_name: toLoggerName(input.logger_name),
    camera_id: toCameraId(input.camera_id) ?? null,
    extra_data: noteTruncation(extra && toExtraData(extra), truncatedBytes),
  }
}

/** A time as records carry it, from ISO 8601, a `Date` or milliseconds since 1970; `undefined` when it is none. */
export function repairTimestamp(value: unknown): string | undefined {
  if (typeof value === 'number') return fromDate(new Date(value), '')
  if (value instanceof Date) return fromDate(value, '')
  if (typeof value !== 'string') return undefined
  const date = new Date(value)
  const utc = ISO_UTC.exec(value)
  // The comparison finds days no calendar has: JavaScript reads 30 February as 2 March, PostgreSQL refuses it.
  if (utc && !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === utc[1]) {
    return utc[2] === undefined ? value : `${utc[1]}.${utc[2]}Z`
  }
  return fromDate(date, FRACTION.exec(value)?.[1] ?? '')
}

/** `Date` holds milliseconds; the digits after them come from the text. */
function fromDate(date: Date, fraction: string): string | undefined {
  const milliseconds = date.getTime()
  if (Number.isNaN(milliseconds)) return undefined
  const year = date.getUTCFullYear()
  if (year < 1 || year > 9999) return undefined
  const microseconds = Number(fraction.padEnd(6, '0').slice(3))
  return formatMicros(Math.floor(milliseconds) * 1000 + microseconds)
}

/** A source within its limit; `undefined` when the value is no text or empty. */
export function toSource(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return cutCharacters(repairText(value.trim()), RECORD_LIMITS.sourceCharacters) || undefined
}

/** A logger name within its limit; `null` when the value is no text or empty. */
export function toLoggerName(value: unknown): string | null {
  if (typeof value !== 'string') return null
  return cutCharacters(repairText(value.trim()), RECORD_LIMITS.loggerNameCharacters) || null
}

/** A camera id, also one written as text; `undefined` when the value is none the column can hold. */
export function toCameraId(value: unknown): number | undefined {
  const id = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value
  if (typeof id !== 'number' || !Number.isInteger(id)) return undefined
  return id > 0 && id <= MAX_CAMERA_ID ? id : undefined
}

/** `extra_data` with `truncated_bytes`, for which {@link toExtraData} leaves room. */
export function noteTruncation(data: ExtraData | null, truncatedBytes: number): ExtraData | null {
  return truncatedBytes === 0 ? data : { ...data, truncated_bytes: truncatedBytes }
}

function messageText(value: unknown): string {
  if (typeof value === 'string') return repairText(value)
  if (value === undefined || value === null) return ''
  const data = toExtraData({ value })?.value
  return typeof data === 'string' ? data : (JSON.stringify(data) ?? '')
}

function toObject(value: unknown): object | null {
  if (value === null || value === undefined) return null
  return typeof value === 'object' && !Array.isArray(value) ? value : { value }
}
