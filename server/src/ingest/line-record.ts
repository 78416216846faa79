import {
  cutBytes,
  type ExtraData,
  isLevel,
  type LogRecord,
  RECORD_LIMITS,
  repairText,
} from '@timelapser/logger'
import { DEFAULT_SOURCE, type RecordDefaults } from './decoded.ts'
import type { FormReader } from './inference/log-form.ts'
import { readHeadLevel, readLevelBefore, readTextLevel, type WrittenLevel } from './line-level.ts'
import { type LineKind, readLineParts } from './line-parts.ts'
import type { WrittenTime } from './time-forms.ts'

/** The time and level that a line states, before it is known which record it belongs to. */
export type ReadLine = { line: string; time: WrittenTime | undefined; level: WrittenLevel | undefined }

/** Reads a line's level: that of a fixed place, else of the place found for the file, else of the text. */
export function readLevelOf(
  line: string,
  time: WrittenTime | undefined,
  reader: FormReader,
): WrittenLevel | undefined {
  const fixed = readHeadLevel(line)
  if (fixed !== undefined) return fixed
  if (time !== undefined && time.start > 0 && (reader.isFixed || reader.readLevel === undefined)) {
    // An access log: the words behind its time are an address.
    if (time.form === 'common' && line.charCodeAt(time.start) === 91 && !/^\W*[A-Z]/i.test(line))
      return undefined
    const before = readLevelBefore(line.slice(0, time.start))
    if (before !== undefined) return before
  }
  const rest = restOf(line, time)
  // The end of a bracket around the time is no part of the text.
  const text =
    reader.isFixed && time?.form !== 'inferred' ? rest : rest.replace(/^["'\])}>]{0,2}[:,|]?\s*/, '')
  return reader.readLevel?.(line, time) ?? readTextLevel(line, text)
}

function restOf(line: string, time: WrittenTime | undefined): string {
  return time === undefined ? line : line.slice(time.end).replace(/^"?\s+/, '')
}

/** The line as a record. The message keeps all of it but a leading time in one of the fixed forms. */
export function toLineRecord(
  { line, time, level }: ReadLine,
  timestamp: string,
  isFixed: boolean,
  options: RecordDefaults,
): LogRecord {
  const isCut = isFixed && time !== undefined && time.form !== 'inferred'
  const before = isCut ? line.slice(0, time.start) : ''
  const rest = restOf(line, time)
  const parts = readLineParts(rest, kindOf(time, before))
  const extra: ExtraData = { ...parts.extra }
  let message = line
  // A row of csv stays one.
  const isRow = rest.charCodeAt(0) === 44 && rest.charCodeAt(1) !== 32
  // The common log format has its time in the middle; the text around it is left whole.
  if (isCut && !isRow && !(time.form === 'common' && time.start > 0)) {
    const kept = keptBefore(before)
    const text = rest.replace(/^[-|:,]\s+/, '')
    if (kept + text !== '') {
      message = kept + text
      Object.assign(extra, cutOf(line, time, kept, text))
    }
  }
  if (before.includes('.log') || before.includes('/')) extra.file = before.trim()
  if (level !== undefined && !isLevel(level.written.toUpperCase())) extra.original_level = level.written
  return {
    timestamp,
    level: level?.level ?? 'INFO',
    message,
    source: options.source ?? DEFAULT_SOURCE,
    logger_name:
      options.logger_name ?? parts.logger_name?.slice(0, RECORD_LIMITS.loggerNameCharacters) ?? null,
    camera_id: options.camera_id ?? null,
    extra_data: extra,
  }
}

/** The parts that are cut from the line, so that it can be made again: its time, and what stood around it where that is not one space. */
function cutOf(line: string, time: WrittenTime, kept: string, text: string): ExtraData {
  const gap = line.slice(time.end, line.length - text.length)
  return {
    line_time: line.slice(time.start, time.end),
    ...(kept === '' && time.start > 0 && { line_head: line.slice(0, time.start) }),
    // Where in the message the time stood, when something before it was kept.
    ...(kept !== '' && { line_time_at: kept.length }),
    ...(gap !== ' ' && { line_gap: gap }),
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

/**
 * The record as it is stored. A text that is too long for one goes on in further records, each of which says which part it is:
 * nothing of it is lost.
 */
export function finishRecord(record: LogRecord): LogRecord[] {
  const extra: ExtraData = {}
  for (const [key, value] of Object.entries(record.extra_data ?? {}))
    extra[key] = typeof value === 'string' ? repairText(value) : value
  const texts = pieces(record.message)
  const loggerName = record.logger_name === null ? null : repairText(record.logger_name)
  return texts.map((text, index) => {
    const own = texts.length === 1 ? extra : { ...extra, part: index + 1, parts: texts.length }
    return {
      ...record,
      message: repairText(text),
      logger_name: loggerName,
      extra_data: Object.keys(own).length === 0 ? null : own,
    }
  })
}

function pieces(message: string): string[] {
  // UTF-8 takes at most three bytes for each of JavaScript's characters.
  if (message.length * 3 <= RECORD_LIMITS.messageBytes) return [message]
  const texts: string[] = []
  for (let rest = message; rest !== ''; ) {
    const { text } = cutBytes(rest, RECORD_LIMITS.messageBytes)
    texts.push(text)
    rest = rest.slice(text.length)
  }
  return texts
}
