import { DAY, HOUR } from '../../store/database/timestamp.ts'
import type { Settings } from '../../store/settings/settings-schema.ts'
import { bytes, type Check, checkOf, count, span, type Trouble } from './check.ts'

/** Days of growth it looks at. */
export const PACE_DAYS = 7
/** Fewer rows allow no estimate: empty indexes weigh more than they. */
const MIN_ROWS = 10_000
/** Full sooner than this is a warning. */
const SOON_DAYS = 14
/** Beyond this many days the forecast names no number of days. */
const FAR_DAYS = 730

export type ForecastInput = {
  /** All rows kept, and those of the last `PACE_DAYS` days. */
  rows: number
  recentRows: number
  /** Age of the oldest row, in milliseconds. */
  ageMs: number
  /** Bytes of the partitions with their indexes. */
  partitionBytes: number
  /** Null where the disk is that of another machine. */
  freeBytes: number | null
  isFull: boolean
  settings: Pick<Settings, 'retention_days' | 'retention_max_bytes' | 'disk_reserve_bytes'>
}

/** The size at present, its growth, and the day the disk is full at this pace. */
export function forecast(input: ForecastInput): Check {
  const { rows, partitionBytes, freeBytes, isFull, settings } = input
  const days = Math.min(PACE_DAYS, Math.max(input.ageMs, HOUR) / DAY)
  const rowsADay = input.recentRows / days
  const bytesARow = rows >= MIN_ROWS ? partitionBytes / rows : null
  const bytesADay = bytesARow === null ? null : rowsADay * bytesARow
  const finalBytes = bytesADay === null ? null : sizeInTheEnd(bytesADay, settings)
  const room = freeBytes === null ? null : Math.max(0, freeBytes - settings.disk_reserve_bytes)
  const fullInDays = whenFull({ partitionBytes, bytesADay, finalBytes, room })
  const details = {
    ...{ rows, bytes: partitionBytes, bytes_a_row: bytesARow && Math.round(bytesARow) },
    rows_a_day: Math.round(rowsADay),
    bytes_a_day: bytesADay && Math.round(bytesADay),
    free_bytes: freeBytes,
    ...settings,
    bytes_in_the_end: finalBytes === Number.POSITIVE_INFINITY ? null : finalBytes && Math.round(finalBytes),
    full_in_days: fullInDays === Number.POSITIVE_INFINITY ? null : fullInDays,
  }
  const pace = `${count(rows, 'row')} kept in ${bytes(partitionBytes)}, ${count(Math.round(rowsADay), 'row')} a day`
  const disk = freeBytes === null ? 'disk usage is not available' : `${bytes(freeBytes)} free`
  const finding = `${pace}, ${disk}; ${isFull ? 'it is full' : outlook(input, fullInDays, finalBytes)}`
  return checkOf('retention', finding, details, troublesOf(input, fullInDays, isFull))
}

/** The size that retention settles at with this pace, or the budget. */
function sizeInTheEnd(
  bytesADay: number,
  { retention_days, retention_max_bytes }: ForecastInput['settings'],
): number {
  const byAge = retention_days === 0 ? Number.POSITIVE_INFINITY : bytesADay * retention_days
  return retention_max_bytes === 0 ? byAge : Math.min(byAge, retention_max_bytes)
}

type Growth = {
  partitionBytes: number
  bytesADay: number | null
  finalBytes: number | null
  room: number | null
}

/** Days until the room is used up; infinite when it never is, null when it is unknown. */
function whenFull({ partitionBytes, bytesADay, finalBytes, room }: Growth): number | null {
  if (bytesADay === null || finalBytes === null || room === null) return null
  if (bytesADay === 0 || finalBytes - partitionBytes <= room) return Number.POSITIVE_INFINITY
  return Math.round((room / bytesADay) * 10) / 10
}

function outlook(
  { rows, freeBytes }: ForecastInput,
  fullInDays: number | null,
  finalBytes: number | null,
): string {
  if (rows >= MIN_ROWS && freeBytes === null && finalBytes !== null) return settling(finalBytes)
  if (fullInDays === null) return `not enough data for a forecast (at least ${count(MIN_ROWS, 'row')} needed)`
  if (fullInDays > FAR_DAYS && fullInDays !== Number.POSITIVE_INFINITY) {
    return 'not full for two years and more at this pace'
  }
  if (fullInDays !== Number.POSITIVE_INFINITY) return `full in ${span(fullInDays * 1440)} at this pace`
  return settling(finalBytes ?? Number.POSITIVE_INFINITY)
}

function settling(finalBytes: number): string {
  return finalBytes === Number.POSITIVE_INFINITY
    ? 'nothing is ever deleted'
    : `levels off at ${bytes(finalBytes)}`
}

function troublesOf(input: ForecastInput, fullInDays: number | null, isFull: boolean): Trouble[] {
  const { settings, freeBytes, partitionBytes } = input
  const advice =
    'Free disk space, lower retention_days or set retention_max_bytes: timelapser-logs settings, or the page at /settings.'
  const troubles: Trouble[] = []
  if (isFull) {
    const room = freeBytes === null ? 'The disk is full' : `${bytes(freeBytes)} are free`
    const cause = `${room}, below the reserve of ${bytes(settings.disk_reserve_bytes)}: nothing is stored.`
    troubles.push({ verdict: 'failure', cause, advice })
  } else if (fullInDays !== null && fullInDays < SOON_DAYS) {
    troubles.push({
      verdict: 'warning',
      cause: `The disk will be full in ${span(fullInDays * 1440)}.`,
      advice,
    })
  }
  const budget = settings.retention_max_bytes
  if (budget > 0 && partitionBytes > budget) {
    troubles.push({
      verdict: 'warning',
      cause: `${bytes(partitionBytes)} exceed the budget of ${bytes(budget)}; the newest partition is always kept.`,
      advice: 'Retention runs every hour and drops the oldest ones; raise retention_max_bytes to keep more.',
    })
  }
  return troubles
}
