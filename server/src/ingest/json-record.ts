import {
  cutBytes,
  type ExtraData,
  isLevel,
  type Json,
  type LogRecord,
  RECORD_LIMITS,
} from '@timelapser/logger'
import { DEFAULT_SOURCE, type RecordDefaults } from './decoded.ts'
import { fieldFor, type RecordField } from './field-names.ts'
import {
  INEXACT,
  inspectJson,
  isInexact,
  isWithin,
  MAX_CAMERA_ID,
  putExtra,
  readCameraId,
  readLevel,
  readTimestamp,
  shorten,
  TOO_DEEP,
} from './record-fields.ts'

/** Returned for a record with numbers JavaScript could not keep; parse it again with their digits as text. */
export const NEEDS_EXACT_NUMBERS = Symbol('needs exact numbers')

/** The fields as they were sent, whatever they were called, and what is none of them. */
class SentFields {
  message: unknown = undefined
  level: unknown = undefined
  timestamp: unknown = undefined
  source: unknown = undefined
  logger_name: unknown = undefined
  camera_id: unknown = undefined
  extra_data: unknown = undefined
  rest: ExtraData | null = null
}

const NO_FIELDS = new SentFields()

/** Extra data that cannot grow beyond its bound when written again; only longer bodies are measured. */
const SURELY_SMALL = RECORD_LIMITS.extraDataBytes / 8

/**
 * One parsed JSON value as a record.
 *
 * @param bytes an upper bound of its size as it was sent.
 * @param exact whether numbers were parsed with all their digits; otherwise it may answer `NEEDS_EXACT_NUMBERS`.
 * @returns the record, or why it is none.
 */
export function toRecord(
  value: unknown,
  bytes: number,
  defaults: RecordDefaults,
  exact: boolean,
): LogRecord | string | typeof NEEDS_EXACT_NUMBERS {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `a record must be a JSON object; this is ${shorten(value)}`
  }
  const sent = sortFields(value as ExtraData)

  if (sent.message === undefined || sent.message === null) {
    return 'message is missing; a record needs one (also taken: msg, text), empty text is allowed'
  }
  const messageFlags = typeof sent.message === 'string' ? 0 : inspectJson(sent.message)
  if ((messageFlags & TOO_DEEP) !== 0) {
    return `message is nested deeper than ${RECORD_LIMITS.extraDataDepth} levels; send text`
  }
  const timestamp = sent.timestamp == null ? defaults.now : readTimestamp(sent.timestamp)
  const extra = toExtra(sent)
  if (typeof extra === 'string') return extra

  const extraFlags = extra === null ? 0 : inspectJson(extra)
  if (!exact) {
    const inexactTime = typeof sent.timestamp === 'number' && isInexact(sent.timestamp)
    const flags = messageFlags | extraFlags
    if (inexactTime || ((flags & INEXACT) !== 0 && (flags & TOO_DEEP) === 0)) return NEEDS_EXACT_NUMBERS
  }
  if (timestamp === undefined) {
    return `timestamp ${shorten(sent.timestamp)} is no time; send ISO 8601 (2025-01-01T12:30:00Z) or seconds since 1970`
  }
  const level = sent.level == null ? 'INFO' : isLevel(sent.level) ? sent.level : readLevel(sent.level)
  if (level === undefined) {
    return `level ${shorten(sent.level)} is unknown; send DEBUG, INFO, WARNING, ERROR or CRITICAL`
  }
  const source = sent.source ?? defaults.source ?? DEFAULT_SOURCE
  if (typeof source !== 'string' || source === '' || !isWithin(source, RECORD_LIMITS.sourceCharacters)) {
    return `source ${shorten(source)} must be text of 1 to ${RECORD_LIMITS.sourceCharacters} characters`
  }
  const loggerName = sent.logger_name ?? defaults.logger_name ?? null
  if (
    loggerName !== null &&
    (typeof loggerName !== 'string' || !isWithin(loggerName, RECORD_LIMITS.loggerNameCharacters))
  ) {
    return `logger_name ${shorten(loggerName)} must be text of at most ${RECORD_LIMITS.loggerNameCharacters} characters`
  }
  const cameraId = sent.camera_id == null ? (defaults.camera_id ?? null) : readCameraId(sent.camera_id)
  if (cameraId === undefined) {
    return `camera_id ${shorten(sent.camera_id)} must be an integer from 1 to ${MAX_CAMERA_ID}`
  }
  if (extra !== null) {
    const reason = refuseExtra(extra, extraFlags, bytes)
    if (reason !== undefined) return reason
  }

  const record: LogRecord = {
    timestamp,
    level,
    message: typeof sent.message === 'string' ? sent.message : JSON.stringify(sent.message),
    source,
    logger_name: loggerName,
    camera_id: cameraId,
    extra_data: extra,
  }
  const renamed = sent.level != null && sent.level !== level && String(sent.level).toUpperCase() !== level
  return renamed || bytes > SURELY_SMALL ? annotate(record, renamed ? sent.level : undefined) : record
}

