import {
  cutBytes,
  type ExtraData,
  isLevel,
  type Level,
  type LogRecord,
  RECORD_LIMITS,
} from '@timelapser/logger'
import { hasMoreValuesThan, MAX_VALUES_A_RECORD } from './body-limits.ts'
import { piecesOf, toText } from './body-lines.ts'
import {
  atOnce,
  DEFAULT_SOURCE,
  type Decoded,
  DecodedBody,
  type RecordDefaults,
  type Steps,
} from './decoded.ts'
import { fromJournalEntry, isJournalEntry } from './journald/journal-entry.ts'
import { elementsOf } from './json-elements.ts'
import { sentExtra, sortFields } from './json-fields.ts'
import { readLineLevel } from './line-level.ts'
import { nearestLevel } from './nearest-level.ts'
import { explain, parseExactly, parseText } from './parse-json.ts'
import {
  INEXACT,
  inspectJson,
  isInexact,
  isWithin,
  readCameraId,
  readTimestamp,
  shorten,
  TOO_DEEP,
} from './record-fields.ts'
import { mendRecord, repairRecord } from './repair-record.ts'

/**
 * Only an escape can bring in a NUL or half a surrogate pair: as bytes, the first is no JSON and the second no UTF-8. A
 * pattern, as the compiler moves `includes`, which it knows to have no effect, into the loop that uses its result: the
 * whole body was looked through for each of its lines.
 */
const MAY_NEED_REPAIR = /\\u/

/** Longer arrays are taken element by element. */
const LONG_ARRAY_BYTES = 128 * 1024

const NEWLINE = 0x0a
const BRACKET = 0x5b
const BRACE = 0x7b
const WHITE_SPACE = new Set([0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d])

/**
 * The body of `POST /api/logs`: one JSON object, a JSON array of them, or NDJSON (one object a line). Which of
 * them it is shows in the bytes; a byte order mark, CRLF, blank lines and a missing last newline are fine.
 *
 * Never throws. A body that is no JSON at all is a rejection at index 0; in NDJSON each line stands for itself,
 * blank ones are not counted.
 */
export function* jsonRecordSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const start = startOf(body)
  const first = body[start]
  if (first === BRACKET) {
    return body.length > LONG_ARRAY_BYTES
      ? yield* decodeLongArray(body, start, defaults)
      : decodeArray(toText(body, start), body.length, defaults)
  }
  const whole = first === BRACE ? spreadObject(body, start) : undefined
  if (whole === undefined) return yield* decodeLines(body, start, defaults)
  const decoded = new DecodedBody()
  decoded.add(decodeLine(whole, whole.includes('\\u'), defaults))
  return decoded
}

/** {@link jsonRecordSteps} at once. */
export function decodeJsonRecords(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(jsonRecordSteps(body, defaults))
}

/** One line of NDJSON as a record, or why it is none. */
export function decodeJsonLine(line: string, defaults: RecordDefaults): LogRecord | string {
  return decodeLine(line, line.includes('\\u'), defaults)
}

/** Where the first character stands, behind a byte order mark and white space. */
function startOf(body: Uint8Array): number {
  let at = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0
  while (at < body.length && WHITE_SPACE.has(body[at] as number)) at += 1
  return at
}

/** The text of a body that is a single object over several lines; undefined when lines stand for themselves. */
function spreadObject(body: Uint8Array, start: number): string | undefined {
  const end = body.indexOf(NEWLINE, start)
  if (end === -1 || parses(toText(body, start, end))) return undefined
  if (hasMoreValuesThan(body, MAX_VALUES_A_RECORD)) return undefined
  const text = toText(body, start)
  return parses(text) ? text : undefined
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function* decodeLines(body: Uint8Array, from: number, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  for (const piece of piecesOf(body, from)) {
    yield* decodePiece(piece, decoded, defaults)
    yield
  }
  return decoded
}

function* decodePiece(text: string, decoded: DecodedBody, defaults: RecordDefaults): Steps<void> {
  const mayNeedRepair = MAY_NEED_REPAIR.test(text)
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const line = text.slice(start, end)
    start = end + 1
    if (isBlank(line)) continue
    decoded.add(decodeLine(line, mayNeedRepair, defaults))
    if (decoded.isStep) yield
  }
}

function isBlank(line: string): boolean {
  return line.charCodeAt(0) !== 123 && line.trim() === ''
}

function decodeLine(line: string, mayNeedRepair: boolean, defaults: RecordDefaults): LogRecord | string {
  if (hasMoreValuesThan(line, MAX_VALUES_A_RECORD)) return TOO_MANY_VALUES
  let value: unknown
  try {
    value = parseText(line)
  } catch (error) {
    return `not JSON: ${shorten(line.trim())} (${explain(error)})`
  }
  return decodeValue(value, line, mayNeedRepair, defaults)
}

function decodeValue(
  value: unknown,
  line: string,
  mayNeedRepair: boolean,
  defaults: RecordDefaults,
): LogRecord | string {
  let record = toRecord(value, line.length, defaults, false)
  if (record === NEEDS_EXACT_NUMBERS) record = toRecord(parseExactly(line), line.length, defaults, true)
  if (typeof record === 'symbol') throw new TypeError('a record was asked for its exact numbers twice')
  if (typeof record === 'string' || !mayNeedRepair) return record
  return line.includes('\\u') ? repairRecord(record) : record
}

