const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'],
  ...['November', 'December'],
]

/** The parts of Go's layouts: the reference time is Mon Jan 2 15:04:05 MST 2006. */
const LAYOUT =
  /January|Jan|Monday|Mon|MST|2006|Z07:00|Z0700|-07:00|-0700|-07|01|02|03|04|05|06|15|PM|pm|_2|[.,](?:0+|9+)|1|2|3|4|5/g

/** An instant, in UTC. */
export class GoTime {
  readonly nanos: bigint

  constructor(nanos: bigint) {
    this.nanos = nanos
  }

  toString(): string {
    return this.format('2006-01-02 15:04:05.999999999 -0700 MST')
  }

  format(layout: string): string {
    const date = new Date(Number(this.nanos / 1_000_000n) - (this.nanos % 1_000_000n < 0n ? 1 : 0))
    const nanos = ((this.nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
    const fraction = String(nanos).padStart(9, '0')
    return layout.replace(LAYOUT, (part) => WRITTEN[part]?.(date) ?? writtenFraction(part, fraction))
  }
}

const two = (value: number) => String(value).padStart(2, '0')
const hours12 = (date: Date) => date.getUTCHours() % 12 || 12

/** How each part of a layout is written; the others are fractions of a second. */
const WRITTEN: Readonly<Record<string, (date: Date) => string>> = {
  January: (date) => MONTHS[date.getUTCMonth()] ?? '',
  Jan: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  Monday: (date) => DAYS[date.getUTCDay()] ?? '',
  Mon: (date) => (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
  MST: () => 'UTC',
  'Z07:00': () => 'Z',
  Z0700: () => 'Z',
  '-07:00': () => '+00:00',
  '-0700': () => '+0000',
  '-07': () => '+00',
  2006: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  '06': (date) => two(date.getUTCFullYear() % 100),
  '01': (date) => two(date.getUTCMonth() + 1),
  1: (date) => String(date.getUTCMonth() + 1),
  '02': (date) => two(date.getUTCDate()),
  _2: (date) => String(date.getUTCDate()).padStart(2, ' '),
  2: (date) => String(date.getUTCDate()),
  15: (date) => two(date.getUTCHours()),
  '03': (date) => two(hours12(date)),
  3: (date) => String(hours12(date)),
  '04': (date) => two(date.getUTCMinutes()),
  4: (date) => String(date.getUTCMinutes()),
  '05': (date) => two(date.getUTCSeconds()),
  5: (date) => String(date.getUTCSeconds()),
  PM: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  pm: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
}

/** A part such as `.000`, which keeps its zeros, or `.999`, which does not. */
function writtenFraction(part: string, fraction: string): string {
  const digits = fraction.slice(0, part.length - 1)
  if (part[1] === '0') return part[0] + digits
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : `${part[0]}${trimmed}`
}

/** Characters of a layout. */
const MAX_LAYOUT = 60

/** The instant that a text of that layout names; undefined when it is none. Zones other than an offset count as UTC. */
export function parseTime(layout: string, text: string, minutesEast = 0): GoTime | undefined {
  // The pattern made of a layout tries some ways for each of its parts.
  if (layout.length > MAX_LAYOUT || text.length > MAX_LAYOUT * 2) return undefined
  const fields: Record<string, number> = {}
  let zone: string | undefined
  const parts: string[] = []
  let end = 0
  let pattern = ''
  const literal = (plain: string) => plain.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
  for (const found of layout.matchAll(LAYOUT)) {
    pattern += literal(layout.slice(end, found.index)) + sourceOf(found[0])
    parts.push(found[0])
    end = found.index + found[0].length
  }
  const matched = new RegExp(`^${pattern}${literal(layout.slice(end))}$`, 'i').exec(text)
  if (!matched) return undefined
  for (const [index, part] of parts.entries()) {
    const value = matched[index + 1] ?? ''
    if (/^J/.test(part))
      fields.month =
        MONTHS.findIndex((name) => name.slice(0, 3).toLowerCase() === value.slice(0, 3).toLowerCase()) + 1
    else if (/^[Z-]/.test(part)) zone = value
    else if (/^[.,]/.test(part)) fields.nanos = Number(value.slice(1).padEnd(9, '0'))
    else if (/^pm$/i.test(part)) fields.isLate = /^p/i.test(value) ? 1 : 0
    else if (!/^M/.test(part)) fields[FIELDS[part.replace(/^[0_]/, '')] ?? 'none'] = Number(value)
  }
  const { year = 0, shortYear, month = 1, day = 1, minute = 0, second = 0, nanos = 0, isLate } = fields
  let { hour = 0 } = fields
  if (isLate !== undefined) hour = (hour % 12) + (isLate === 1 ? 12 : 0)
  const date = new Date(0)
  date.setUTCFullYear(
    shortYear === undefined ? year : shortYear + (shortYear >= 69 ? 1900 : 2000),
    month - 1,
    day,
  )
  date.setUTCHours(hour, minute, second)
  if (date.getUTCDate() !== day || month < 1 || month > 12) return undefined
  const offset = zone === undefined ? minutesEast : minutesOf(zone)
  return new GoTime(BigInt(date.getTime() - offset * 60_000) * 1_000_000n + BigInt(nanos))
}

const FIELDS: Readonly<Record<string, string>> = {
  ...{ '2006': 'year', '6': 'shortYear', '1': 'month', '2': 'day', '15': 'hour', '3': 'hour' },
  ...{ '4': 'minute', '5': 'second' },
}

function sourceOf(part: string): string {
  if (part === 'MST') return '([A-Z]{3,4})'
  if (/^J/.test(part)) return `(${namesOf(MONTHS, part === 'Jan')})`
  if (/^M/.test(part)) return `(${namesOf(DAYS, part === 'Mon')})`
  if (/^pm$/i.test(part)) return '([ap]m)'
  if (part === '2006') return '(\\d{4})'
  if (/^[Z-]/.test(part)) return '(Z|[+-]\\d{2}:?(?:\\d{2})?)'
  if (/^[.,]/.test(part)) return '([.,]\\d{1,9})'
  return part.startsWith('0') ? '(\\d{2})' : '(\\s?\\d{1,2})'
}

function namesOf(names: readonly string[], isShort: boolean): string {
  return names.map((name) => (isShort ? name.slice(0, 3) : name)).join('|')
}

function minutesOf(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? []
  const total = Number(hours) * 60 + Number(minutes || 0)
  return sign === '-' ? -total : sign === '+' ? total : 0
}
