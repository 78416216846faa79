// One place decides what is a credential, for the logger and for the server: nothing that reaches a handler or the
// table holds one.
import { setField } from './plain-data.ts'
import { type ExtraData, type Json, type LogRecord, RECORD_LIMITS } from './record.ts'
import { hideRepeated, redactData, redactName } from './redaction/redact-data.ts'
import { redactText } from './redaction/redact-text.ts'
import { cutCharacters } from './repair-text.ts'

export { hideRepeated, redactData } from './redaction/redact-data.ts'
export { redactText, UNCHECKED } from './redaction/redact-text.ts'
export { MASK } from './redaction/secret-names.ts'

/** Hides more than credentials. */
export type TextMasker = { mask(text: string): string }

/** The record without credentials in its message, names and `extra_data`; the same object when it held none. */
export function redactRecord(record: LogRecord): LogRecord {
  const secrets: string[] = []
  const extra_data = record.extra_data && redactData(record.extra_data, secrets)
  const message = redactText(secrets.length > 0 ? hideRepeated(record.message, secrets) : record.message)
  // A mask can be longer than what it hides; the columns are bounded.
  const source = cutCharacters(redactName(record.source), RECORD_LIMITS.sourceCharacters)
  const logger_name =
    record.logger_name && cutCharacters(redactName(record.logger_name), RECORD_LIMITS.loggerNameCharacters)
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

/** Masks the message, logger name and texts of `extra_data`; returns the same record when nothing changes. */
export function maskRecord(record: LogRecord, masker: TextMasker): LogRecord {
  const message = masker.mask(record.message)
  const logger_name =
    record.logger_name && cutCharacters(masker.mask(record.logger_name), RECORD_LIMITS.loggerNameCharacters)
  const extra_data = record.extra_data && (maskJson(record.extra_data, masker) as ExtraData)
  const isSame =
    message === record.message && logger_name === record.logger_name && extra_data === record.extra_data
  return isSame ? record : { ...record, message, logger_name, extra_data }
}

function maskJson(value: Json, masker: TextMasker): Json {
  if (typeof value === 'string') return masker.mask(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map((item) => maskJson(item, masker))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  const keys = Object.keys(value)
  const masked: ExtraData = {}
  let changed = false
  for (const key of keys) {
    const before = value[key] as Json
    const after = maskJson(before, masker)
    if (after !== before) changed = true
    setField(masked, key, after)
  }
  return changed ? masked : value
}
