import type { LogRecord } from '@timelapser/logger'
import type { LineOptions } from '../../ingest/line-records.ts'
import { isBefore } from '../../ingest/utc-text.ts'
import { createFileDecoder, type FileDecoder, type Format, type LineOutcome } from './ingest-decoder.ts'
import { type InputFile, readFileLines } from './ingest-input.ts'

export type FileOptions = { file: InputFile; format: Format; line: LineOptions }

/** What the first look through a file found. */
export type FileScan = {
  records: number
  /** Undefined when there is no record. */
  oldest: string | undefined
  newest: string | undefined
  /** Of its first line without a year. */
  firstYear: number | undefined
}

/** Looks through a file, keeping nothing of it; twice where only its end tells which year it began in. */
export async function scanFile(options: FileOptions, onBytes: (bytes: number) => void): Promise<FileScan> {
  const scan = await look(options, onBytes)
  if (scan.firstYear === undefined) return scan
  return look({ ...options, line: { ...options.line, firstYear: scan.firstYear } }, () => {})
}

async function look(options: FileOptions, onBytes: (bytes: number) => void): Promise<FileScan> {
  const decoder = createFileDecoder(options.format, options.line)
  const scan: FileScan = {
    records: 0,
    oldest: undefined,
    newest: undefined,
    firstYear: options.line.firstYear,
  }
  for await (const outcomes of outcomesOf(decoder, readFileLines(options.file, onBytes))) {
    for (const { timestamp } of recordsOf(outcomes)) {
      scan.records += 1
      if (scan.oldest === undefined || isBefore(timestamp, scan.oldest)) scan.oldest = timestamp
      if (scan.newest === undefined || isBefore(scan.newest, timestamp)) scan.newest = timestamp
    }
  }
  scan.firstYear ??= decoder.firstYear()
  return scan
}

/** How many records of a file are older than `before`; reads it once more. */
export async function countOlder(options: FileOptions, before: string): Promise<number> {
  const decoder = createFileDecoder(options.format, options.line)
  let count = 0
  for await (const outcomes of outcomesOf(
    decoder,
    readFileLines(options.file, () => {}),
  )) {
    for (const { timestamp } of recordsOf(outcomes)) if (isBefore(timestamp, before)) count += 1
  }
  return count
}

function recordsOf(outcomes: LineOutcome[]): LogRecord[] {
  return outcomes.flatMap((outcome) => ('record' in outcome ? [outcome.record] : []))
}

/** What becomes of the lines, chunk by chunk as they were read. */
export async function* outcomesOf(
  decoder: FileDecoder,
  chunks: AsyncIterable<string[]>,
): AsyncGenerator<LineOutcome[]> {
  for await (const lines of chunks) yield lines.flatMap((line) => decoder.push(line))
  yield decoder.end()
}
