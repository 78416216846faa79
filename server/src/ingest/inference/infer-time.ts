// Chooses the reading of a file's lines that is their time: it fits nearly all of them, mostly rises and lies in a
// plausible range. Without that there is none; a guess would be worse than the time of arrival.
import { type DateOrder, toInstant, type WrittenTime } from '../time-forms.ts'
import { utcClock } from '../time-zone.ts'
import { type Civil, secondsOf } from '../utc-text.ts'
import { describePlace, type Place, placeIn, placesOf } from './place.ts'
import { scanTimes } from './scan-times.ts'
import { compileTemplate } from './time-template.ts'

/** Where a file has its time and how it is written; a date and a clock may stand apart. */
export type InferredTime = {
  parts: { place: Place; template: string }[]
  /** `assumed`: no line says which number is the day. */
  order?: 'decided' | 'assumed'
}

export type TimeReader = (line: string) => WrittenTime | undefined

export type TimeContext = {
  /** Seconds since 1970. */
  nowSeconds: number
  order: DateOrder | undefined
  /** Seconds since 1970 of the last line, where that is known: by the file's last change, or by arrival. */
  writtenUntil?: number | undefined
}

/** Candidates that are tried on all lines of the sample; those met most often come first. */
const MAX_CANDIDATES = 24
/** Lines from which candidates are gathered. */
const SCANNED_LINES = 300
/** Enough lines to recognise a time by other signs than that it rises. */
const MANY_LINES = 200
/** Fewer lines prove nothing. */
const LEAST_LINES = 4
const HOUR = 3600
/** A naive time may be that of a zone this far ahead. */
const AHEAD = 15 * HOUR
/** 1990: before it hardly any log was written that is still read. */
const EARLIEST = 631_152_000
const YEAR = 31_557_600

/** Reads the time of this form; undefined when one of its templates is none. */
export function compileTime(form: InferredTime): TimeReader | undefined {
  const parts = form.parts.map(({ place, template }) => ({ place, reader: compileTemplate(template) }))
  const readers = parts.map(({ place, reader }) => {
    if (reader === undefined) return undefined
    return (line: string) => {
      if (place.kind === 'first') return reader.readFirst(line, place.until)
      const at = placeIn(line, place)
      return at === -1 ? undefined : reader.readAt(line, at)
    }
  })
  const [first, second] = readers
  if (first === undefined || readers.includes(undefined)) return undefined
  if (second === undefined) return first
  return (line) => {
    const date = first(line)
    const clock = date === undefined ? undefined : second(line)
    if (date === undefined || clock === undefined || !('civil' in date) || !('civil' in clock))
      return undefined
    const { year, month, day } = date.civil
    const end = Math.max(date.end, clock.end)
    return {
      ...clock,
      start: Math.min(date.start, clock.start),
      end,
      civil: { ...clock.civil, year, month, day },
    }
  }
}

export function describeTime({ parts, order }: InferredTime): string {
  const named = parts.map(({ place, template }) => `${describePlace(place)}, \`${template}\``).join(' and ')
  return order === 'assumed' ? `${named} (no line tells day from month)` : named
}

/** @param lines that begin a record, as far as that is known. */
export function inferTime(lines: readonly string[], context: TimeContext): InferredTime | undefined {
  if (lines.length < LEAST_LINES) return undefined
  const candidates = gather(lines)
  const tried: Judged[] = []
  for (const candidate of candidates.both) tried.push(...judgeOrders(candidate, lines, context))
  if (!tried.some(({ share }) => share > 0.9)) {
    for (const date of candidates.date.slice(0, 3))
      for (const clock of candidates.clock.slice(0, 3)) {
        if (date.parts[0] === undefined || clock.parts[0] === undefined) continue
        tried.push(...judgeOrders({ parts: [date.parts[0], clock.parts[0]] }, lines, context))
      }
    for (const date of candidates.date.slice(0, 3)) tried.push(...judgeOrders(date, lines, context))
  }
  const fit = tried.filter(isConvincing)
  const best = fit.toSorted(byMerit)[0]
  return best === undefined ? undefined : agreeing(best, fit).form
}

type Candidate = { parts: { place: Place; template: string }[] }

function gather(lines: readonly string[]): Record<'both' | 'date' | 'clock', Candidate[]> {
  const counts = new Map<
    string,
    { part: 'both' | 'date' | 'clock'; candidate: Candidate; count: number; until: number }
  >()
  const step = Math.max(1, Math.floor(lines.length / SCANNED_LINES))
  for (let index = 0; index < lines.length; index += step) {
    const line = lines[index] as string
    const seen = new Set<string>()
    for (const { start, template, part } of scanTimes(line)) {
      for (const place of placesOf(line, start)) {
        const key = `${part} ${template} ${JSON.stringify(place)}`
        if (seen.has(key)) continue
        seen.add(key)
        const known = counts.get(key)
        if (known === undefined)
          counts.set(key, { part, candidate: { parts: [{ place, template }] }, count: 1, until: start })
        else {
          known.count += 1
          known.until = Math.max(known.until, start)
        }
      }
    }
  }
  const found: Record<'both' | 'date' | 'clock', Candidate[]> = { both: [], date: [], clock: [] }
  for (const { part, candidate, until } of [...counts.values()].toSorted((a, b) => b.count - a.count)) {
    const [one] = candidate.parts
    if (one?.place.kind === 'first') one.place = { kind: 'first', until }
    if (found[part].length < MAX_CANDIDATES) found[part].push(candidate)
  }
  return found
}

