import {
  cutBytes,
  type ExtraData,
  isLevel,
  type Json,
  type Level,
  type LogRecord,
  normaliseRecord,
  RECORD_LIMITS,
  toExtraData,
} from '@timelapser/logger'
import { DEFAULT_SOURCE, type RecordDefaults } from './decoded.ts'
import { bestNames, fieldFor } from './field-names.ts'
import { nearestLevel } from './nearest-level.ts'
import {
  INEXACT,
  inspectJson,
  isInexact,
  isWithin,
  putExtra,
  readCameraId,
  readTimestamp,
  shorten,
  TOO_DEEP,
} from './record-fields.ts'
import { reshapeRecord } from './record-shapes.ts'

/** Returned for a record with numbers JavaScript could not keep; parse it again with their digits as text. */
export const NEEDS_EXACT_NUMBERS = Symbol('needs exact numbers')

/** The fields as they were sent, by any of their names, and the unknown fields. */
class SentFields {
  message: unknown = undefined
  level: unknown = undefined
  timestamp: unknown = undefined
  source: unknown = undefined
  logger_name: unknown = undefined
  camera_id: unknown = undefined
  extra_data: unknown = undefined
  rest: ExtraData | null = null
  isEmpty = false
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
  if (sent.isEmpty) return 'the record is empty; it needs a message'

  const isMessage = sent.message !== undefined && sent.message !== null
  const messageFlags = typeof sent.message === 'string' ? 0 : inspectJson(isMessage ? sent.message : value)
  const timestamp = sent.timestamp == null ? defaults.now : readTimestamp(sent.timestamp)
  const extra = toExtra(sent)
  const extraFlags = extra === null ? 0 : inspectJson(extra)
  if (!exact) {
    const inexactTime = typeof sent.timestamp === 'number' && isInexact(sent.timestamp)
    const flags = messageFlags | extraFlags
    if (inexactTime || ((flags & INEXACT) !== 0 && (flags & TOO_DEEP) === 0)) return NEEDS_EXACT_NUMBERS
  }
  const level = sent.level == null ? 'INFO' : isLevel(sent.level) ? sent.level : nearestLevel(sent.level)
  const source = sent.source ?? defaults.source ?? DEFAULT_SOURCE
  const loggerName = sent.logger_name ?? defaults.logger_name ?? null
  const cameraId = sent.camera_id == null ? (defaults.camera_id ?? null) : readCameraId(sent.camera_id)

  if (
    ((messageFlags | extraFlags) & TOO_DEEP) !== 0 ||
    timestamp === undefined ||
    level === undefined ||
    cameraId === undefined ||
    typeof source !== 'string' ||
    source === '' ||
    !isWithin(source, RECORD_LIMITS.sourceCharacters) ||
    (loggerName !== null &&
      (typeof loggerName !== 'string' || !isWithin(loggerName, RECORD_LIMITS.loggerNameCharacters))) ||
    (extra !== null && isTooLarge(extra, bytes))
  ) {
    if (isDeeperThan(value, MAX_DEPTH)) return `the record is nested deeper than ${MAX_DEPTH} levels`
    return mend(sent, { timestamp, level, extra, value: value as ExtraData }, defaults)
  }

  const record: LogRecord = {
    timestamp,
    level,
    message:
      typeof sent.message === 'string' ? sent.message : JSON.stringify(isMessage ? sent.message : value),
    source,
    logger_name: loggerName,
    camera_id: cameraId,
    extra_data: isMessage ? extra : null,
  }
  const renamed = sent.level != null && sent.level !== level && String(sent.level).toUpperCase() !== level
  return renamed || bytes > SURELY_SMALL ? annotate(record, renamed ? sent.level : undefined) : record
}

/** Deeper nesting than this is an attack; between 16 levels and these it is cut. */
const MAX_DEPTH = 100

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((one) => isDeeperThan(one, levels - 1))
}

type Readable = {
  timestamp: string | undefined
  level: Level | undefined
  extra: ExtraData | null
  value: ExtraData
}

