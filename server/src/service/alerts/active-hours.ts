import { DAY, MINUTE } from '../../store/database/timestamp.ts'
import { zoneOf } from '../logs/time-zone.ts'
import type { ActiveHoursInput, Weekday } from './alert-rule.ts'
import { sunTimes } from './sun-times.ts'

/** Days as `Date` counts them in UTC, which is where the zone's wall time is put. */
const DAY_NUMBERS: Record<Weekday, number> = { sun: 0, mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6 }

/** How far ahead the next active minute is looked for. */
const HORIZON = 8 * DAY

/** When a rule is evaluated. Instants are milliseconds. */
export type ActiveHours = {
  /** Whether every minute is active. */
  isAlways?: true
  /** Whether the minute that holds the instant is active. */
  isActive: (instant: number) => boolean
  /** Since when without a break, looking back to `earliest` at most; the instant's own minute has to be active. */
  activeSince: (instant: number, earliest: number) => number
  /** The first active instant from here on; undefined when none is within eight days. */
  nextActive: (instant: number) => number | undefined
}

const ALWAYS: ActiveHours = {
  isAlways: true,
  isActive: () => true,
  activeSince: (_, earliest) => earliest,
  nextActive: (instant) => instant,
}

/** @param group_key of the group whose place counts, where groups have places of their own */
export function activeHours(asked: ActiveHoursInput | undefined, group_key = ''): ActiveHours {
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
  const place = asked.places?.find(({ group }) => group === group_key) ?? asked
  const [from, to] = [boundOf(asked.from), boundOf(asked.to)]
  const isOvernight = from.usual >= to.usual
  /** The minute of a local date at which a bound is; before and after the day where the sun is up late or early. */
  const minuteOn = (date: number, bound: Bound) => {
    if (bound.sun === undefined) return bound.usual
    const { latitude = 0, longitude = 0 } = place
    const times = sunTimes(date * DAY, latitude, longitude)
    // Where the sun stays up it rises with the day and sets with it; where it stays down there is no day.
    if (times === 'up') return bound.sun === 'sunrise' ? 0 : DAY / MINUTE
    if (times === 'down') return bound.sun === 'sunrise' ? DAY / MINUTE : 0
    const instant = times[bound.sun]
    return Math.floor((instant + offsetOf(instant) - date * DAY) / MINUTE) + bound.offset
  }
  const stretches = new Map<number, [from: number, to: number]>()
  /** The active minutes that begin on a local date, as minutes of it. */
  const stretchOf = (date: number): [from: number, to: number] => {
    let stretch = stretches.get(date)
    if (!stretch) {
      if (stretches.size > 4096) stretches.clear()
      const isMeant = days.has(new Date(date * DAY).getUTCDay())
      const end = isOvernight ? DAY / MINUTE + minuteOn(date + 1, to) : minuteOn(date, to)
      stretch = isMeant ? [minuteOn(date, from), end] : [0, 0]
      stretches.set(date, stretch)
    }
    return stretch
  }
  const isActive = (instant: number) => {
    const wall = instant + offsetOf(instant)
    const date = Math.floor(wall / DAY)
    // One that began the day before may last; in high summer one of the next day may have begun.
    for (let near = date - 1; near <= date + 1; near++) {
      const [first, end] = stretchOf(near)
      const minute = Math.floor((wall - near * DAY) / MINUTE)
      if (minute >= first && minute < end) return true
    }
    return false
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

/** The hours of each group; those without a place of their own share the rule's. */
export function hoursByGroup(asked: ActiveHoursInput | undefined): (group_key: string) => ActiveHours {
  const shared = activeHours(asked)
  const own = new Map((asked?.places ?? []).map(({ group }) => [group, activeHours(asked, group)]))
  return (group_key) => own.get(group_key) ?? shared
}

/** A clock time, or an event of the sun with minutes before or after it. */
type Bound = { sun?: 'sunrise' | 'sunset'; offset: number; usual: number }

/** Minutes that say which bound of a day comes first, wherever the sun is. */
const USUAL = { sunrise: 6 * 60, sunset: 18 * 60 }

function boundOf(text: string): Bound {
  const [, sun, offset] = /^(sunrise|sunset)([+-]\d+)?$/.exec(text) ?? []
  if (sun !== 'sunrise' && sun !== 'sunset') {
    return { offset: 0, usual: Number(text.slice(0, 2)) * 60 + Number(text.slice(3)) }
  }
  const minutes = Number(offset ?? 0)
  return { sun, offset: minutes, usual: USUAL[sun] + minutes }
}
