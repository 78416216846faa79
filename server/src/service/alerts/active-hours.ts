import { DAY, MINUTE } from '../../store/database/timestamp.ts'
import { zoneOf } from '../logs/time-zone.ts'
import type { ActiveHoursInput, Weekday } from './alert-rule.ts'

/** Days as `Date` counts them in UTC, which is where the zone's wall time is put. */
const DAY_NUMBERS: Record<Weekday, number> = { sun: 0, mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6 }

/** How far ahead the next active minute is looked for. */
const HORIZON = 8 * DAY

/** When a rule is evaluated. Instants are milliseconds. */
export type ActiveHours = {
  /** Whether the minute that holds the instant is active. */
  isActive: (instant: number) => boolean
  /** Since when without a break, looking back to `earliest` at most; the instant's own minute has to be active. */
  activeSince: (instant: number, earliest: number) => number
  /** The first active instant from here on; undefined when none is within eight days. */
  nextActive: (instant: number) => number | undefined
}

const ALWAYS: ActiveHours = {
  isActive: () => true,
  activeSince: (_, earliest) => earliest,
  nextActive: (instant) => instant,
}

export function activeHours(asked: ActiveHoursInput | undefined): ActiveHours {
  if (!asked) return ALWAYS
  const { offsetAt } = zoneOf(asked.timezone)
  const offsets = new Map<number, number>()
  const offsetOf = (instant: number) => {
    // Zones change on quarter hours.
    const quarter = Math.floor(instant / (15 * MINUTE))
    let offset = offsets.get(quarter)
    if (offset === undefined) {
      if (offsets.size > 4096) offsets.clear()
      offset = offsetAt(quarter * 15 * MINUTE)
      offsets.set(quarter, offset)
    }
    return offset
  }
  const days = new Set((asked.days ?? (Object.keys(DAY_NUMBERS) as Weekday[])).map((day) => DAY_NUMBERS[day]))
  const [from, to] = [minuteOfDay(asked.from), minuteOfDay(asked.to)]
  const isActive = (instant: number) => {
    const wall = instant + offsetOf(instant)
    const minute = Math.floor((((wall % DAY) + DAY) % DAY) / MINUTE)
    const day = new Date(wall).getUTCDay()
    if (from < to) return days.has(day) && minute >= from && minute < to
    // Over midnight: the early hours belong to the day before.
    return (days.has(day) && minute >= from) || (days.has((day + 6) % 7) && minute < to)
  }
  return {
    isActive,
    activeSince(instant, earliest) {
      let minute = floorMinute(instant)
      while (minute > earliest && isActive(minute - MINUTE)) minute -= MINUTE
      return Math.max(minute, earliest)
    },
    nextActive(instant) {
      if (isActive(instant)) return instant
      const end = instant + HORIZON
      for (let minute = floorMinute(instant) + MINUTE; minute < end; minute += MINUTE) {
        if (isActive(minute)) return minute
      }
      return undefined
    },
  }
}

function floorMinute(instant: number): number {
  return Math.floor(instant / MINUTE) * MINUTE
}

function minuteOfDay(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
}
