// One place decides what is a credential, for the logger and for the server: nothing that reaches a handler or the
// table holds one.
import { setField } from './plain-data.ts'
import { type ExtraData, type Json, type LogRecord, RECORD_LIMITS } from './record.ts'
import { redactText } from './redact-text.ts'
import { cutCharacters } from './repair-text.ts'
import { isSecretName, MASK } from './secret-names.ts'

export { redactText } from './redact-text.ts'

/** The record without credentials in its message, names and `extra_data`; the same object when it held none. */
export function redactRecord(record: LogRecord): LogRecord {
  const message = redactText(record.message)
  // A mask can be longer than what it hides; the columns are bounded.
  const source = cutCharacters(redactName(record.source), RECORD_LIMITS.sourceCharacters)
  const logger_name =
    record.logger_name && cutCharacters(redactName(record.logger_name), RECORD_LIMITS.loggerNameCharacters)
  const extra_data = record.extra_data && redactData(record.extra_data)
  if (
    message === record.message &&
    source === record.source &&
    logger_name === record.logger_name &&
    extra_data === record.extra_data
  ) {
    return record
  }
  return { ...record, message, source, logger_name, extra_data }
}

/** The record with what the patterns match masked in its message, logger name and `extra_data`; the same one when nothing does. */
export function maskRecord(record: LogRecord, patterns: readonly RegExp[]): LogRecord {
  if (patterns.length === 0) return record
  const message = maskText(record.message, patterns)
  const logger_name =
    record.logger_name &&
    cutCharacters(maskText(record.logger_name, patterns), RECORD_LIMITS.loggerNameCharacters)
  const extra_data = record.extra_data && (maskJson(record.extra_data, patterns) as ExtraData)
  const isSame =
    message === record.message && logger_name === record.logger_name && extra_data === record.extra_data
  return isSame ? record : { ...record, message, logger_name, extra_data }
}

function maskText(text: string, patterns: readonly RegExp[]): string {
  let masked = text
  for (const pattern of patterns) masked = masked.replace(pattern, MASK)
  return masked
}

function maskJson(value: Json, patterns: readonly RegExp[]): Json {
  if (typeof value === 'string') return maskText(value, patterns)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map((item) => maskJson(item, patterns))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  const keys = Object.keys(value)
  const masked: ExtraData = {}
  let changed = false
  for (const key of keys) {
    const before = value[key] as Json
    const after = maskJson(before, patterns)
    if (after !== before) changed = true
    setField(masked, key, after)
  }
  return changed ? masked : value
}

/** Names found to hold nothing. They come again in nearly every record and need no second look. */
const harmlessNames = new Set<string>()
const MAX_HARMLESS_NAMES = 1000

function redactName(name: string): string {
  if (harmlessNames.has(name)) return name
  const clean = redactText(name)
  if (clean === name && name.length <= RECORD_LIMITS.sourceCharacters) {
    if (harmlessNames.size >= MAX_HARMLESS_NAMES) harmlessNames.clear()
    harmlessNames.add(name)
  }
  return clean
}

/**
 * `extra_data` without credentials: fields named like one are masked whole (`true`, `false` and `null` stay: they say
 * whether, not what), texts at any depth as {@link redactText} does. Copies only what changes.
 */
export function redactData(data: ExtraData): ExtraData {
  let copy: ExtraData | undefined
  const keys = Object.keys(data)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    const value = data[key] as Json
    const cleanKey = redactName(key)
    const clean = isSecretName(key) ? maskAll(value) : redactValue(value, key)
    if (copy === undefined && (clean !== value || cleanKey !== key)) {
      copy = {}
      for (const earlier of keys.slice(0, index)) setField(copy, earlier, data[earlier] as Json)
    }
    if (copy) setField(copy, cleanKey, clean)
  }
  return copy ?? data
}

function redactValue(value: Json, key: string): Json {
  if (typeof value === 'string') return redactText(value)
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? redactArray(value, key) : redactData(value)
}

function redactArray(values: Json[], key: string): Json[] {
  // Node's rawHeaders and HAR-like pairs: the name stands before its value.
  const namesValues = /headers?$/i.test(key)
  let changed = false
  const result = values.map((value, index) => {
    const name = namesValues ? values[index - 1] : undefined
    const clean = typeof name === 'string' && isSecretName(name) ? maskAll(value) : redactValue(value, key)
    if (clean !== value) changed = true
    return clean
  })
  return changed ? result : values
}

/** Masks every leaf and keeps the shape, so that one sees what was there. */
function maskAll(value: Json): Json {
  if (value === null || typeof value === 'boolean' || value === '') return value
  if (typeof value !== 'object') return MASK
  if (Array.isArray(value)) return value.map(maskAll)
  const masked: ExtraData = {}
  for (const key of Object.keys(value)) setField(masked, key, maskAll(value[key] as Json))
  return masked
}
