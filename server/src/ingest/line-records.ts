// Plain lines of log files. The message keeps the line but for a leading time in one of the fixed forms, which has a column of
// its own: everything else in a line is found by searching for it.
import { LEVEL_VALUES, type LogRecord } from '@timelapser/logger'
import { linesOf } from './body-lines.ts'
import { atOnce, type Decoded, DecodedBody, type RecordDefaults, type Steps } from './decoded.ts'
import { FormTracker } from './inference/form-tracker.ts'
import type { InferredLevel } from './inference/infer-level.ts'
import type { InferredTime } from './inference/infer-time.ts'
import type { LogForm } from './inference/log-form.ts'
import { LineJoin } from './line-join.ts'
import { readTextLevel, withoutColours } from './line-level.ts'
import { finishRecord, type ReadLine, readLevelOf, toLineRecord } from './line-record.ts'
import { type DateOrder, toInstant, type WrittenTime } from './time-forms.ts'
import { type NaiveClock, utcClock } from './time-zone.ts'
import { secondsOf } from './utc-text.ts'
import { YearGuess } from './year-guess.ts'

export type LineOptions = RecordDefaults & {
  /** The clock of times without a zone; UTC when absent. */
  clock?: NaiveClock
  /**
   * When the last line was written, ISO 8601 in UTC, where that is known: the last change of a file, or arrival. Of the orders that a
   * date may have, the one by which the newest line is of that day is meant; and no year is later.
   */
  writtenUntil?: string | undefined
  /** The year of the first line without one, where the file was looked through before. */
  firstYear?: number | undefined
  /** Whether continuation lines (stack traces) become part of the record before them; true when absent. */
  join?: boolean
  /** The time of lines that carry none: that of the line before (files), or arrival (streams, when absent). */
  undated?: 'previous' | 'arrival'
  /** How many lines are read before it is decided how they are written. */
  sampleLines?: number
  /** How the lines are written, where that was decided before. */
  form?: LogForm | undefined
  /** How earlier lines of the same place were written: kept as long as it fits. */
  remembered?: LogForm | undefined
  /** Whether the first lines may be those earlier ones. */
  isResumed?: boolean
  /** Parts of the form that a person set. */
  timeForm?: InferredTime | undefined
  levelForm?: InferredLevel | undefined
  dateOrder?: DateOrder | undefined
}

/** Lines of a step, which continue records or begin them. */
const LINES_A_STEP = 256

/** A record and the number of the line it began on; 1 is the first. */
type LineRecord = { record: LogRecord; line: number }

/** Decodes a file or stream line by line; holds one record back, since the next line may continue it. */
export interface LineDecoder {
  /**
   * @param line without its line feed; carriage returns at its end are dropped, blank lines skipped.
   * @param number of the line in its file; counted here when absent.
   * @param now arrival, when it is not that of the options.
   * @returns the records that are known to be complete now.
   */
  push(line: string, number?: number, now?: string): LineRecord[]
  /** Gives out what is held back; the next line starts a new record. */
  end(): LineRecord[]
  readonly years: YearGuess
  /** Whether lines are held back until there are enough to see how they are written. */
  readonly isGathering: boolean
  /** How the lines were read, the first form first. */
  readonly forms: readonly LogForm[]
  /** Lines without a time of their own that began a record. */
  readonly undated: number
}

/** Enough to see a form by, and few enough to hold. */
const SAMPLE_LINES = 200

type Held = { record: LogRecord; line: number; hasLevel: boolean; hasOpenQuote: boolean }
type Waiting = { text: string; number: number; now: string }

/** A file's records begin with a time when this many of its lines do, and this share of them. */
const DATED_LINES = 10
const DATED_SHARE = 0.5

