import { type Civil, civilSeconds, toUtcText } from './utc-text.ts'

const DAY_MS = 86_400_000
/** Zones change on quarter hours; one question to Intl (about 5 µs) answers for all lines of one. */
const QUARTER = 900
/** Quarters remembered a zone: ten years' worth would be 350,000; logs ask for neighbours. */
const MAX_REMEMBERED = 4096

/** Turns a naive clock time into the instant it means. */
export type NaiveClock = (civil: Civil) => string | undefined

/** Takes naive times for UTC. */
export const utcClock: NaiveClock = (civil) => toUtcText(civilSeconds(civil), civil.fraction)

/** The time that the clocks of a zone show, in milliseconds; wall time is given as if it were UTC. */
export type TimeZone = {
  /** How far the zone is ahead of UTC at the instant. */
  offsetAt: (instant: number) => number
  /**
   * The first instant at which the clocks show the wall time. A wall time that they skip means as long after the change
   * as it claims, as RFC 5545 has it.
   */
  instantOf: (wall: number) => number
}

/** @throws RangeError when there is no IANA zone of that name */
export function timeZone(name: string): TimeZone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  const offsetAt = name === 'UTC' ? () => 0 : (instant: number) => offsetIn(format, instant)

  function instantOf(wall: number): number {
    const before = wall - offsetAt(wall - DAY_MS)
    const after = wall - offsetAt(wall + DAY_MS)
    const shows = (instant: number) => instant + offsetAt(instant) === wall
    return before === after || shows(before) || !shows(after) ? before : after
  }

  return { offsetAt, instantOf }
}

/**
 * A clock that hangs in the zone; see `TimeZone.instantOf` for times that occur twice or never.
 *
 * @throws RangeError when there is no IANA zone of that name
 */
export function zoneClock(zone: string): NaiveClock {
  const { instantOf } = timeZone(zone)
  /** Seconds ahead of UTC by quarter of the clock's own time. */
  const remembered = new Map<number, number>()
  return (civil) => {
    const seconds = civilSeconds(civil)
    const quarter = Math.floor(seconds / QUARTER)
    let offset = remembered.get(quarter)
    if (offset === undefined) {
      offset = seconds - instantOf(seconds * 1000) / 1000
      if (remembered.size >= MAX_REMEMBERED) remembered.clear()
      remembered.set(quarter, offset)
    }
    return toUtcText(seconds - offset, civil.fraction)
  }
}

function offsetIn(format: Intl.DateTimeFormat, instant: number): number {
  const name = format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name ?? '')
  if (match?.[1] === undefined) return 0
  const ahead = (Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)) * 1000
  return match[1] === '-' ? -ahead : ahead
}
