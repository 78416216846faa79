// Plain lines of log files. The message keeps the line but for a leading time in one of the fixed forms, which has a column of
// its own: everything else in a line is found by searching for it.
import { LEVEL_VALUES, type LogRecord } from '@timelapser/logger'
import { linesOf } from './body-lines.ts'
import { atOnce, type Decoded, DecodedBody, type RecordDefaults, type Steps } from './decoded.ts'
import { FormTracker } from './inference/form-tracker.ts'
import type { InferredLevel } from './inference/infer-level.ts'
import type { InferredTime } from './inference/infer-time.ts'
import type { FormContext, LogForm } from './inference/log-form.ts'
import { type Belonging, LineJoin } from './line-join.ts'
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

/** Enough to see a form by, and few enough to hold. */
const SAMPLE_LINES = 200

type Held = { record: LogRecord; line: number; hasLevel: boolean; hasOpenQuote: boolean }
type Waiting = { text: string; number: number; now: string }
/** A line that was read, with its time as an instant. */
type Facts = ReadLine & { timestamp: string | undefined }

/** A file's records begin with a time when this many of its lines do, and this share of them. */
const DATED_LINES = 10
const DATED_SHARE = 0.5

/** Decodes a file or stream line by line; holds one record back, since the next line may continue it. */
export class LineDecoder {
  readonly years: YearGuess
  readonly #options: LineOptions
  readonly #clock: NaiveClock
  readonly #context: FormContext
  readonly #tracker: FormTracker
  readonly #join: LineJoin
  /** The first lines, until there are enough to see how they are written. */
  #sample: Waiting[] | undefined
  #held: Held | undefined
  /** Lines that go on with the record if a trace follows. */
  #waiting: Waiting[] = []
  #blanks = 0
  #lineNumber = 0
  #undated = 0
  #previousTime: string | undefined
  #clockedAt: string

