import { type ExtraData, type Json, type LogRecord, repairText } from '@timelapser/logger'

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