export function createLineDecoder(options: LineOptions): LineDecoder {
  const nowSeconds = secondsOf(options.now)
  const writtenUntil = options.writtenUntil === undefined ? undefined : secondsOf(options.writtenUntil)
  const years = new YearGuess(Math.min(nowSeconds, writtenUntil ?? nowSeconds), options.firstYear)
  const clock = options.clock ?? utcClock
  const join = new LineJoin(options.join ?? true)
  const context = {
    nowSeconds,
    writtenUntil,
    order: options.dateOrder,
    time: options.timeForm,
    level: options.levelForm,
  }
  const tracker = new FormTracker(context, options.form, options.remembered, options.isResumed)
  let sample: Waiting[] | undefined = options.form === undefined ? [] : undefined
  let held: Held | undefined
  let waiting: Waiting[] = []
  let blanks = 0
  let lineNumber = 0
  let undated = 0
  let previousTime: string | undefined
  let clockedAt = options.now

  /** A pipe may run for months: its lines are judged by the time at which they arrive. */
  function moveClock(now: string): void {
    if (now === clockedAt) return
    clockedAt = now
    context.nowSeconds = secondsOf(now)
    if (context.writtenUntil !== undefined) context.writtenUntil = context.nowSeconds
    years.nowSeconds = context.nowSeconds
  }

  function timeOf(written: WrittenTime): string | undefined {
    if ('utc' in written) return written.utc
    const civil = written.civil.year === 0 ? years.resolve(written.civil) : written.civil
    return civil === undefined ? undefined : toInstant(civil, written.zone, clock)
  }

  function release(out: LineRecord[]): void {
    if (held === undefined) return
    const { record, line, hasLevel } = held
    held = undefined
    // Nobody prints a trace of what went well.
    if (!hasLevel && join.hasTrace) record.level = 'ERROR'
    for (const one of finishRecord(record)) out.push({ record: one, line })
  }

  /** Lines that waited for a trace that did not come are records of their own. */
  function releaseWaiting(out: LineRecord[]): void {
    const lines = waiting
    waiting = []
    for (const { text, number, now } of lines) {
      release(out)
      begin(read(text), number, now)
    }
  }

  function read(line: string): ReadLine & { timestamp: string | undefined } {
    const { reader } = tracker
    const written = reader.readTime(line)
    const timestamp = written === undefined ? undefined : timeOf(written)
    const time = timestamp === undefined ? undefined : written
    return { line, time, timestamp, level: readLevelOf(line, time, reader) }
  }

  function begin(facts: ReadLine & { timestamp: string | undefined }, number: number, now: string): void {
    const { line, level, timestamp } = facts
    const mayAnnounce = level === undefined || LEVEL_VALUES[level.level] >= LEVEL_VALUES.WARNING
    join.start(line, { isDated: timestamp !== undefined, mayAnnounce })
    tracker.note(line, timestamp !== undefined)
    if (timestamp === undefined) undated += 1
    const fallback = options.undated === 'previous' ? (previousTime ?? now) : now
    const { isFixed } = tracker.reader
    const record = toLineRecord(facts, timestamp ?? fallback, isFixed, options)
    previousTime = record.timestamp
    const hasOpenQuote = timestamp !== undefined && (options.join ?? true) && isOpenCsv(line)
    held = { record, line: number, hasLevel: level !== undefined, hasOpenQuote }
    blanks = 0
  }

  function decode({ text, number, now }: Waiting, out: LineRecord[]): void {
    moveClock(now)
    const line = withoutColours(text)
    if (line.trim() === '') {
      blanks += 1
      return
    }
    const facts = read(line)
    const isDated = facts.timestamp !== undefined
    // A line with a time is a record of its own: the quote may be of a line that was cut, and never be closed.
    if (
      held?.hasOpenQuote === true &&
      !isDated &&
      held.record.message.length + line.length < MAX_CSV_CHARACTERS
    ) {
      held.record.message += `${'\n'.repeat(blanks)}\n${line}`
      held.hasOpenQuote = quotesIn(line) % 2 === 0
      blanks = 0
      return
    }
    const { form } = tracker
    const startsAreDated = form.dated >= DATED_LINES && form.dated / form.lines >= DATED_SHARE
    const isLeveled = !isDated && facts.level !== undefined
    const length = held?.record.message.length ?? 0
    const belongs = join.place(line, { isDated, isLeveled }, length, startsAreDated)
    if (held !== undefined && belongs === 'wait') {
      waiting.push({ text: line, number, now })
      return
    }
    if (held !== undefined && belongs === 'join') {
      for (const { text: passed } of waiting) held.record.message += `\n${passed}`
      waiting = []
      held.record.message += `${'\n'.repeat(Math.min(blanks, 3))}\n${line}`
      blanks = 0
      if (!held.hasLevel && /^[A-Z]{4,8}: /.test(line)) adopt(held, line)
      return
    }
    const full = join.isFull ? held : undefined
    releaseWaiting(out)
    release(out)
    begin(facts, number, now)
    if (full !== undefined) goOn(full, line)
  }

  /** The record that is held holds what had no room in the one before it, and says so. */
  function goOn(full: Held, line: string): void {
    if (held === undefined) return
    const { timestamp, level, logger_name } = full.record
    const extra_data = { ...held.record.extra_data, continued: true }
    held = { ...held, record: { ...held.record, timestamp, level, logger_name, extra_data }, hasLevel: true }
    previousTime = timestamp
    undated -= 1
    join.start(line, { isDated: true, mayAnnounce: true })
  }

  function settle(out: LineRecord[]): void {
    if (sample === undefined) return
    const lines = sample
    sample = undefined
    // A pipe may be silent for days before its first line.
    moveClock(lines.at(-1)?.now ?? options.now)
    tracker.begin(lines.map(({ text }) => withoutColours(text)))
    for (const one of lines) decode(one, out)
  }

  return {
    years,
    get isGathering() {
      return sample !== undefined && sample.length > 0
    },
    get forms() {
      return tracker.forms
    },
    get undated() {
      return undated
    },
    push(rawLine, number = lineNumber + 1, now = options.now) {
      lineNumber = number
      const out: LineRecord[] = []
      const line = { text: withoutLineEnd(rawLine), number, now }
      if (sample === undefined) decode(line, out)
      else {
        sample.push(line)
        if (sample.length >= (options.sampleLines ?? SAMPLE_LINES)) settle(out)
      }
      return out
    },
    end() {
      const out: LineRecord[] = []
      if (sample !== undefined && sample.length > 0) settle(out)
      releaseWaiting(out)
      release(out)
      return out
    },
  }
}

