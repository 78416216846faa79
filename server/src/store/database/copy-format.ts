import type { LogRecord } from '@timelapser/logger'

/** One row in COPY's text format, in the order of `LOG_COLUMNS`, new line included. Fields are tab-separated, null is `\N`. */
export function copyLine(id: number, record: LogRecord): string {
  const camera = record.camera_id === null ? '\\N' : record.camera_id
  const logger = record.logger_name === null ? '\\N' : escapeField(record.logger_name)
  const extra = record.extra_data === null ? '\\N' : escapeField(JSON.stringify(record.extra_data))
  return `${id}\t${record.timestamp}\t${camera}\t${record.level}\t${escapeField(record.source)}\t${logger}\t${escapeField(record.message)}\t${extra}\n`
}

const NEEDS_ESCAPE = /[\\\t\n\r]/
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function escapeField(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
}