/**
 * A record with an invalid field: the line is kept with that field's default, and the field as it was sent stands
 * beside it. The author of the line often cannot change it, and cannot send it again.
 */
function mend(
  sent: SentFields,
  { timestamp, level, extra, value }: Readable,
  defaults: RecordDefaults,
): LogRecord {
  const beside: ExtraData = {}
  for (const [key, one] of Object.entries(extra ?? {})) putExtra(beside, key, one)
  const keep = (name: string, one: unknown) => putExtra(beside, name, one as Json)
  if (timestamp === undefined) keep('original_timestamp', sent.timestamp)
  if (sent.level != null && sent.level !== level) keep('original_level', sent.level)
  const isSource = typeof sent.source === 'string' && sent.source !== ''
  if (sent.source != null && !(isSource && isWithin(sent.source as string, RECORD_LIMITS.sourceCharacters)))
    keep('source', sent.source)
  if (sent.logger_name != null && typeof sent.logger_name !== 'string') keep('logger_name', sent.logger_name)
  if (sent.camera_id != null && readCameraId(sent.camera_id) === undefined) keep('camera_id', sent.camera_id)
  const message = sent.message ?? value
  return normaliseRecord({
    timestamp: timestamp ?? defaults.now,
    level: level ?? 'INFO',
    message: typeof message === 'string' ? message : shallowText(message),
    source: isSource ? sent.source : (defaults.source ?? DEFAULT_SOURCE),
    logger_name: typeof sent.logger_name === 'string' ? sent.logger_name : defaults.logger_name,
    camera_id: readCameraId(sent.camera_id) ?? defaults.camera_id,
    extra_data: beside,
  })
}

/** JSON of it, cut where it nests too deep for us. */
function shallowText(value: unknown): string {
  const data = toExtraData({ value: value as Json }, RECORD_LIMITS.messageBytes)
  return JSON.stringify(data?.value ?? null)
}

/** Adds notes on the record's way here: the level's original name, the bytes its message lost. */
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
function sortFields(input: ExtraData, mayReshape = true): SentFields {
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
  if (keys === 0) sent.isEmpty = true
  if (keys === found) return sent
  const reshaped = mayReshape ? reshapeRecord(input) : undefined
  if (reshaped !== undefined) return sortFields(reshaped, false)
  sortOthers(input, Object.keys(input).filter(isOther), sent)
  return sent
}

function isOther(key: string): boolean {
  return key === 'rest' || key === 'isEmpty' || !Object.hasOwn(NO_FIELDS, key)
}

/** Foreign names: the best name fills a field that has no value of its own, the rest are extra data. */
function sortOthers(input: ExtraData, others: string[], sent: SentFields): void {
  const best = bestNames(others, (key) => {
    const found = fieldFor(key, input[key])
    return found === undefined || sent[found.field] != null ? undefined : found
  })
  const taken = new Set(best.values())
  for (const [field, key] of best) sent[field] = input[key]
  for (const key of others) {
    if (taken.has(key)) continue
    sent.rest ??= {}
    putExtra(sent.rest, key, input[key] as Json)
  }
}

/** Extra data as sent, joined by the unknown fields; a value that is no object is an unknown field. */
function toExtra(sent: SentFields): ExtraData | null {
  const given = sent.extra_data ?? null
  if (given === null) return sent.rest
  if (typeof given !== 'object' || Array.isArray(given)) {
    const extra: ExtraData = { ...sent.rest }
    putExtra(extra, 'extra_data', given as Json)
    return extra
  }
  if (sent.rest === null) return given as ExtraData
  const extra: ExtraData = {}
  for (const [key, value] of Object.entries(given)) putExtra(extra, key, value)
  for (const [key, value] of Object.entries(sent.rest)) putExtra(extra, key, value)
  return extra
}

function isTooLarge(extra: ExtraData, bytes: number): boolean {
  return bytes > SURELY_SMALL && Buffer.byteLength(JSON.stringify(extra)) > RECORD_LIMITS.extraDataBytes
}
