// A form of time as text, `DD.MM.YYYY hh:mm:ss,fff`: inferred, shown, stored and given on the command line.
import type { WrittenTime } from '../time-forms.ts'
import { epochToUtcText, isCivil, toUtcText } from '../utc-text.ts'
import { readZone, ZONE_SOURCE } from '../zone-names.ts'

/** Finds the time of a template at one position of a line, or undefined. */
export type TemplateReader = {
  /** @param at where it has to begin. */
  readAt(line: string, at: number): WrittenTime | undefined
  /** The first time that begins before `until`. */
  readFirst(line: string, until: number): WrittenTime | undefined
  /** Whether the template has a date, and whether it names the year. */
  readonly hasDate: boolean
  readonly hasYear: boolean
  readonly hasClock: boolean
}

const EPOCH_TEMPLATES = ['epoch s', 'epoch ms', 'epoch us', 'epoch ns', 'tai64n'] as const

const TOKEN = /YYYY|YY|MMM|MM|M|DD|D|hh|h|mm|ss|f+|A|\s+|./gs
const FIELDS: Readonly<Record<string, string>> = {
  ...{ YYYY: 'year', YY: 'year2', MMM: 'monthName', MM: 'month', M: 'month', DD: 'day', D: 'day' },
  ...{ hh: 'hour', h: 'hour', mm: 'minute', ss: 'second', A: 'half' },
}
const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'
const MONTH_SOURCE = '((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\\.?)'

/** @returns undefined for a text that names no date, clock or epoch, or a field twice. */
export function compileTemplate(template: string): TemplateReader | undefined {
  if ((EPOCH_TEMPLATES as readonly string[]).includes(template)) return epochReader(template)
  const tokens = template.match(TOKEN) ?? []
  const fields: string[] = []
  let source = ''
  for (const [index, token] of tokens.entries()) {
    if (/^f+$/.test(token)) {
      const separator = /[.,:]$/.exec(source)?.[0]
      if (separator !== undefined) source = source.replace(/(?:\\)?[.,:]$/, '')
      source += separator === undefined ? '(\\d{1,9})?' : `(?:[${separator}](\\d{1,9}))?`
      if (fields.includes('millis') || fields.includes('fraction')) return undefined
      fields.push(separator === ':' ? 'millis' : 'fraction')
      continue
    }
    const field = FIELDS[token]
    if (field === undefined) {
      source += /^\s+$/.test(token) ? '\\s{1,8}' : token.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
      continue
    }
    if (fields.includes(field)) return undefined
    fields.push(field)
    const isPacked =
      FIELDS[tokens[index - 1] ?? ''] !== undefined || FIELDS[tokens[index + 1] ?? ''] !== undefined
    if (token === 'YYYY') source += '(\\d{4})'
    else if (token === 'YY') source += '(\\d\\d)'
    else if (token === 'MMM') source += MONTH_SOURCE
    else if (token === 'A') source += '([AaPp]\\.?[Mm]\\.?)'
    else source += isPacked ? '(\\d\\d)' : ' ?(\\d{1,2})'
  }
  const has = (name: string) => fields.includes(name)
  const hasDate = has('day') && (has('month') || has('monthName'))
  const hasClock = has('hour') && has('minute')
  if (!hasDate && !hasClock) return undefined
  // A zone follows the clock; a year that ends the template (`Nov 29 09:00:01 CET 2026`) may stand behind it.
  const trailingYear = /\\s\{1,8\}\(\\d\{4\}\)$/.exec(source)
  if (hasClock && trailingYear !== null) {
    source = `${source.slice(0, trailingYear.index)}${ZONE_SOURCE}${trailingYear[0]}`
    fields.splice(fields.length - 1, 0, 'zone')
  } else if (hasClock) {
    source += ZONE_SOURCE
    fields.push('zone')
  }
  const hasYear = has('year') || has('year2')
  // A clock that goes on with seconds is another.
  const isOver = template.endsWith('mm') ? '(?!:?\\d)' : '(?!\\d)'
  return readerOf(`${source}${isOver}`, 'i', { hasDate, hasYear, hasClock }, (match) =>
    toTime(match, fields, match.index),
  )
}

/** Longest time that is looked for behind `until`. */
const TIME_CHARACTERS = 64

