// An entry of the journal (systemd.journal-fields(7)), as `journalctl -a -o json` writes it or from the export format.
import type { ExtraData, Json, LogRecord } from '@timelapser/logger'
import type { RecordDefaults } from '../decoded.ts'
import { asJson, asObject, asText, toPlacedRecord } from '../foreign-record.ts'
import { readLineLevel } from '../line-level.ts'
import { parseJson } from '../parse-json.ts'
import { putExtra, readCameraId, shorten } from '../record-fields.ts'
import { SEVERITIES } from '../syslog/priority.ts'
import { epochToUtcText } from '../utc-text.ts'

/** The trusted fields that identify the writer of the entry, with their names in `extra_data`. */
const TRUSTED: Readonly<Record<string, string>> = {
  _PID: 'pid',
  _HOSTNAME: 'host',
  _SYSTEMD_UNIT: 'unit',
  _SYSTEMD_USER_UNIT: 'user_unit',
  _COMM: 'command',
  _TRANSPORT: 'transport',
}
/** Fields with a place of their own. */
const PLACED = ['MESSAGE', 'PRIORITY', 'SYSLOG_IDENTIFIER', 'CAMERA_ID']
/** Fields that repeat what is kept. */
const REPEATED = ['SYSLOG_PID', 'SYSLOG_TIMESTAMP', 'SYSLOG_RAW', 'SYSLOG_FACILITY']

/** `journalctl` writes null for a field above 4,096 bytes, unless `--all` is given. */
const NOT_EXPORTED =
  'warning: the text of this entry was too long to be exported; journalctl -a -o json exports it whole'

/** Whether a parsed line is a journald entry. One with `message` comes from a program that read the journal (Vector). */
export function isJournalEntry(value: unknown): boolean {
  const entry = asObject(value)
  return entry?.__REALTIME_TIMESTAMP !== undefined && entry.message === undefined
}

/** A line of `journalctl -o json` as a record, or why it is none. */
export function decodeJournalLine(line: string, defaults: RecordDefaults): LogRecord | string {
  const parsed = parseJson(line)
  const entry = 'value' in parsed ? asObject(parsed.value) : undefined
  if (entry === undefined) return 'reason' in parsed ? parsed.reason : `not an entry: ${shorten(line)}`
  return fromJournalEntry(entry, defaults)
}

/**
 * An entry as a record, or the reason why it is none. The source is the container, unit or program that wrote it; the
 * application's own fields are kept, in lower case, and the journald fields that identify the writer.
 */
export function fromJournalEntry(entry: ExtraData, defaults: RecordDefaults): LogRecord | string {
  const time = asText(entry._SOURCE_REALTIME_TIMESTAMP) ?? asText(entry.__REALTIME_TIMESTAMP)
  const timestamp = time === undefined ? undefined : epochToUtcText(time)
  if (timestamp === undefined)
    return '__REALTIME_TIMESTAMP is missing: is this the output of journalctl -a -o json or export?'
  const program = asText(entry.SYSLOG_IDENTIFIER) ?? asText(entry._COMM)
  const unit = asText(entry._SYSTEMD_UNIT)?.replace(/\.service$/, '')
  const source = asText(entry.CONTAINER_NAME) ?? unit ?? program ?? defaults.source
  const camera = readCameraId(entry.CAMERA_ID) ?? defaults.camera_id
  const priority = numberOf(entry.PRIORITY)
  const attributes = fieldsOf(entry)
  const message = messageOf(entry, attributes)
  return toPlacedRecord(
    {
      timestamp,
      level: SEVERITIES[priority] ?? readLineLevel(message, message)?.written,
      message,
      attributes,
    },
    {
      now: defaults.now,
      ...(source !== undefined && { source }),
      ...(program !== undefined && { logger_name: program }),
      ...(camera !== undefined && { camera_id: camera }),
    },
  )
}

/** An entry without a text says what its own fields say. */
function messageOf(entry: ExtraData, attributes: ExtraData): string {
  if (entry.MESSAGE === null) return NOT_EXPORTED
  return entry.MESSAGE === undefined ? asJson(attributes, 'an entry') : textOf(entry.MESSAGE)
}

function fieldsOf(entry: ExtraData): ExtraData {
  const fields: ExtraData = {}
  for (const [key, value] of Object.entries(entry)) {
    const trusted = TRUSTED[key]
    if (trusted !== undefined) putExtra(fields, trusted, trusted === 'pid' ? numberOf(value) : value)
    else if (!key.startsWith('_') && !PLACED.includes(key) && !REPEATED.includes(key))
      putExtra(fields, key.toLowerCase(), isBytes(value) ? textOf(value) : value)
  }
  return fields
}

/** journald writes its numbers as text; `Number` can throw for a hostile object. */
function numberOf(value: Json | undefined): number {
  return typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
}

/** Invalid UTF-8 comes as an array of bytes; a value too large to show, as null; values of a repeated field, in an array. */
function textOf(value: Json | undefined, isRepeated = false): string {
  if (isBytes(value)) return Buffer.from(value).toString('utf8')
  if (Array.isArray(value) && !isRepeated) return value.map((one) => textOf(one, true)).join('\n')
  if (value == null) return ''
  return typeof value === 'object' ? asJson(value, 'a value') : String(value)
}

function isBytes(value: Json | undefined): value is number[] {
  return Array.isArray(value) && value.every((byte) => typeof byte === 'number')
}
