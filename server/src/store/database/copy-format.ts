import type { LogRecord } from '@timelapser/logger'

/** One row in COPY's text format, in the order of `LOG_COLUMNS`, new line included. Fields are tab-separated, null is `\N`. */
export function copyLine(id: number, record: LogRecord): string {
  const camera = record.camera_id === null ? '\\N' : record.camera_id
  const logger = record.logger_name === null ? '\\N' : escapeField(record.logger_name)
  const extra = record.extra_data === null ? '\\N' : escapeField(jsonOf(record.extra_data))
  return `${id}\t${record.timestamp}\t${camera}\t${record.level}\t${escapeField(record.source)}\t${logger}\t${escapeField(record.message)}\t${extra}\n`
}

/** A number like `1e+21`, whether it stands in a text or not. */
const HAS_EXPONENT = /\de[+-]\d\d/

/** PostgreSQL writes all digits of a number when it is read: 309 of `1e308`. Beyond this exponent it is kept as a text. */
const MAX_EXPONENT = 40

/** The JSON that is stored of a record's fields. A number of very many digits becomes a text, which says as much. */
export function jsonOf(fields: NonNullable<LogRecord['extra_data']>): string {
  const json = JSON.stringify(fields)
  if (!HAS_EXPONENT.test(json)) return json
  return JSON.stringify(fields, (_, value: unknown) => (isOfManyDigits(value) ? String(value) : value))
}

function isOfManyDigits(value: unknown): boolean {
  if (typeof value !== 'number' || value === 0) return false
  const exponent = Math.log10(Math.abs(value))
  return exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT
}

const NEEDS_ESCAPE = /[\\\t\n\r]/
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function escapeField(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
}
