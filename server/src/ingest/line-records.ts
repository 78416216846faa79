// Plain lines of log files. The message keeps the line but for its leading time, which has a column of its own:
// whatever else a line says is found by searching for it.
import {
  cutBytes,
  type ExtraData,
  isLevel,
  type LogRecord,
  RECORD_LIMITS,
  repairText,
} from '@timelapser/logger'
import { DEFAULT_SOURCE, type Decoded, DecodedBody, type RecordDefaults } from './decoded.ts'
import { LineJoin } from './line-join.ts'
import { readLineLevel } from './line-level.ts'
import { type LineKind, readLineParts } from './line-parts.ts'
import { readLineTime } from './line-time.ts'
import { type WrittenTime, withOffset } from './time-forms.ts'
import { type NaiveClock, utcClock } from './time-zone.ts'
import { secondsOf } from './utc-text.ts'
import { YearGuess } from './year-guess.ts'

export type LineOptions = RecordDefaults & {
  /** What naive times mean; UTC when absent. */
  clock?: NaiveClock
  /** The year of the first line without one, where the file was looked through before. */
  firstYear?: number | undefined
  /** Whether continuation lines (stack traces) become part of the record before them; true when absent. */
  join?: boolean
  /** The time of lines that carry none: that of the line before (files), or arrival (streams, when absent). */
  undated?: 'previous' | 'arrival'
}

/** A record and the number of the line it began on; 1 is the first. */
export type LineRecord = { record: LogRecord; line: number }

/** Decodes a file or stream line by line; holds one record back, since the next line may continue it. */
export interface LineDecoder {
  /**
   * @param line without its line feed; carriage returns at its end are dropped, blank lines skipped.
   * @param number of the line in its file; counted here when absent.
   * @param now arrival, when it is not that of the options.
   * @returns the record before it, now known to be complete.
   */
  push(line: string, number?: number, now?: string): LineRecord | undefined
  /** Gives out the record held back; the next line starts a new one. */
  end(): LineRecord | undefined
  readonly years: YearGuess
}

export function createLineDecoder(options: LineOptions): LineDecoder {
  const years = new YearGuess(secondsOf(options.now), options.firstYear)
  const clock = options.clock ?? utcClock
  const join = new LineJoin(options.join ?? true)
  let held: LineRecord | undefined
  let lineNumber = 0
  let previousTime: string | undefined

  function timeOf(written: WrittenTime): string | undefined {
    if ('utc' in written) return written.utc
    const civil = written.civil.year === 0 ? years.resolve(written.civil) : written.civil
    if (civil === undefined) return undefined
    return written.offsetSeconds === undefined ? clock(civil) : withOffset(civil, written.offsetSeconds)
  }

  function release(): LineRecord | undefined {
    const released = held
    held = undefined
    if (released !== undefined) released.record = finish(released.record)
    return released
  }

  return {
    years,
    push(rawLine, number = lineNumber + 1, now = options.now) {
      lineNumber = number
      const line = withoutLineEnd(rawLine)
      if (line.trim() === '') return undefined
      const written = readLineTime(line)
      const timestamp = written === undefined ? undefined : timeOf(written)
      const isDated = timestamp !== undefined
      if (held !== undefined && join.continues(line, isDated, held.record.message.length)) {
        held.record.message += `\n${line}`
        return undefined
      }
      const released = release()
      join.start(line, isDated)
      const fallback = options.undated === 'previous' ? (previousTime ?? now) : now
      const record = toRecord(line, isDated ? written : undefined, timestamp ?? fallback, options)
      previousTime = record.timestamp
      held = { record, line: lineNumber }
      return released
    },
    end: release,
  }
}

/** A body of plain lines, as `text/plain` brings it. No line is rejected. */
export function decodeLineRecords(body: Uint8Array, options: LineOptions): Decoded {
  const decoded = new DecodedBody()
  const decoder = createLineDecoder(options)
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  for (const line of (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).split('\n')) {
    const complete = decoder.push(line)
    if (complete !== undefined) decoded.add(complete.record)
  }
  const last = decoder.end()
  if (last !== undefined) decoded.add(last.record)
  return decoded
}

function toRecord(
  line: string,
  time: WrittenTime | undefined,
  timestamp: string,
  options: LineOptions,
): LogRecord {
  const before = time === undefined ? '' : line.slice(0, time.start)
  const rest = time === undefined ? line : line.slice(time.end).replace(/^"?\s+/, '')
  const level = readLineLevel(line, rest)
  const parts = readLineParts(rest, kindOf(time, before))
  const extra: ExtraData = { ...parts.extra }
  let message = line
  // The common log format has its time in the middle; what stands around it is left whole.
  if (time !== undefined && !(time.form === 'common' && time.start > 0)) {
    message = keptBefore(before) + rest.replace(/^[-|:,]\s+/, '')
    const writtenTime = line.slice(time.start, time.end)
    if (writtenTime !== timestamp) extra.line_time = writtenTime
  }
  if (before.includes('.log') || before.includes('/')) extra.file = before.trim()
  if (level !== undefined && !isLevel(level.written.toUpperCase())) extra.original_level = level.written
  return {
    timestamp,
    level: level?.level ?? 'INFO',
    message: message === '' ? line : message,
    source: options.source ?? DEFAULT_SOURCE,
    logger_name:
      options.logger_name ?? parts.logger_name?.slice(0, RECORD_LIMITS.loggerNameCharacters) ?? null,
    camera_id: options.camera_id ?? null,
    extra_data: extra,
  }
}

/** Syslog's priority and logfmt's `time=` say nothing more once level and time are read. */
function keptBefore(before: string): string {
  return before.startsWith('<') || before.includes('=') ? '' : before
}

function kindOf(time: WrittenTime | undefined, before: string): LineKind {
  if (time === undefined) return 'undated'
  if (time.form === 'syslog' || time.form === 'klog') return time.form
  return time.form === 'iso' && before.startsWith('<') ? 'syslog-5424' : 'plain'
}

function finish(record: LogRecord): LogRecord {
  const { text, truncatedBytes } = cutBytes(record.message, RECORD_LIMITS.messageBytes)
  const extra: ExtraData = { ...record.extra_data }
  if (truncatedBytes > 0) extra.truncated_bytes = truncatedBytes
  for (const [key, value] of Object.entries(extra))
    if (typeof value === 'string') extra[key] = repairText(value)
  return {
    ...record,
    message: repairText(text),
    logger_name: record.logger_name === null ? null : repairText(record.logger_name),
    extra_data: Object.keys(extra).length === 0 ? null : extra,
  }
}

function withoutLineEnd(line: string): string {
  let end = line.length
  while (end > 0 && line.charCodeAt(end - 1) === 13) end -= 1
  return end === line.length ? line : line.slice(0, end)
}
