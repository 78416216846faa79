import type { LogRecord } from '@timelapser/logger'
import { asObject } from '../../ingest/foreign-record.ts'
import type { LogForm } from '../../ingest/inference/log-form.ts'
import { decodeJournalLine, isJournalEntry } from '../../ingest/journald/journal-entry.ts'
import { decodeJsonLine } from '../../ingest/json-records.ts'
import { createLineDecoder, type LineOptions } from '../../ingest/line-records.ts'
import { parseJson } from '../../ingest/parse-json.ts'

export const FORMATS = ['auto', 'ndjson', 'text', 'journald'] as const
export type Format = (typeof FORMATS)[number]

/** What became of the line of this number: a record, or the reason why not. */
export type LineOutcome = { line: number; record: LogRecord } | { line: number; reason: string }

/** The lines of one file or stream as records. */
export interface FileDecoder {
  /** Lines seen that are not blank. */
  readonly lines: number
  push(line: string, now?: string): LineOutcome[]
  /** Gives out what is held back in case the next line continues it. */
  end(): LineOutcome[]
  /** Of the first line without a year, once all were seen; undefined when every line has one. */
  firstYear(): number | undefined
  /** Whether lines are held back until there are enough to see how they are written. */
  readonly isGathering: boolean
  /** How plain lines were read, the first form first. */
  readonly forms: readonly LogForm[]
  /** Records of plain lines without a time of their own. */
  readonly undated: number
}

/**
 * @param format `auto` decides by the first line, `journald` included. In a stream of JSON, lines that are none (a banner, a crash of
 *   the runtime) are then taken as text; with `ndjson` they are rejected.
 */
export function createFileDecoder(format: Format, options: LineOptions): FileDecoder {
  const text = createLineDecoder(options)
  let isJson = format === 'auto' ? undefined : format !== 'text'
  let isJournal = format === 'journald'
  let number = 0
  let lines = 0

  return {
    get lines() {
      return lines
    },
    push(line, now = options.now) {
      number += 1
      const trimmed = line.trim()
      if (trimmed === '') return []
      lines += 1
      if (isJson === undefined) {
        const first = readObject(trimmed)
        isJson = first !== undefined
        isJournal = isJournalEntry(first)
      }
      if (!isJson || (format === 'auto' && !trimmed.startsWith('{'))) return text.push(line, number, now)
      const decode = isJournal ? decodeJournalLine : decodeJsonLine
      const record = decode(trimmed, { ...options, now })
      const outcome = typeof record === 'string' ? { line: number, reason: record } : { line: number, record }
      return [...text.end(), outcome]
    },
    end: () => text.end(),
    firstYear: () => text.years.firstYearInHindsight(),
    get isGathering() {
      return text.isGathering
    },
    get forms() {
      return text.forms
    },
    get undated() {
      return text.undated
    },
  }
}

function readObject(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined
  const parsed = parseJson(line)
  return 'value' in parsed ? asObject(parsed.value) : undefined
}
