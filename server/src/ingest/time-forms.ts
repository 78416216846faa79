// How the world writes the time at the start of a line. Every pattern is anchored and made of fixed pieces, so
// none of them can backtrack further than its own few characters.
import { type Civil, civilSeconds, epochToUtcText, isCivil, toUtcText } from './utc-text.ts'

export type TimeForm = 'iso' | 'syslog' | 'ctime' | 'common' | 'klog' | 'epoch'

/** A time read from a text. A year of 0 means that none was written. */
export type WrittenTime = {
  form: TimeForm
  /** Where it starts and ends in the text, brackets included. */
  start: number
  end: number
} & ({ utc: string } | { civil: Civil; offsetSeconds: number | undefined })

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const CLOCK = String.raw`(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?`
// After a space only a four-digit offset counts: ` -10` may be the first word of the message.
const ZONE = String.raw`(Z|[+-]\d\d(?::?\d\d)?| ?(?:UTC|GMT)| [+-]\d\d:?\d\d)?(?![A-Za-z\d])`

type Form = {
  name: TimeForm
  pattern: RegExp
  read: (match: RegExpExecArray) => [string, string, string, ...string[]]
}

/** Each brings its pieces in the order year, month, day, hour, minute, second, fraction, zone. */
const FORMS: readonly Form[] = [
  {
    // 2015-07-29 17:41:44,747 · 2025-01-01T12:30:00.123456+02:00 · [2024/01/31 12:00:00]
    name: 'iso',
    pattern: new RegExp(String.raw`^\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ]${CLOCK}${ZONE}\]?`),
    read: (m) => [...m.slice(1)] as [string, string, string],
  },
  {
    // Jun 14 15:16:01 · Jun 14 2005 15:16:01
    name: 'syslog',
    pattern: new RegExp(String.raw`^${MONTH} {1,2}(\d{1,2})(?: (\d{4}))? ${CLOCK}(?=[\s:]|$)`),
    read: (m) => [m[3] ?? '0', m[1] ?? '', m[2] ?? '', ...m.slice(4)],
  },
  {
    // [Sun Dec 04 04:47:44 2005] · Sun Dec  4 04:47:44.123456 UTC 2005
    name: 'ctime',
    pattern: new RegExp(
      String.raw`^\[?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} {1,2}(\d{1,2}) ${CLOCK}( UTC| GMT)? (\d{4})\]?`,
    ),
    read: (m) => [m[8] ?? '', m[1] ?? '', m[2] ?? '', ...m.slice(3, 8)],
  },
  {
    // 10/Oct/2000:13:55:36 -0700 · 04-Jan-2024 12:00:00 UTC · 31 Jan 2024 12:00:00.123
    name: 'common',
    pattern: new RegExp(String.raw`^\[?(\d{1,2})[-/ ]${MONTH}[-/ ](\d{4})[: T]${CLOCK}${ZONE}\]?`),
    read: (m) => [m[3] ?? '', m[2] ?? '', m[1] ?? '', ...m.slice(4)],
  },
  {
    // W0102 15:04:05.678901
    name: 'klog',
    pattern: new RegExp(String.raw`^[IWEF](\d\d)(\d\d) ${CLOCK}(?= )`),
    read: (m) => ['0', m[1] ?? '', m[2] ?? '', ...m.slice(3)],
  },
]

/** 1700000000 · 1700000000.123 · 1700000000123 and finer: from 2001 to 2033, so that counters are not taken for times. */
const EPOCH = /^\[?(1\d{9}(?:\.\d{1,9})?|1\d{12}|1\d{15}|1\d{18})\]?(?=[\s:,]|$)/

/** The time written at the very start of the text, or undefined. */
export function readTimeForm(text: string): WrittenTime | undefined {
  for (const form of FORMS) {
    const match = form.pattern.exec(text)
    if (match === null) continue
    const civil = toCivil(form.read(match))
    if (civil === undefined) return undefined
    return { form: form.name, start: 0, end: match[0].length, ...civil }
  }
  const epoch = EPOCH.exec(text)
  const utc = epoch === null ? undefined : epochToUtcText(epoch[1] ?? '')
  return utc === undefined ? undefined : { form: 'epoch', start: 0, end: epoch?.[0].length ?? 0, utc }
}

function toCivil(
  pieces: (string | undefined)[],
): { civil: Civil; offsetSeconds: number | undefined } | undefined {
  const [year, month = '', day, hour, minute, second, fraction, zone] = pieces
  const civil: Civil = {
    year: Number(year),
    month: month.length === 3 ? MONTHS.indexOf(month) / 3 + 1 : Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction: (fraction ?? '').slice(0, 6),
  }
  // 2000 was a leap year: a yearless 29 February may be right.
  if (!isCivil(civil.year === 0 ? { ...civil, year: 2000 } : civil)) return undefined
  return { civil, offsetSeconds: zone === undefined ? undefined : zoneOffset(zone.trim()) }
}

/** Seconds ahead of UTC: `Z`, `UTC`, `+02`, `+0200`, `+02:00`. */
function zoneOffset(zone: string): number {
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(zone)
  if (match === null) return 0
  const ahead = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60
  return match[1] === '-' ? -ahead : ahead
}

/** The instant of a time whose zone was written with it. */
export function withOffset(civil: Civil, offsetSeconds: number): string | undefined {
  return toUtcText(civilSeconds(civil) - offsetSeconds, civil.fraction)
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
  return time.civil.year === 0 ? undefined : withOffset(time.civil, time.offsetSeconds ?? 0)
}