function readerOf(
  source: string,
  flags: string,
  about: { hasDate: boolean; hasYear: boolean; hasClock: boolean },
  read: (match: RegExpExecArray) => WrittenTime | undefined,
): TemplateReader {
  const atOnce = new RegExp(source, `${flags}y`)
  const anywhere = new RegExp(`(?<![\\w.:/-])(?:${source})`, flags)
  return {
    ...about,
    readAt(line, at) {
      atOnce.lastIndex = at
      const match = atOnce.exec(line)
      return match === null ? undefined : read(match)
    },
    readFirst(line, until) {
      const match = anywhere.exec(line.slice(0, until + TIME_CHARACTERS))
      return match === null || match.index > until ? undefined : read(match)
    },
  }
}

function toTime(match: RegExpExecArray, fields: string[], start: number): WrittenTime | undefined {
  const civil = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, fraction: '' }
  let half = ''
  let zone: string | undefined
  for (let index = 0; index < fields.length; index += 1) {
    const text = match[index + 1]
    if (text === undefined) continue
    switch (fields[index]) {
      case 'year':
        civil.year = Number(text)
        break
      case 'year2':
        civil.year = Number(text) + (Number(text) < 70 ? 2000 : 1900)
        break
      case 'monthName':
        civil.month = MONTHS.indexOf(text.slice(0, 3).toLowerCase()) / 3 + 1
        break
      case 'month':
        civil.month = Number(text)
        break
      case 'day':
        civil.day = Number(text)
        break
      case 'hour':
        civil.hour = Number(text)
        break
      case 'minute':
        civil.minute = Number(text)
        break
      case 'second':
        civil.second = Number(text)
        break
      case 'fraction':
        civil.fraction = text.slice(0, 6)
        break
      case 'millis':
        // Behind a colon it is a count: `:29` are 29 milliseconds.
        civil.fraction = text.length < 3 ? text.padStart(3, '0') : text.slice(0, 6)
        break
      case 'half':
        half = (text[0] ?? '').toLowerCase()
        break
      default:
        zone = text
    }
  }
  if (half !== '') {
    if (civil.hour < 1 || civil.hour > 12) return undefined
    civil.hour = (civil.hour % 12) + (half === 'p' ? 12 : 0)
  }
  // 2000 was a leap year: a yearless 29 February may be right.
  if (!isCivil(civil.year === 0 ? { ...civil, year: 2000 } : civil)) return undefined
  zone ??=
    civil.year === 0 ? ZONE_BEFORE.exec(match.input.slice(Math.max(0, start - 8), start))?.[1] : undefined
  const known = zone === undefined ? undefined : readZone(zone)
  const end = start + match[0].length
  return { form: 'inferred', start, end, civil, zone: known }
}

/** `[CEST Aug  6 10:14:52]` */
const ZONE_BEFORE = /(?:^|[\s[("'])([A-Z]{3,5}) {1,2}$/

const EPOCH_WIDTHS: Readonly<Record<string, number>> = {
  'epoch s': 10,
  'epoch ms': 13,
  'epoch us': 16,
  'epoch ns': 19,
}
/** The labels of daemontools and runit are the time since 1970 and these seconds; leap seconds are not counted. */
const TAI_OFFSET = 10

function epochReader(template: string): TemplateReader {
  const width = EPOCH_WIDTHS[template]
  const source =
    width === undefined
      ? '@40000000([0-9a-f]{8})([0-9a-f]{8})(?![0-9a-f])'
      : `(\\d{${width}}${width === 10 ? '(?:[.,]\\d{1,9})?' : ''})(?![\\w-])`
  const about = { hasDate: true, hasYear: true, hasClock: true }
  return readerOf(source, '', about, (match) => {
    const [text, seconds = '', nanoseconds = ''] = match
    const utc =
      width === undefined
        ? toUtcText(
            Number.parseInt(seconds, 16) - TAI_OFFSET,
            String(Number.parseInt(nanoseconds, 16)).padStart(9, '0').slice(0, 6),
          )
        : epochToUtcText(seconds.replace(',', '.'))
    return utc === undefined
      ? undefined
      : { form: 'inferred', start: match.index, end: match.index + text.length, utc }
  })
}
