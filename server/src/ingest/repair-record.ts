import {
  type ExtraData,
  type Json,
  type Level,
  type LogRecord,
  normaliseRecord,
  RECORD_LIMITS,
  repairText,
  toExtraData,
} from '@timelapser/logger'
import { DEFAULT_SOURCE, type RecordDefaults } from './decoded.ts'
import type { SentFields } from './json-fields.ts'
import { isWithin, putExtra, readCameraId } from './record-fields.ts'

/** The record with every text of it repaired, keys of `extra_data` included. */
export function repairRecord(record: LogRecord): LogRecord {
  return {
    ...record,
    message: repairText(record.message),
    source: repairText(record.source),
    logger_name: record.logger_name === null ? null : repairText(record.logger_name),
    extra_data: record.extra_data === null ? null : repairObject(record.extra_data),
  }
}

function repairObject(object: ExtraData): ExtraData {
  // fromEntries defines properties, so a key named __proto__ stays a key.
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [repairText(key), repairJson(value)]),
  )
}

function repairJson(value: Json): Json {
  if (typeof value === 'string') return repairText(value)
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? value.map(repairJson) : repairObject(value)
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
export function mendRecord(
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
