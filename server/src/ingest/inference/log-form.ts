// How the lines of a file or stream are written: found from the lines themselves, kept as plain data, shown as one sentence.

import type { WrittenLevel } from '../level-words.ts'
import { readLineTime } from '../line-time.ts'
import { type DateOrder, readTimeForm, toInstant, type WrittenTime } from '../time-forms.ts'
import { utcClock } from '../time-zone.ts'
import { secondsOf } from '../utc-text.ts'
import { compileLevel, describeLevel, type InferredLevel, inferLevel } from './infer-level.ts'
import { compileTime, describeTime, type InferredTime, inferTime, isCurrent } from './infer-time.ts'
import { readOwnTime } from './own-time.ts'

/** Raised when the same lines would be read differently; rows remember which one read them. */
export const FORM_VERSION = 2

export type LogForm = {
  version: number
  /** `fixed`: at the start of the line, in one of the forms that need no inference. */
  time: 'fixed' | InferredTime
  /** The order that the lines show in dates like 03/04/2026. */
  order?: DateOrder
  level?: InferredLevel
  /** Lines it was found from, and how many of them it reads a time and a level of. */
  lines: number
  dated: number
  leveled: number
}

export type FormContext = {
  /** Seconds since 1970. */
  nowSeconds: number
  /** The order of dates that no line decides. */
  order?: DateOrder | undefined
  /** Seconds since 1970 of the last line, where that is known. */
  writtenUntil?: number | undefined
  /** Set by a person rather than inferred. */
  time?: InferredTime | undefined
  level?: InferredLevel | undefined
}

/** A form made ready to read lines with. */
export type FormReader = {
  readTime(line: string): WrittenTime | undefined
  /** Undefined where no place was found. */
  readLevel: ((line: string, time: WrittenTime | undefined) => WrittenLevel | undefined) | undefined
  /** Whether the time has a fixed form, which is cut from the message. */
  isFixed: boolean
}

/** A fixed form is preferred unless another reading fits this share of the lines more. */
const ADVANTAGE = 0.03

/** For lines that are read before anything is known of them. */
export const NO_FORM: LogForm = { version: FORM_VERSION, time: 'fixed', lines: 0, dated: 0, leveled: 0 }

export function compileForm({ time, order, level }: LogForm): FormReader {
  const inferred = time === 'fixed' ? undefined : compileTime(time)
  return {
    readTime:
      inferred === undefined
        ? (line) => readLineTime(line, order) ?? readOwnTime(line, order)
        : (line) => inferred(line) ?? readPlainTime(line) ?? readOwnTime(line, order),
    readLevel: level === undefined ? undefined : compileLevel(level),
    isFixed: inferred === undefined,
  }
}

/** A time that is beyond doubt at the start of a line, whatever the other lines have. */
function readPlainTime(line: string): WrittenTime | undefined {
  const time = readTimeForm(line)
  return time !== undefined && PLAIN_FORMS.has(time.form) ? time : undefined
}

const PLAIN_FORMS: ReadonlySet<string> = new Set(['iso', 'syslog', 'ctime', 'common', 'named', 'klog'])

/** @param lines the first ones of a file or stream, without colours. */
export function inferForm(lines: readonly string[], context: FormContext): LogForm {
  const begins = lines.filter(isHead)
  // Some programs indent every line.
  const heads = begins.length * 5 < lines.length ? lines.filter((line) => line.trim() !== '') : begins
  const told = orderOf(heads)
  const numeric = told === undefined ? orderOfDays(heads, context) : undefined
  const { nowSeconds, writtenUntil } = context
  const order = told ?? numeric ?? context.order ?? orderOfLast(heads, writtenUntil)
  const fixed = heads.map((line) => readLineTime(line, order))
  const fixedShare = heads.length === 0 ? 1 : fixed.filter((time) => time !== undefined).length / heads.length
  // A number of ten digits may be something else, and of three numbers any may be the year.
  const isOpen = mostly(fixed, ['epoch', 'short'])
  const isTrusted = fixedShare >= 0.95 && !isOpen
  const inferred =
    context.time ?? (isTrusted ? undefined : inferTime(heads, { nowSeconds, order, writtenUntil }))
  const read = inferred && compileTime(inferred)
  const other = read === undefined ? [] : heads.map(read)
  const otherShare = other.filter((time) => time !== undefined).length / Math.max(1, heads.length)
  const useInferred =
    inferred !== undefined &&
    (inferred === context.time || otherShare > fixedShare + (isOpen ? -0.01 : ADVANTAGE))
  const times = useInferred ? other : fixed
  const level = context.level ?? inferLevel(heads, times)
  const readLevel = level && compileLevel(level)
  return {
    version: FORM_VERSION,
    time: useInferred ? inferred : 'fixed',
    ...(order !== undefined && { order }),
    ...(level !== undefined && { level }),
    lines: heads.length,
    dated: times.filter((time) => time !== undefined).length,
    leveled: readLevel === undefined ? 0 : heads.filter((line, row) => readLevel(line, times[row])).length,
  }
}