function decodeArray(text: string, bytes: number, defaults: RecordDefaults): Decoded {
  const decoded = new DecodedBody()
  let values: unknown[]
  try {
    values = JSON.parse(text)
  } catch (error) {
    return refuseArray(explain(error))
  }
  const mayNeedRepair = MAY_NEED_REPAIR.test(text)
  let exact = false
  for (let index = 0; index < values.length; index += 1) {
    // The size of the whole body bounds each record's; in a small body nothing has to be measured.
    let record = toRecord(values[index], bytes, defaults, exact)
    if (record === NEEDS_EXACT_NUMBERS) {
      values = parseExactly(text) as unknown[]
      exact = true
      record = toRecord(values[index], bytes, defaults, true)
    }
    if (typeof record === 'symbol') throw new TypeError('a record was asked for its exact numbers twice')
    decoded.add(typeof record === 'string' || !mayNeedRepair ? record : repairRecord(record))
  }
  return decoded
}

/**
 * A long array, element by element: parsed as a whole it would be in memory twice and block the event loop. A broken
 * array is refused as a whole, long or short.
 */
function* decodeLongArray(body: Uint8Array, start: number, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  const mayNeedRepair = Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes('\\u')
  for (const element of elementsOf(body, start)) {
    const text = element === undefined ? '' : toText(body, element.start, element.end)
    if (hasMoreValuesThan(text, MAX_VALUES_A_RECORD)) decoded.add(TOO_MANY_VALUES)
    else {
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch (error) {
        return refuseArray(explain(error))
      }
      decoded.add(decodeValue(value, text, mayNeedRepair, defaults))
    }
    if (decoded.isStep) yield
  }
  return decoded
}

function refuseArray(why: string): Decoded {
  const decoded = new DecodedBody()
  decoded.add(
    `the body is not a JSON array: ${why}; to have valid records stored despite invalid ones, send one record per line`,
  )
  return decoded
}

const TOO_MANY_VALUES = `the record has over ${MAX_VALUES_A_RECORD} values`

/** Returned for a record with numbers JavaScript could not keep; parse it again with their digits as text. */
const NEEDS_EXACT_NUMBERS = Symbol('needs exact numbers')

/** Extra data that cannot grow beyond its bound when written again; only longer bodies are measured. */
const SURELY_SMALL = RECORD_LIMITS.extraDataBytes / 8

/**
 * One parsed JSON value as a record.
 *
 * @param bytes an upper bound of its size as it was sent.
 * @param exact whether numbers were parsed with all their digits; otherwise it may answer `NEEDS_EXACT_NUMBERS`.
 * @returns the record, or why it is none.
 */
function toRecord(
  value: unknown,
  bytes: number,
  defaults: RecordDefaults,
  exact: boolean,
): LogRecord | string | typeof NEEDS_EXACT_NUMBERS {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `a record must be a JSON object; this is ${shorten(value)}`
  }
  if (isJournalEntry(value)) {
    if (!exact && inspectJson(value) === INEXACT) return NEEDS_EXACT_NUMBERS
    const entry = fromJournalEntry(value as ExtraData, defaults)
    if (typeof entry !== 'string') return entry
  }
  const sent = sortFields(value as ExtraData)
  if (sent.isEmpty) return 'the record is empty; it needs a message'

  const isMessage = sent.message !== undefined && sent.message !== null
  const messageFlags = typeof sent.message === 'string' ? 0 : inspectJson(isMessage ? sent.message : value)
  const timestamp = sent.timestamp == null ? defaults.now : readTimestamp(sent.timestamp)
  const extra = sentExtra(sent)
  const extraFlags = extra === null ? 0 : inspectJson(extra)
  if (!exact) {
    const inexactTime = typeof sent.timestamp === 'number' && isInexact(sent.timestamp)
    const flags = messageFlags | extraFlags
    if (inexactTime || ((flags & INEXACT) !== 0 && (flags & TOO_DEEP) === 0)) return NEEDS_EXACT_NUMBERS
  }
  const level =
    sent.level == null ? levelIn(sent.message) : isLevel(sent.level) ? sent.level : nearestLevel(sent.level)
  const source = sent.source ?? defaults.source ?? DEFAULT_SOURCE
  const loggerName = sent.logger_name ?? defaults.logger_name ?? null
  const cameraId = sent.camera_id == null ? (defaults.camera_id ?? null) : readCameraId(sent.camera_id)

  if (
    ((messageFlags | extraFlags) & TOO_DEEP) !== 0 ||
    timestamp === undefined ||
    level === undefined ||
    cameraId === undefined ||
    !isSource(source) ||
    !isLoggerName(loggerName) ||
    (extra !== null && isTooLarge(extra, bytes))
  ) {
    if (isDeeperThan(value, MAX_DEPTH)) return `the record is nested deeper than ${MAX_DEPTH} levels`
    return mendRecord(sent, { timestamp, level, extra, value: value as ExtraData }, defaults)
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

function isSource(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && isWithin(value, RECORD_LIMITS.sourceCharacters)
}

function isLoggerName(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && isWithin(value, RECORD_LIMITS.loggerNameCharacters))
}

/** The level that the text of a record says that has none. */
function levelIn(message: unknown): Level {
  return (typeof message === 'string' ? readLineLevel(message, message)?.level : undefined) ?? 'INFO'
}

/** Deeper nesting than this is an attack; between 16 levels and these it is cut. */
const MAX_DEPTH = 100

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((one) => isDeeperThan(one, levels - 1))
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

function isTooLarge(extra: ExtraData, bytes: number): boolean {
  return bytes > SURELY_SMALL && Buffer.byteLength(JSON.stringify(extra)) > RECORD_LIMITS.extraDataBytes
}