/** Longest row of csv that is put together from lines. */
const MAX_CSV_CHARACTERS = 65_536

/** Fields with no quote but around them, the last one with none behind it: a piece of JSON that breaks off has others. */
const OPEN_ROW = /^(?:(?:[^",]*|"[^"]*(?:""[^"]*)*"),)+"[^"]*(?:""[^"]*)*$/

/** Whether the line is a row of csv that breaks off inside of quotes. */
function isOpenCsv(line: string): boolean {
  return line.includes(',"') && quotesIn(line) % 2 === 1 && OPEN_ROW.test(line)
}

function quotesIn(line: string): number {
  let count = 0
  for (let at = line.indexOf('"'); at !== -1; at = line.indexOf('"', at + 1)) count += 1
  return count
}

/** java.util.logging writes the level on the second line. */
function adopt(held: Held, line: string): void {
  const level = readTextLevel(line, line)
  if (level === undefined) return
  held.record.level = level.level
  held.hasLevel = true
}

/** A body of plain lines, as `text/plain` brings it. No line is rejected. */
export function* lineRecordSteps(body: Uint8Array, options: LineOptions): Steps<Decoded> {
  const decoded = new DecodedBody()
  const decoder = createLineDecoder(options)
  let lines = 0
  for (const line of linesOf(body)) {
    for (const { record } of decoder.push(line)) decoded.add(record)
    if (++lines % LINES_A_STEP === 0) yield
  }
  for (const { record } of decoder.end()) decoded.add(record)
  decoded.form = decoder.forms.at(-1)
  return decoded
}

/** {@link lineRecordSteps} at once. */
export function decodeLineRecords(body: Uint8Array, options: LineOptions): Decoded {
  return atOnce(lineRecordSteps(body, options))
}

function withoutLineEnd(line: string): string {
  let end = line.length
  while (end > 0 && line.charCodeAt(end - 1) === 13) end -= 1
  return end === line.length ? line : line.slice(0, end)
}
