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
  return asked ? new DailyHours(asked, group_key) : ALWAYS
}

/** Answers that are kept of each kind: days, and quarter hours of the zone. */
const MAX_KEPT = 4096

/** From one bound to another on some days of the week, by the clock of a zone. */
class DailyHours implements ActiveHours {
  readonly #zone: ReturnType<typeof zoneOf>
  readonly #days: ReadonlySet<number>
  readonly #place: Place
  readonly #from: Bound
  readonly #to: Bound
  readonly #isOvernight: boolean
  /** By the quarter hour: zones change on these. */
  readonly #offsets = new Map<number, number>()
  readonly #stretches = new Map<number, Stretch>()

  constructor(asked: ActiveHoursInput, group_key: string) {
    this.#zone = zoneOf(asked.timezone)
    this.#days = new Set(
      (asked.days ?? (Object.keys(DAY_NUMBERS) as Weekday[])).map((day) => DAY_NUMBERS[day]),
    )
    this.#place = asked.places?.find(({ group }) => group === group_key) ?? asked
    this.#from = boundOf(asked.from)
    this.#to = boundOf(asked.to)
    this.#isOvernight = this.#from.usual >= this.#to.usual
  }

  isActive(instant: number): boolean {
    const wall = instant + this.#offsetOf(instant)
    const date = Math.floor(wall / DAY)
    // One that began the day before may last; in high summer one of the next day may have begun.
    for (let near = date - 1; near <= date + 1; near++) {
      const [first, end] = this.#stretchOf(near)
      const minute = Math.floor((wall - near * DAY) / MINUTE)
      if (minute >= first && minute < end) return true
    }
    return false
  }

  activeSince(instant: number, earliest: number): number {
    let minute = floorMinute(instant)
    while (minute > earliest && this.isActive(minute - MINUTE)) minute -= MINUTE
    return Math.max(minute, earliest)
  }

  nextActive(instant: number): number | undefined {
    if (this.isActive(instant)) return instant
    const end = instant + HORIZON
    for (let minute = floorMinute(instant) + MINUTE; minute < end; minute += MINUTE) {
      if (this.isActive(minute)) return minute
    }
    return undefined
  }

  #offsetOf(instant: number): number {
    const quarter = Math.floor(instant / (15 * MINUTE))
    let offset = this.#offsets.get(quarter)
    if (offset === undefined) {
      if (this.#offsets.size > MAX_KEPT) this.#offsets.clear()
      offset = this.#zone.offsetAt(quarter * 15 * MINUTE)
      this.#offsets.set(quarter, offset)
    }
    return offset
  }

  /** The active minutes that begin on a local date, as minutes of it. */
  #stretchOf(date: number): Stretch {
    let stretch = this.#stretches.get(date)
    if (!stretch) {
      if (this.#stretches.size > MAX_KEPT) this.#stretches.clear()
      const isMeant = this.#days.has(new Date(date * DAY).getUTCDay())
      stretch = isMeant ? [this.#minuteOn(date, this.#from), this.#endOn(date)] : [0, 0]
      this.#stretches.set(date, stretch)
    }
    return stretch
  }

  #endOn(date: number): number {
    return this.#isOvernight
      ? DAY / MINUTE + this.#minuteOn(date + 1, this.#to)
      : this.#minuteOn(date, this.#to)
  }

  /** The minute of a local date at which a bound is; before and after the day where the sun is up late or early. */
  #minuteOn(date: number, bound: Bound): number {
    if (bound.sun === undefined) return bound.usual
    const { latitude = 0, longitude = 0 } = this.#place
    const times = sunTimes(date * DAY, latitude, longitude)
    // Where the sun stays up it rises with the day and sets with it; where it stays down there is no day.
    if (times === 'up') return bound.sun === 'sunrise' ? 0 : DAY / MINUTE
    if (times === 'down') return bound.sun === 'sunrise' ? DAY / MINUTE : 0
    const instant = times[bound.sun]
    return Math.floor((instant + this.#offsetOf(instant) - date * DAY) / MINUTE) + bound.offset
  }
}

function floorMinute(instant: number): number {
  return Math.floor(instant / MINUTE) * MINUTE
}

type Place = { latitude?: number; longitude?: number }

type Stretch = readonly [from: number, to: number]

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