/** Whether two forms read lines alike. */
export function isSameForm(a: LogForm, b: LogForm): boolean {
  const read = ({ time, order, level }: LogForm) =>
    JSON.stringify(sorted([time, order ?? null, level ?? null]))
  return read(a) === read(b)
}

/** PostgreSQL keeps the names of an object in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]))
}

/** How many of the lines a form reads a time of, and a level. */
export function fitOf(form: LogForm, lines: readonly string[]): LogForm {
  const reader = compileForm(form)
  const heads = lines.filter(isHead)
  const times = heads.map((line) => reader.readTime(line))
  return {
    ...form,
    lines: heads.length,
    dated: times.filter((time) => time !== undefined).length,
    leveled: heads.filter((line, row) => reader.readLevel?.(line, times[row]) !== undefined).length,
  }
}

/** Whether the lines leave it open which number is the day. */
export function isOrderOpen({ time, order }: LogForm): boolean {
  return time === 'fixed' ? order === undefined : time.order === 'assumed'
}

/** `time: column 3, …; level: column 5; 99.8 % of 2,000 lines` */
export function describeForm({ time, level, lines, dated }: LogForm, fixedForm?: string): string {
  const share = lines === 0 ? 0 : (100 * dated) / lines
  const written =
    time === 'fixed' ? (dated === 0 ? 'none' : (fixedForm ?? 'start of the line')) : describeTime(time)
  const parts = [
    `time: ${written}`,
    `level: ${level === undefined ? 'where the text says so' : describeLevel(level)}`,
  ]
  const rounded = Math.floor(share * 10) / 10
  return `${parts.join('; ')}; ${rounded} % of ${lines.toLocaleString('en-US')} ${lines === 1 ? 'line' : 'lines'}`
}

/** Whether a line begins something, as far as it shows by itself. */
function isHead(line: string): boolean {
  const first = line.charCodeAt(0)
  return !(
    first <= 32 ||
    Number.isNaN(first) ||
    first === 35 ||
    /^(?:Caused by: |\.\.\. \d|\}|\))/.test(line)
  )
}

/**
 * The order of day and month from consecutive days, where dates stand at the start of the lines and no number is over
 * twelve.
 */
function orderOfDays(lines: readonly string[], context: FormContext): DateOrder | undefined {
  const fixed = lines.map((line) => readLineTime(line))
  if (!mostly(fixed, ['numeric'])) return undefined
  const found = inferTime(lines, { nowSeconds: context.nowSeconds, order: context.order })
  if (found?.order !== 'decided') return undefined
  const isDayFirst = found.parts.some(({ template }) => /DD.MM/.test(template))
  return isDayFirst ? 'day first' : 'month first'
}

/** The order by which the newest line is of the day of the last change, where only one is. */
function orderOfLast(lines: readonly string[], writtenUntil: number | undefined): DateOrder | undefined {
  if (
    writtenUntil === undefined ||
    !mostly(
      lines.map((line) => readLineTime(line)),
      ['numeric'],
    )
  )
    return undefined
  const newestIn = (order: DateOrder) =>
    lines.reduce((newest, line) => Math.max(newest, secondsOfLine(line, order)), Number.NEGATIVE_INFINITY)
  const isOf = (order: DateOrder) => isCurrent(newestIn(order), { order: undefined, writtenUntil })
  const [isDayFirst, isMonthFirst] = [isOf('day first'), isOf('month first')]
  if (isDayFirst === isMonthFirst) return undefined
  return isDayFirst ? 'day first' : 'month first'
}

function secondsOfLine(line: string, order: DateOrder): number {
  const time = readLineTime(line, order)
  if (time === undefined || !('civil' in time) || time.civil.year === 0) return Number.NEGATIVE_INFINITY
  const utc = toInstant({ ...time.civil, fraction: '' }, time.zone, utcClock)
  return utc === undefined ? Number.NEGATIVE_INFINITY : secondsOf(utc)
}

function mostly(times: readonly (WrittenTime | undefined)[], forms: readonly string[]): boolean {
  const read = times.filter((time) => time !== undefined)
  return read.filter(({ form }) => forms.includes(form)).length > read.length / 2
}

/** The order from lines with a number over twelve; undefined when there are none or they disagree. */
function orderOf(lines: readonly string[]): DateOrder | undefined {
  let [dayFirst, monthFirst] = [0, 0]
  for (const line of lines) {
    const match = /(?<![\d.])(\d{1,2})[/-](\d{1,2})[/-]\d{4}\b/.exec(line.slice(0, 80))
    if (match === null) continue
    if (Number(match[1]) > 12) dayFirst += 1
    if (Number(match[2]) > 12) monthFirst += 1
  }
  if (dayFirst > 0 === monthFirst > 0) return undefined
  return dayFirst > 0 ? 'day first' : 'month first'
}
