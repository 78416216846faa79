import type { LogRecord } from '@timelapser/logger'
import { inferForm, isOrderOpen } from '../../ingest/inference/log-form.ts'
import { withoutColours } from '../../ingest/line-level.ts'
import type { LineOptions } from '../../ingest/line-records.ts'
import { isBefore, secondsOf } from '../../ingest/utc-text.ts'
import { FileDecoder, type Format, type LineOutcome } from './ingest-decoder.ts'
import { type InputFile, readFileLines } from './ingest-input.ts'

export type FileOptions = { file: InputFile; format: Format; line: LineOptions }

/** The findings of the first pass through a file. */
export type FileScan = {
  records: number
  /** Undefined when there is no record. */
  oldest: string | undefined
  newest: string | undefined
  /** The options that only the whole file determines: the year of its first line without a year, day before month. */
  line: Partial<LineOptions>
}

/** Reads through a file and keeps none of it; twice where only the whole file determines its dates. */
export async function scanFile(options: FileOptions, onBytes: (bytes: number) => void): Promise<FileScan> {
  const scan = await look(options, onBytes)
  if (Object.keys(scan.line).length === 0) return scan
  const again = await look({ ...options, line: { ...options.line, ...scan.line } }, () => {})
  return { ...again, line: scan.line }
}

async function look(options: FileOptions, onBytes: (bytes: number) => void): Promise<FileScan> {
  const decoder = new FileDecoder(options.format, options.line)
  const scan: FileScan = {
    records: 0,
    oldest: undefined,
    newest: undefined,
    line: {},
  }
  const spread = new SpreadSample()
  for await (const outcomes of outcomesOf(decoder, noting(readFileLines(options.file, onBytes), spread))) {
    for (const { timestamp } of recordsOf(outcomes)) {
      scan.records += 1
      if (scan.oldest === undefined || isBefore(timestamp, scan.oldest)) scan.oldest = timestamp
      if (scan.newest === undefined || isBefore(scan.newest, timestamp)) scan.newest = timestamp
    }
  }
  const firstYear = options.line.firstYear ?? decoder.firstYear()
  if (firstYear !== undefined) scan.line.firstYear = firstYear
  if (decoder.forms.some(isOrderOpen) && spread.lines.length >= SpreadSample.most / 2)
    Object.assign(scan.line, orderIn(spread.lines, options.line))
  // Lines that tell the order count more than what was remembered without.
  if (scan.line.dateOrder !== undefined || scan.line.timeForm !== undefined) scan.line.remembered = undefined
  return scan
}

/** The order of day and month from lines of the whole file, where its first lines leave it open. */
function orderIn(lines: readonly string[], options: LineOptions): Partial<LineOptions> {
  const context = {
    nowSeconds: secondsOf(options.now),
    writtenUntil: options.writtenUntil === undefined ? undefined : secondsOf(options.writtenUntil),
    order: options.dateOrder,
    time: options.timeForm,
    level: options.levelForm,
  }
  const form = inferForm(lines.map(withoutColours), context)
  if (isOrderOpen(form)) return {}
  return form.time === 'fixed' ? { dateOrder: form.order } : { timeForm: form.time }
}

/** Lines from all over a file whose length is not known: every first, second, fourth, … one. */
class SpreadSample {
  static readonly most = 2000
  lines: string[] = []
  #step = 1
  #number = 0

  add(line: string): void {
    if (this.#number % this.#step === 0) this.lines.push(line)
    this.#number += 1
    if (this.lines.length < SpreadSample.most) return
    this.lines = this.lines.filter((_, index) => index % 2 === 0)
    this.#step *= 2
  }
}

async function* noting(chunks: AsyncIterable<string[]>, sample: SpreadSample): AsyncGenerator<string[]> {
  for await (const lines of chunks) {
    for (const line of lines) sample.add(line)
    yield lines
  }
}

/** How many records of a file are older than `before`; reads it once more. */
export async function countOlder(options: FileOptions, before: string): Promise<number> {
  const decoder = new FileDecoder(options.format, options.line)
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

/** The outcomes of the lines, chunk by chunk as they were read. */
export async function* outcomesOf(
  decoder: FileDecoder,
  chunks: AsyncIterable<string[]>,
): AsyncGenerator<LineOutcome[]> {
  for await (const lines of chunks) yield lines.flatMap((line) => decoder.push(line))
  yield decoder.end()
}