/** Adds what the record should tell about its way here: the level's first name, what its message lost. */
function annotate(record: LogRecord, originalLevel: unknown): LogRecord {
  const { text, truncatedBytes } = cutBytes(record.message, RECORD_LIMITS.messageBytes)
  if (originalLevel === undefined && truncatedBytes === 0) return record
  const extra: ExtraData = { ...record.extra_data }
  if (originalLevel !== undefined && !Object.hasOwn(extra, 'original_level')) {
    extra.original_level = originalLevel as string | number
  }
  if (truncatedBytes > 0) extra.truncated_bytes = truncatedBytes
  return { ...record, message: text, extra_data: extra }
}

/**
 * Each field by its own name, and then a look whether that was all: a read whose name varies costs several times as
 * much, and this is done to every record.
 */
function sortFields(input: ExtraData): SentFields {
  const sent = new SentFields()
  sent.message = input.message
  sent.level = input.level
  sent.timestamp = input.timestamp
  sent.source = input.source
  sent.logger_name = input.logger_name
  sent.camera_id = input.camera_id
  sent.extra_data = input.extra_data
  let found = 0
  if (sent.message !== undefined) found++
  if (sent.level !== undefined) found++
  if (sent.timestamp !== undefined) found++
  if (sent.source !== undefined) found++
  if (sent.logger_name !== undefined) found++
  if (sent.camera_id !== undefined) found++
  if (sent.extra_data !== undefined) found++
  let keys = 0
  for (const _key in input) keys++
  if (keys > found) sortOthers(input, Object.keys(input).filter(isOther), sent)
  return sent
}

function isOther(key: string): boolean {
  return key === 'rest' || !Object.hasOwn(NO_FIELDS, key)
}

/** Foreign names: the best one stands in for a field that has no value of its own, the rest are extra data. */
function sortOthers(input: ExtraData, others: string[], sent: SentFields): void {
  const best = new Map<RecordField, { key: string; rank: number }>()
  for (const key of others) {
    const name = fieldFor(key, input[key])
    if (name === undefined || sent[name.field] != null) continue
    const rival = best.get(name.field)
    if (rival === undefined || name.rank < rival.rank) best.set(name.field, { key, rank: name.rank })
  }
  const taken = new Set<string>()
  for (const [field, { key }] of best) {
    sent[field] = input[key]
    taken.add(key)
  }
  for (const key of others) {
    if (taken.has(key)) continue
    sent.rest ??= {}
    putExtra(sent.rest, key, input[key] as Json)
  }
}

/** Extra data as sent, joined by the unknown fields; or why it cannot be. */
function toExtra(sent: SentFields): ExtraData | null | string {
  const given = sent.extra_data ?? null
  if (given === null) return sent.rest
  if (typeof given !== 'object' || Array.isArray(given)) {
    return `extra_data must be a JSON object; this is ${shorten(given)}`
  }
  if (sent.rest === null) return given as ExtraData
  const extra: ExtraData = {}
  for (const [key, value] of Object.entries(given)) putExtra(extra, key, value)
  for (const [key, value] of Object.entries(sent.rest)) putExtra(extra, key, value)
  return extra
}

function refuseExtra(extra: ExtraData, flags: number, bytes: number): string | undefined {
  if ((flags & TOO_DEEP) !== 0) {
    return `extra_data is nested deeper than ${RECORD_LIMITS.extraDataDepth} levels`
  }
  if (bytes <= SURELY_SMALL) return undefined
  const size = Buffer.byteLength(JSON.stringify(extra))
  if (size <= RECORD_LIMITS.extraDataBytes) return undefined
  return `extra_data has ${size} bytes of JSON; at most ${RECORD_LIMITS.extraDataBytes} are allowed`
}
