// Lines that came as records of their own, although they belong together: the lines of a trace, one by one.
import { type ExtraData, LEVEL_VALUES, type LogRecord } from '@timelapser/logger'
import type { Decoded } from './decoded.ts'
import { LineJoin } from './line-join.ts'
import { readTextLevel } from './line-level.ts'
import { readTimeForm } from './time-forms.ts'

/** A line that others may go on with. */
export class JoinedLine {
  readonly #join = new LineJoin(true)
  record: LogRecord
  /** Lines that went on with it. */
  lines = 0

  readonly #hasLevel: boolean

  /**
   * @param text the line as it was written, where the record's message is a piece of it
   * @param hasLevel whether its sender said its level: only one of warning and above announces a trace then. With false a
   *   trace makes it an error; undefined where it is not known.
   */
  constructor(record: LogRecord, text = record.message, hasLevel?: boolean) {
    this.record = record
    const level = hasLevel ? record.level : readTextLevel(text, text)?.level
    this.#hasLevel = hasLevel !== false || level !== undefined
    const mayAnnounce = level === undefined || LEVEL_VALUES[level] >= LEVEL_VALUES.WARNING
    // A record has a time, whether it is written in the line or not; a trace that begins by itself announces itself.
    this.#join.start(text, { isDated: true, mayAnnounce })
  }

  /** Whether the line that was not taken last goes on with this one, and only has no room. */
  get isFull(): boolean {
    return this.#join.isFull
  }

  /** Whether the line goes on with this one; it is a part of the record then. */
  take(text: string): boolean {
    const facts = { isDated: isDated(text), isLeveled: readTextLevel(text, text) !== undefined }
    if (this.#join.place(text, facts, this.record.message.length, false) !== 'join') return false
    const level = !this.#hasLevel && this.#join.hasTrace ? 'ERROR' : this.record.level
    this.record = { ...this.record, level, message: `${this.record.message}\n${text}` }
    this.lines += 1
    return true
  }
}

/** The record, which says so where it only begins since the one before it has no room for more. */
export function continued(record: LogRecord, before: JoinedLine | undefined): LogRecord {
  return before?.isFull ? { ...record, extra_data: { ...record.extra_data, continued: true } } : record
}

function isDated(text: string): boolean {
  return readTimeForm(text.slice(0, 64)) !== undefined
}

/**
 * The records of one body, those of a stream that belong together made one. Fields of the first stay; a line that has others
 * than its place in a file stays a record.
 *
 * @param joins whether the lines of a source belong together where they look so
 */
export function joinRecords(decoded: Decoded, joins: (source: string) => boolean): Decoded {
  const { records, positions } = decoded
  if (!records.some(({ source }) => joins(source))) return decoded
  const heads = new Map<string, JoinedLine>()
  const kept: { line: JoinedLine | LogRecord; position: number }[] = []
  for (const [index, record] of records.entries()) {
    const position = positions?.[index] ?? index
    if (!joins(record.source)) {
      kept.push({ line: record, position })
      continue
    }
    const stream = streamOf(record)
    const before = heads.get(stream)
    if (before?.take(record.message)) continue
    const line = new JoinedLine(continued(record, before))
    heads.set(stream, line)
    kept.push({ line, position })
  }
  if (kept.length === records.length) return decoded
  return {
    ...decoded,
    records: kept.map(({ line }) => (line instanceof JoinedLine ? line.record : line)),
    positions: kept.map(({ position }) => position),
  }
}

/** Fields that say where in its file a line stands: others in each line of a trace. */
const PLACES = new Set(['offset', 'log', 'log.offset', 'sequence', 'event.sequence', 'original_level'])

function streamOf({ source, logger_name, camera_id, extra_data }: LogRecord): string {
  const fields = Object.entries(extra_data ?? ({} as ExtraData)).filter(([name]) => !PLACES.has(name))
  return JSON.stringify([source, logger_name, camera_id, fields])
}
