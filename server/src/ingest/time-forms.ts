// How the world writes the time at the start of a line. Every pattern is anchored and made of fixed pieces, so
// none of them can backtrack further than its own few characters.
import type { NaiveClock } from './time-zone.ts'
import { type Civil, civilSeconds, epochToUtcText, isCivil, toUtcText } from './utc-text.ts'
import { readZone, type WrittenZone, ZONE_SOURCE } from './zone-names.ts'

type TimeForm =
  | 'iso'
  | 'syslog'
  | 'ctime'
  | 'common'
  | 'klog'
  | 'numeric'
  | 'compact'
  | 'short'
  | 'logcat'
  | 'named'
  | 'epoch'
  | 'inferred'

/** Which of two numbers is the day where the date leaves it open. */
export type DateOrder = 'day first' | 'month first'

/** A time read from a text. A year of 0 means that none was written. */
export type WrittenTime = {
  form: TimeForm
  /** Where it starts and ends in the text, brackets included. */
  start: number
  end: number
} & ({ utc: string } | { civil: Civil; zone: WrittenZone | undefined })

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'
const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
/** With its sign: behind a colon it is a count of milliseconds, `22:15:29:6`. */
const FRACTION = String.raw`([.,]\d{1,9}|:\d{1,3}(?![\d:]))?`
const CLOCK = String.raw`(\d\d):(\d\d):(\d\d)${FRACTION}(?![.,:\d]* ?[AaPp]\.?[Mm]\b)()`
/** With an hour of one digit and perhaps a half of the day. */
const CLOCK_12 = String.raw`(\d{1,2}):(\d\d):(\d\d)${FRACTION}(?: ?([AaPp])\.?[Mm]\.?(?![A-Za-z]))?`
const ZONE = `${ZONE_SOURCE}(?![A-Za-z\\d])`
const WEEKDAY = '(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?'

/** Year, month and day, then the five groups of a clock, then the zone. */
type Pieces = (string | undefined)[]

type Form = {
  name: TimeForm
  pattern: RegExp
  read: (match: RegExpExecArray, order: DateOrder | undefined) => Pieces
}

const FORMS: readonly Form[] = [
  {
    // 2015-07-29 17:41:44,747 · 2025-01-01T12:30:00.123456+02:00 · [2024/01/31 12:00:00] · 2026-11-29  9:00:01
    name: 'iso',
    pattern: new RegExp(String.raw`^\[?(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ] ?|-)${CLOCK_12}${ZONE}\]?`),
    read: (m) => m.slice(1),
  },
  {
    // Jun 14 15:16:01 · Jun 14 2005 15:16:01 · Jun 14 15:16:01 2005 · Jun 14 15:16:01.250 CET
    name: 'syslog',
    pattern: new RegExp(
      String.raw`^${MONTH} {1,2}(\d{1,2})(?: (\d{4}))? ${CLOCK}${ZONE_SOURCE}(?: ((?:19|20)\d\d)(?= ))?(?=[\s:]|$)`,
    ),
    read: (m) => [m[3] ?? m[10] ?? '0', m[1], m[2], ...m.slice(4, 10)],
  },
  {
    // [Sun Dec 04 04:47:44 2005] · Sun Dec  4 04:47:44.123456 UTC 2005
    name: 'ctime',
    pattern: new RegExp(
      String.raw`^\[?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} {1,2}(\d{1,2}) ${CLOCK}${ZONE_SOURCE} (\d{4})\]?`,
    ),
    read: (m) => [m[9], m[1], m[2], ...m.slice(3, 9)],
  },
  {
    // 10/Oct/2000:13:55:36 -0700 · 04-Jan-2024 12:00:00 UTC · 31 Jan 2024 12:00:00.123
    name: 'common',
    pattern: new RegExp(
      String.raw`^\[?${WEEKDAY}(\d{1,2})[-/ ]${MONTH}[-/ ](\d{4})(?:[: T]|, )${CLOCK_12}${ZONE}\]?`,
    ),
    read: (m) => [m[3], m[2], m[1], ...m.slice(4)],
  },
  {
    // W0102 15:04:05.678901 · E20261129 15:04:05.678901
    name: 'klog',
    pattern: new RegExp(String.raw`^[IWEF](\d{4})?(\d\d)(\d\d) ${CLOCK}(?= )`),
    read: (m) => [m[1] ?? '0', m[2], m[3], ...m.slice(4)],
  },
  {
    // 11/29/2026 12:00:01 AM · 29.11.2026 13:05:11 · 11/29/2026, 9:00:01 AM
    name: 'numeric',
    pattern: new RegExp(
      String.raw`^\[?(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[ T:]|, | - | -- )${CLOCK_12}${ZONE}\]?`,
    ),
    read: (m, order) => {
      const isDayFirst =
        Number(m[1]) > 12 || (Number(m[3]) <= 12 && (m[2] === '.' ? 'day first' : order) === 'day first')
      return [m[4], isDayFirst ? m[3] : m[1], isDayFirst ? m[1] : m[3], ...m.slice(5)]
    },
  },
  {
    // Nov 29, 2026 1:05:09 PM · 2026 Nov 28 10:11:15 UTC
    name: 'named',
    pattern: new RegExp(
      String.raw`^\[?${WEEKDAY}(?:${MONTH}[a-z]{0,6} {1,2}(\d{1,2}),? (\d{4}),?|(\d{4})[- ]${MONTH}[- ] ?(\d{1,2})) ${CLOCK_12}${ZONE}\]?`,
    ),
    read: (m) => [m[3] ?? m[4], m[1] ?? m[5], m[2] ?? m[6], ...m.slice(7)],
  },
  {
    // 20261129 130513 · 20261129T13:05:13.250Z · 20261129130513 · 20261129-0:3:9:12
    name: 'compact',
    pattern: new RegExp(
      String.raw`^\[?((?:19|20)\d\d)(\d\d)(\d\d)[ T_-]?(?:(\d\d)(\d\d)(\d\d)|(\d\d?):(\d\d?):(\d\d?))${FRACTION}()(?![.,:\d]* ?[AaPp]\.?[Mm]\b)${ZONE}\]?`,
    ),
    read: (m) => [...m.slice(1, 4), m[4] ?? m[7], m[5] ?? m[8], m[6] ?? m[9], ...m.slice(10)],
  },
  {
    // 17/06/09 20:10:40, two digits each: the year first, unless that cannot be
    name: 'short',
    pattern: new RegExp(String.raw`^\[?(\d\d)([-/.])(\d\d)\2(\d\d),? ${CLOCK_12}${ZONE}\]?`),
    read: (m, order) => {
      const [a = '', b = '', c = ''] = [m[1], m[3], m[4]]
      const isYearFirst = order === undefined && m[2] !== '.' && Number(b) <= 12 && Number(c) <= 31
      const [year, month, day] = isYearFirst ? [a, b, c] : order === 'month first' ? [c, a, b] : [c, b, a]
      return [String(2000 + Number(year)), month, day, ...m.slice(5)]
    },
  },
  {
    // 11-29 09:10:01.123  1234  5678 E ActivityManager: …
    name: 'logcat',
    pattern: new RegExp(String.raw`^(\d\d)-(\d\d) ${CLOCK}()(?= +\d{1,7} +\d{1,7} [VDIWEFAS] )`),
    read: (m) => ['0', ...m.slice(1)],
  },
  {
    // 2026-11-29 13:05
    name: 'iso',
    pattern: /^\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)()()()()\]?(?=\s|$)/,
    read: (m) => m.slice(1),
  },
]