  constructor(options: LineOptions) {
    const nowSeconds = secondsOf(options.now)
    const writtenUntil = options.writtenUntil === undefined ? undefined : secondsOf(options.writtenUntil)
    this.#options = options
    this.#clock = options.clock ?? utcClock
    this.#clockedAt = options.now
    this.#sample = options.form === undefined ? [] : undefined
    this.#join = new LineJoin(options.join ?? true)
    this.years = new YearGuess(Math.min(nowSeconds, writtenUntil ?? nowSeconds), options.firstYear)
    this.#context = {
      nowSeconds,
      writtenUntil,
      order: options.dateOrder,
      time: options.timeForm,
      level: options.levelForm,
    }
    this.#tracker = new FormTracker(this.#context, options.form, options.remembered, options.isResumed)
  }

  /** Whether lines are held back until there are enough to see how they are written. */
  get isGathering(): boolean {
    return this.#sample !== undefined && this.#sample.length > 0
  }

  /** How the lines were read, the first form first. */
  get forms(): readonly LogForm[] {
    return this.#tracker.forms
  }

  /** Lines without a time of their own that began a record. */
  get undated(): number {
    return this.#undated
  }

  /**
   * @param rawLine without its line feed; carriage returns at its end are dropped, blank lines skipped.
   * @param number of the line in its file; counted here when absent.
   * @param now arrival, when it is not that of the options.
   * @returns the records that are known to be complete now.
   */
  push(rawLine: string, number = this.#lineNumber + 1, now = this.#options.now): LineRecord[] {
    this.#lineNumber = number
    const out: LineRecord[] = []
    const line = { text: withoutLineEnd(rawLine), number, now }
    if (this.#sample === undefined) this.#decode(line, out)
    else {
      this.#sample.push(line)
      if (this.#sample.length >= (this.#options.sampleLines ?? SAMPLE_LINES)) this.#settle(out)
    }
    return out
  }

  /** Gives out what is held back; the next line starts a new record. */
  end(): LineRecord[] {
    const out: LineRecord[] = []
    if (this.isGathering) this.#settle(out)
    this.#releaseWaiting(out)
    this.#release(out)
    return out
  }

  /** Finds from the first lines how they are written, and decodes them. */
  #settle(out: LineRecord[]): void {
    if (this.#sample === undefined) return
    const lines = this.#sample
    this.#sample = undefined
    // A pipe may be silent for days before its first line.
    this.#moveClock(lines.at(-1)?.now ?? this.#options.now)
    this.#tracker.begin(lines.map(({ text }) => withoutColours(text)))
    for (const one of lines) this.#decode(one, out)
  }

  #decode({ text, number, now }: Waiting, out: LineRecord[]): void {
    this.#moveClock(now)
    const line = withoutColours(text)
    if (line.trim() === '') {
      this.#blanks += 1
      return
    }
    const facts = this.#read(line)
    const held = this.#held
    if (held !== undefined && this.#goesOnInQuotes(held, facts)) return
    const belongs = this.#placeOf(facts)
    if (held !== undefined && belongs === 'wait') {
      this.#waiting.push({ text: line, number, now })
      return
    }
    if (held !== undefined && belongs === 'join') {
      for (const { text: passed } of this.#waiting) held.record.message += `\n${passed}`
      this.#waiting = []
      held.record.message += `${'\n'.repeat(Math.min(this.#blanks, 3))}\n${line}`
      this.#blanks = 0
      if (!held.hasLevel && /^[A-Z]{4,8}: /.test(line)) adopt(held, line)
      return
    }
    const full = this.#join.isFull ? held : undefined
    this.#releaseWaiting(out)
    this.#release(out)
    this.#begin(facts, number, now)
    if (full !== undefined) this.#goOn(full, line)
  }

  /** A pipe may run for months: its lines are judged by the time at which they arrive. */
  #moveClock(now: string): void {
    if (now === this.#clockedAt) return
    this.#clockedAt = now
    const context = this.#context
    context.nowSeconds = secondsOf(now)
    if (context.writtenUntil !== undefined) context.writtenUntil = context.nowSeconds
    this.years.nowSeconds = context.nowSeconds
  }

  #read(line: string): Facts {
    const { reader } = this.#tracker
    const written = reader.readTime(line)
    const timestamp = written === undefined ? undefined : this.#timeOf(written)
    const time = timestamp === undefined ? undefined : written
    return { line, time, timestamp, level: readLevelOf(line, time, reader) }
  }

  #timeOf(written: WrittenTime): string | undefined {
    if ('utc' in written) return written.utc
    const civil = written.civil.year === 0 ? this.years.resolve(written.civil) : written.civil
    return civil === undefined ? undefined : toInstant(civil, written.zone, this.#clock)
  }

  /**
   * Adds the line to a row of csv that breaks off inside of quotes. A line with a time is a record of its own: the quote may
   * be of a line that was cut, and never be closed.
   */
  #goesOnInQuotes(held: Held, { line, timestamp }: Facts): boolean {
    if (!held.hasOpenQuote || timestamp !== undefined) return false
    if (held.record.message.length + line.length >= MAX_CSV_CHARACTERS) return false
    held.record.message += `${'\n'.repeat(this.#blanks)}\n${line}`
    held.hasOpenQuote = quotesIn(line) % 2 === 0
    this.#blanks = 0
    return true
  }

  #placeOf({ line, level, timestamp }: Facts): Belonging {
    const { form } = this.#tracker
    const startsAreDated = form.dated >= DATED_LINES && form.dated / form.lines >= DATED_SHARE
    const isDated = timestamp !== undefined
    const isLeveled = !isDated && level !== undefined
    const length = this.#held?.record.message.length ?? 0
    return this.#join.place(line, { isDated, isLeveled }, length, startsAreDated)
  }

  #begin(facts: Facts, number: number, now: string): void {
    const { line, level, timestamp } = facts
    const options = this.#options
    const mayAnnounce = level === undefined || LEVEL_VALUES[level.level] >= LEVEL_VALUES.WARNING
    this.#join.start(line, { isDated: timestamp !== undefined, mayAnnounce })
    this.#tracker.note(line, timestamp !== undefined)
    if (timestamp === undefined) this.#undated += 1
    const fallback = options.undated === 'previous' ? (this.#previousTime ?? now) : now
    const { isFixed } = this.#tracker.reader
    const record = toLineRecord(facts, timestamp ?? fallback, isFixed, options)
    this.#previousTime = record.timestamp
    const hasOpenQuote = timestamp !== undefined && (options.join ?? true) && isOpenCsv(line)
    this.#held = { record, line: number, hasLevel: level !== undefined, hasOpenQuote }
    this.#blanks = 0
  }

  /** The record that is held holds what had no room in the one before it, and says so. */
  #goOn(full: Held, line: string): void {
    const held = this.#held
    if (held === undefined) return
    const { timestamp, level, logger_name } = full.record
    const extra_data = { ...held.record.extra_data, continued: true }
    this.#held = {
      ...held,
      record: { ...held.record, timestamp, level, logger_name, extra_data },
      hasLevel: true,
    }
    this.#previousTime = timestamp
    this.#undated -= 1
    this.#join.start(line, { isDated: true, mayAnnounce: true })
  }

  #release(out: LineRecord[]): void {
    if (this.#held === undefined) return
    const { record, line, hasLevel } = this.#held
    this.#held = undefined
    // Nobody prints a trace of what went well.
    if (!hasLevel && this.#join.hasTrace) record.level = 'ERROR'
    for (const one of finishRecord(record)) out.push({ record: one, line })
  }

  /** Lines that waited for a trace that did not come are records of their own. */
  #releaseWaiting(out: LineRecord[]): void {
    const lines = this.#waiting
    this.#waiting = []
    for (const { text, number, now } of lines) {
      this.#release(out)
      this.#begin(this.#read(text), number, now)
    }
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
  const decoder = new LineDecoder(options)
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
