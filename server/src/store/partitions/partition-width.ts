// How wide partitions are: pure arithmetic on milliseconds.
import { DAY, FIRST_INSTANT, HOUR, LAST_INSTANT, MINUTE, startOfMonth } from '../database/timestamp.ts'

/** A half-open stretch of time in milliseconds. */
export type Span = { lower: number; upper: number }

/**
 * Rows a partition should hold. Until it is closed a search that no index helps reads all of it (0.45 µs a row), and
 * building its indexes takes 15 s; a tenth of it would mean ten times the partitions.
 */
const TARGET_ROWS = 1_000_000

/** Each divides a day and is whole minutes, as the kept counts are. */
const WIDTHS = [
  DAY,
  12 * HOUR,
  8 * HOUR,
  6 * HOUR,
  4 * HOUR,
  2 * HOUR,
  HOUR,
  30 * MINUTE,
  20 * MINUTE,
  10 * MINUTE,
  5 * MINUTE,
  2 * MINUTE,
  MINUTE,
] as const

/** Partitions may exceed their planned rows by this factor before a narrower partition is made. */
const TOLERANCE = 1.25

/** Days this far back and ahead come one by one, others by the month: old imports are thin and many. */
const DAILY_FOR_MS = 35 * DAY

/**
 * Months come one by one from 1970 to ten years ahead, all other time by the century. So a sender that dates one line
 * to each month there is makes some 900 partitions; by the month they would be 120,000.
 */
const MONTHLY_SINCE = 0
const MONTHS_AHEAD = 120

/** The width in milliseconds at which `rowsASecond` rows a second fill a partition. */
export function widthFor(rowsASecond: number): number {
  const rowsIn = (width: number) => (rowsASecond * width) / 1000
  return WIDTHS.find((width) => rowsIn(width) <= TARGET_ROWS * TOLERANCE) ?? MINUTE
}

/**
 * The stretch for the partition that is to hold the instant: by the rate of now when it is today's or tomorrow's, the
 * day, the month or the century otherwise; less what others hold already. Undefined when one of them holds the instant itself.
 *
 * @param isCoarse no more months: times that do not come day by day share a century
 */
export function spanFor(
  instant: number,
  now: number,
  rowsASecond: number,
  others: readonly Span[],
  isCoarse = false,
): Span | undefined {
  let { lower, upper } = isCoarse
    ? coarseSpan(instant, now, rowsASecond)
    : calendarSpan(instant, now, rowsASecond)
  for (const other of others) {
    if (other.lower <= instant && other.upper > instant) return undefined
    if (other.upper <= instant && other.upper > lower) lower = other.upper
    if (other.lower > instant && other.lower < upper) upper = other.lower
  }
  return { lower, upper }
}

function calendarSpan(instant: number, now: number, rowsASecond: number): Span {
  const monthsEnd = startOfMonth(now, MONTHS_AHEAD)
  if (instant < MONTHLY_SINCE) return centurySpan(instant, FIRST_INSTANT, MONTHLY_SINCE)
  if (instant >= monthsEnd) return centurySpan(instant, monthsEnd, LAST_INSTANT)
  const month = { lower: startOfMonth(instant), upper: startOfMonth(instant, 1) }
  if (month.upper < now - DAILY_FOR_MS || month.lower > now + DAILY_FOR_MS) return month
  const daysAhead = Math.floor(instant / DAY) - Math.floor(now / DAY)
  const width = daysAhead === 0 || daysAhead === 1 ? widthFor(rowsASecond) : DAY
  const lower = Math.floor(instant / width) * width
  return { lower, upper: lower + width }
}

/** A month is widened to its century, as far as that leaves the days around now alone. */
function coarseSpan(instant: number, now: number, rowsASecond: number): Span {
  const span = calendarSpan(instant, now, rowsASecond)
  const isMonth = span.upper === startOfMonth(instant, 1) && span.lower === startOfMonth(instant)
  if (!isMonth) return span
  return instant < now
    ? centurySpan(instant, MONTHLY_SINCE, startOfMonth(now - DAILY_FOR_MS))
    : centurySpan(instant, startOfMonth(now + DAILY_FOR_MS, 1), startOfMonth(now, MONTHS_AHEAD))
}

function centurySpan(instant: number, from: number, to: number): Span {
  const years = new Date(instant).getUTCFullYear() % 100
  const months = new Date(instant).getUTCMonth() + years * 12
  const lower = startOfMonth(instant, -months)
  return { lower: Math.max(lower, from), upper: Math.min(startOfMonth(lower, 1200), to) }
}

/** The open partition, which is written to now. */
export type OpenPartition = Span & { rows: number }

/** Seconds it may take from the decision to close a partition until it is closed. */
const CLOSING_SECONDS = 40

/**
 * Where the open partition has to end: undefined while it may stay as it is, otherwise a whole minute that is ahead
 * of now and of the newest row. Decided only when the rows are nearly there: a short burst closes nothing.
 */
export function earlyEnd(
  open: OpenPartition,
  newest: number,
  now: number,
  rowsASecond: number,
): number | undefined {
  const rowsAt = (instant: number) => open.rows + (rowsASecond * (instant - now)) / 1000
  if (rowsAt(now + CLOSING_SECONDS * 1000) < TARGET_ROWS) return undefined
  if (rowsAt(open.upper) < TARGET_ROWS * TOLERANCE) return undefined
  const end = Math.ceil((Math.max(now, newest) + 10_000) / MINUTE) * MINUTE
  return end < open.upper ? end : undefined
}