type Judged = {
  form: InferredTime
  /** The share of the lines with a plausible time there. */
  share: number
  distinct: number
  /** The share of the steps from line to line that do not go back. */
  rising: number
  spanSeconds: number
  /** Seconds since 1970. */
  newest: number
  dayChanges: number
  /** Whether they are counts of seconds with a fraction: hardly any other number looks like it. */
  isFractional: boolean
  strength: number
  /** Mean place of its first character. */
  at: number
  times: (number | undefined)[]
}

const ORDERS: readonly [RegExp, readonly string[]][] = [
  [/XX(.)XX\1YYYY/, ['MM$1DD$1YYYY', 'DD$1MM$1YYYY']],
  [/XX(.)XX\1XX/, ['YY$1MM$1DD', 'DD$1MM$1YY', 'MM$1DD$1YY']],
  [/XXXXXX/, ['YYMMDD', 'DDMMYY', 'MMDDYY']],
  [/XX(.?)XX/, ['MM$1DD', 'DD$1MM']],
]

/** Judges a candidate in each order of day, month and year it may have; gives the one the lines decide for. */
function judgeOrders(candidate: Candidate, lines: readonly string[], context: TimeContext): Judged[] {
  const open = ORDERS.find(([pattern]) => candidate.parts.some(({ template }) => pattern.test(template)))
  if (open === undefined) return listed(judge(candidate, lines, context, undefined))
  const [pattern, orders] = open
  const judged = orders.flatMap((order) => {
    const parts = candidate.parts.map(({ place, template }) => ({
      place,
      template: template.replace(pattern, order),
    }))
    return listed(judge({ parts }, lines, context, 'assumed'))
  })
  const best = Math.max(...judged.map(({ share }) => share))
  const fit = judged.filter(({ share }) => share > best - 0.002)
  if (fit.length <= 1) return fit.map((one) => ({ ...one, form: { ...one.form, order: 'decided' as const } }))
  // Days that follow each other lie close together; read the wrong way round they lie months apart.
  const spans = fit.filter(({ dayChanges }) => dayChanges > 0)
  const shortest = Math.min(...spans.map(({ spanSeconds }) => spanSeconds))
  const close = spans.filter(({ spanSeconds }) => spanSeconds < shortest * 5)
  const onlyClose = close.length === 1 && spans.length === fit.length ? close[0] : undefined
  const current = fit.filter(({ newest }) => isCurrent(newest, context))
  const decided = onlyClose ?? (current.length === 1 ? current[0] : undefined)
  if (decided !== undefined) return [{ ...decided, form: { ...decided.form, order: 'decided' } }]
  return listed(fit.find((one) => isUsual(one, context)) ?? fit[0])
}

/** The zone of a naive time may be any, and a file may lie for a while before somebody looks. */
const CURRENT = 36 * HOUR

/** Whether this may be the time of the last line: another order of its numbers is hardly ever as near. */
export function isCurrent(newest: number, { order, writtenUntil }: Omit<TimeContext, 'nowSeconds'>): boolean {
  return order === undefined && writtenUntil !== undefined && Math.abs(newest - writtenUntil) <= CURRENT
}

/** Whether an undecided order is the default: as set, else day first between dots, else month first. */
function isUsual({ form }: Judged, { order }: TimeContext): boolean {
  const text = form.parts.map(({ template }) => template).join(' ')
  if (/YY.?MM.?DD/.test(text) && !/(?<!Y)YY\./.test(text)) return order === undefined
  const isDayFirst = order === undefined ? /DD\.MM/.test(text) || /\.DD\./.test(text) : order === 'day first'
  return isDayFirst ? /DD.?MM/.test(text) : /MM.?DD/.test(text) && !/YY.?MM/.test(text)
}

function listed<T>(one: T | undefined): T[] {
  return one === undefined ? [] : [one]
}