/** 1700000000 · 1700000000.123 · 1700000000123 and finer: from 2001 to 2033, so that counters are not taken for times. */
const EPOCH = /^\[?(1\d{9}(?:\.\d{1,9})?|1\d{12}|1\d{15}|1\d{18})\]?(?=[\s:,]|$)/

/**
 * The time written at the very start of the text, or undefined.
 *
 * @param order for ambiguous dates; month first where it is not given.
 */
export function readTimeForm(text: string, order?: DateOrder): WrittenTime | undefined {
  const first = text.charCodeAt(text.charCodeAt(0) === 91 ? 1 : 0)
  // Every form begins with a digit or a capital letter.
  if (!((first >= 48 && first <= 57) || (first >= 65 && first <= 90))) return undefined
  for (const form of FORMS) {
    const match = form.pattern.exec(text)
    if (match === null) continue
    const civil = toCivil(form.read(match, order))
    if (civil === undefined) continue
    return { form: form.name, start: 0, end: match[0].length, ...civil }
  }
  const epoch = EPOCH.exec(text)
  const utc = epoch === null ? undefined : epochToUtcText(epoch[1] ?? '')
  return utc === undefined ? undefined : { form: 'epoch', start: 0, end: epoch?.[0].length ?? 0, utc }
}

function toCivil(pieces: Pieces): { civil: Civil; zone: WrittenZone | undefined } | undefined {
  const [year, month = '', day, hour, minute, second, fraction, half, zone] = pieces
  const civil: Civil = {
    year: Number(year),
    month: month.length === 3 ? MONTHS.indexOf(month.toLowerCase()) / 3 + 1 : Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction: fractionOf(fraction),
  }
  if (half !== undefined && half !== '') {
    if (civil.hour < 1 || civil.hour > 12) return undefined
    civil.hour = (civil.hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  }
  // 2000 was a leap year: a yearless 29 February may be right.
  if (!isCivil(civil.year === 0 ? { ...civil, year: 2000 } : civil)) return undefined
  return { civil, zone: zone === undefined || zone === '' ? undefined : readZone(zone) }
}

function fractionOf(written = ''): string {
  const digits = written.slice(1, 7)
  return written[0] === ':' ? digits.padStart(3, '0') : digits
}

/** The instant of a time whose zone was written with it. */
function withOffset(civil: Civil, offsetSeconds: number): string | undefined {
  return toUtcText(civilSeconds(civil) - offsetSeconds, civil.fraction)
}

/** The instant of a time with a year; `clock` says what one without a zone means. */
export function toInstant(
  civil: Civil,
  zone: WrittenZone | undefined,
  clock: NaiveClock,
): string | undefined {
  if (zone === undefined) return clock(civil)
  return typeof zone === 'number' ? withOffset(civil, zone) : zone(civil)
}

const DATE_AND_MINUTE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(Z|[+-]\d\d:?\d\d)?)?$/

/**
 * A time that stands alone in a field: any of the forms above, a date (its midnight) or a date with hour and
 * minute. Naive ones are UTC; without a year it is none.
 */
export function readTimeText(text: string): string | undefined {
  if (text.length > 64) return undefined
  const trimmed = text
    .trim()
    .replace(/^(\d{4}-\d\d-\d\d)t/, '$1T')
    .replace(/z$/, 'Z')
  if (/^-?\d+(?:\.\d+)?$/.test(trimmed)) return epochToUtcText(trimmed)
  const short = DATE_AND_MINUTE.exec(trimmed)
  const whole = short === null ? trimmed : `${short[1]}T${short[2] ?? '00:00'}:00${short[3] ?? ''}`
  const time = readTimeForm(whole)
  if (time === undefined || time.end !== whole.length) return undefined
  if ('utc' in time) return time.utc
  if (time.civil.year === 0) return undefined
  return toInstant(time.civil, time.zone ?? 0, () => undefined)
}
