// The time that a line states by itself at its start. It is for lines that the form of their file does not fit, and for files
// of too few lines to find a form.
import type { DateOrder, WrittenTime } from '../time-forms.ts'
import { guessAt, type TimeGuess } from './scan-times.ts'
import { compileTemplate, type TemplateReader } from './time-template.ts'

/** Times are shorter. */
const TIME_CHARACTERS = 64

/**
 * The text that may stand before the time: an opening bracket or quote, a letter or word in capitals, as levels and zones are
 * (`<W>2026-…`, `[CEST Nov 29 …`), a key of the time (`t=2026-…`).
 */
const BEFORE =
  /^[[("'<{]{0,2}(?:[A-Z]{1,10}[>\])}]?[:,]? {0,8}(?=[[("'<{\d]|[A-Z][a-z])|(?:@?t|ts|@?timestamp|(?:date_?)?time|asctime|at)=)?[[("'<{]{0,2}/

/** A date that names its year, or its month by a word, with a clock to the second; or a label of daemontools. */
const COMPLETE = /^(?=.*(?:YYYY|MMM))(?=.*hh.?mm.?ss)|^tai64n$/
/** A number that may be the year, the month or the day. */
const OPEN_DATE = /XX(.)XX\1YYYY/
const OLDEST_YEAR = 1990
const NEWEST_YEAR = 2069

const MAX_READERS = 200
const readers = new Map<string, TemplateReader | undefined>()

/** @param order of day and month, where the other lines of the file tell it. */
export function readOwnTime(line: string, order?: DateOrder): WrittenTime | undefined {
  if (!mayBegin(line)) return undefined
  const start = BEFORE.exec(line)?.[0].length ?? 0
  const head = line.slice(start, start + TIME_CHARACTERS)
  const guess = guessAt(head, 0, 32)?.find((one) => one.part === 'both')
  const template = guess && templateOf(guess, head, order)
  const time = template === undefined ? undefined : readerOf(template)?.readAt(line, start)
  if (time === undefined || !('civil' in time)) return time
  const { year } = time.civil
  return year === 0 || (year >= OLDEST_YEAR && year <= NEWEST_YEAR) ? time : undefined
}

/** Whether the first character may be that of a time or of what stands before one. */
function mayBegin(line: string): boolean {
  const code = line.charCodeAt(0)
  const isDigit = code >= 48 && code <= 57
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
  return isDigit || isLetter || '[("\'<{@'.includes(line[0] ?? ' ')
}

function templateOf({ template }: TimeGuess, head: string, order: DateOrder | undefined): string | undefined {
  if (!COMPLETE.test(template)) return undefined
  const separator = OPEN_DATE.exec(template)?.[1]
  if (separator === undefined) return template.includes('X') ? undefined : template
  const [first = 0, second = 0] = (head.match(/\d+/g) ?? []).map(Number)
  const isDayFirst =
    first > 12 || (second <= 12 && (order ?? (separator === '.' ? 'day first' : '')) === 'day first')
  const isMonthFirst = second > 12 || order === 'month first'
  if (!isDayFirst && !isMonthFirst) return undefined
  const [a, b] = isDayFirst ? ['DD', 'MM'] : ['MM', 'DD']
  return template.replace(OPEN_DATE, `${a}$1${b}$1YYYY`)
}

function readerOf(template: string): TemplateReader | undefined {
  if (!readers.has(template)) {
    if (readers.size >= MAX_READERS) readers.clear()
    readers.set(template, compileTemplate(template))
  }
  return readers.get(template)
}