function judge(
  { parts }: Candidate,
  lines: readonly string[],
  { nowSeconds }: TimeContext,
  order: 'assumed' | undefined,
): Judged | undefined {
  const form: InferredTime = order === undefined ? { parts } : { parts, order }
  const read = compileTime(form)
  if (read === undefined) return undefined
  const seen = new Set<string>()
  const times: (number | undefined)[] = []
  let [hits, back, steps, dayChanges, places, fractions] = [0, 0, 0, 0, 0, 0]
  let [least, most, previous] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]
  for (const line of lines) {
    const written = read(line)
    const seconds = written === undefined ? undefined : secondsIn(written, nowSeconds)
    const isPlausible = seconds !== undefined && seconds >= EARLIEST && seconds <= nowSeconds + AHEAD
    times.push(isPlausible ? seconds : undefined)
    if (!isPlausible || written === undefined) continue
    hits += 1
    places += written.start
    if ('utc' in written && /[.,]/.test(line.slice(written.start, written.end))) fractions += 1
    seen.add('utc' in written ? written.utc : `${seconds}.${written.civil.fraction}`)
    if (!Number.isNaN(previous)) {
      steps += 1
      if (seconds < previous - 1) back += 1
      if (Math.floor(seconds / 86_400) !== Math.floor(previous / 86_400)) dayChanges += 1
    }
    previous = seconds
    least = Math.min(least, seconds)
    most = Math.max(most, seconds)
  }
  if (hits === 0) return undefined
  const forward = steps === 0 ? 1 : 1 - back / steps
  return {
    ...{ form, times, dayChanges },
    share: hits / lines.length,
    distinct: seen.size,
    rising: forward,
    spanSeconds: most - least,
    newest: most,
    isFractional: fractions === hits,
    strength: strengthOf(parts),
    at: places / hits,
  }
}

/** A time without a year is put into the newest that is not in the future: near enough to compare lines. */
function secondsIn(written: WrittenTime, nowSeconds: number): number | undefined {
  if ('utc' in written) return secondsOf(written.utc)
  const { civil, zone } = written
  if (civil.year !== 0) return inYear(civil, civil.year)
  const year = new Date(nowSeconds * 1000).getUTCFullYear()
  const thisYear = inYear(civil, year)
  return thisYear !== undefined && thisYear > nowSeconds + AHEAD ? inYear(civil, year - 1) : thisYear

  function inYear(at: Civil, ofYear: number): number | undefined {
    const text = toInstant({ ...at, year: ofYear, fraction: '' }, zone, utcClock)
    return text === undefined ? undefined : secondsOf(text)
  }
}

/** 4: counts since 1970; 3: date with year and clock; 2: two-digit year; 1: no year; 0: a date alone. */
function strengthOf(parts: Candidate['parts']): number {
  const text = parts.map(({ template }) => template).join(' ')
  if (/epoch|tai64n/.test(text)) return 4
  if (!/hh/.test(text)) return 0
  if (/YYYY/.test(text)) return 3
  return /YY/.test(text) ? 2 : 1
}

/** The share of lines a form has to fit, by its strength: the weaker, the more often numbers look like it by chance. */
const LEAST_SHARES = [0.95, 0.7, 0.7, 0.3, 0.9] as const

function isConvincing(judged: Judged): boolean {
  const { share, distinct, rising, spanSeconds, strength, times, form } = judged
  if (share < (LEAST_SHARES[strength] ?? 1)) return false
  // A column that never changes is no clock.
  if (distinct < 2) return false
  if (strength === 4 && !/tai/.test(form.parts[0]?.template ?? '')) {
    if (judged.isFractional && rising >= 0.6) return true
    const few = times.length < 20 ? rising === 1 : distinct >= 5
    const isClose = spanSeconds < 5 * YEAR
    // Lines that were sorted by another column: no other numbers lie this close together on every line.
    const isSorted = isClose && share >= 0.99 && times.length >= MANY_LINES && distinct >= times.length / 4
    return few && (rising >= 0.9 || (rising >= 0.6 && isClose) || isSorted)
  }
  if (strength === 0) return rising >= 0.95
  if (strength === 3) return share >= 0.6 || rising >= 0.95
  return rising >= 0.8 || rising <= 0.2
}

function byMerit(a: Judged, b: Judged): number {
  const share = Math.round(b.share * 50) - Math.round(a.share * 50)
  if (share !== 0) return share
  const strength = Math.min(b.strength, 3) - Math.min(a.strength, 3)
  if (strength !== 0) return strength
  const rising = Math.round(b.rising * 5) - Math.round(a.rising * 5)
  if (rising !== 0) return rising
  const at = Math.round(a.at) - Math.round(b.at)
  if (at !== 0) return at
  return rank(a) - rank(b) || b.share - a.share
}

const KINDS = ['offset', 'column', 'field', 'key', 'first']

/** The stricter place first; a longer template says more. */
function rank({ form }: Judged): number {
  const [one] = form.parts
  if (one === undefined) return 100
  return KINDS.indexOf(one.place.kind) * 100 - one.template.length
}

/**
 * Where a count since 1970 stands beside a naive time and both mean the same moment but for a zone, the count is taken: it
 * says which moment it was.
 */
function agreeing(best: Judged, fit: readonly Judged[]): Judged {
  if (best.strength === 4) {
    const rival = fit.find((one) => one.strength === 3 && one.share > best.share - 0.02)
    return rival === undefined || isNear(best, rival) ? best : rival
  }
  return fit.find((one) => one.strength === 4 && one.share > best.share - 0.02 && isNear(one, best)) ?? best
}

function isNear(a: Judged, b: Judged): boolean {
  let [near, both] = [0, 0]
  for (const [index, one] of a.times.entries()) {
    const other = b.times[index]
    if (one === undefined || other === undefined) continue
    both += 1
    if (Math.abs(one - other) <= AHEAD) near += 1
  }
  return both > 0 && near / both > 0.98
}
