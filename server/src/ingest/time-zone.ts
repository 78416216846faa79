import { type Civil, civilSeconds, toUtcText } from './utc-text.ts'

const DAY = 86_400
/** Zones change on quarter hours; one question to Intl (about 5 µs) answers for all lines of one. */
const QUARTER = 900
/** Quarters remembered a zone: ten years' worth would be 350,000; logs ask for neighbours. */
const MAX_REMEMBERED = 4096

/** Turns a naive clock time into the instant it means. */
export type NaiveClock = (civil: Civil) => string | undefined

/** Takes naive times for UTC. */
export const utcClock: NaiveClock = (civil) => toUtcText(civilSeconds(civil), civil.fraction)

/**
 * A clock that hangs in the zone. A time that occurs twice (clocks going back) means the first; one that is
 * skipped (going forward) means as long after the change as it claims, as RFC 5545 has it.
 *
 * @param zone IANA name; throws RangeError when there is none of that name.
 */
export function zoneClock(zone: string): NaiveClock {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const remembered = new Map<number, number>()

  function offsetOfCivil(seconds: number): number {
    const before = offsetAt(format, seconds - DAY)
    const after = offsetAt(format, seconds + DAY)
    if (before === after) return before
    if (offsetAt(format, seconds - before) === before) return before
    return offsetAt(format, seconds - after) === after ? after : before
  }

  return (civil) => {
    const seconds = civilSeconds(civil)
    const quarter = Math.floor(seconds / QUARTER)
    let offset = remembered.get(quarter)
    if (offset === undefined) {
      offset = offsetOfCivil(seconds)
      if (remembered.size >= MAX_REMEMBERED) remembered.clear()
      remembered.set(quarter, offset)
    }
    return toUtcText(seconds - offset, civil.fraction)
  }
}

/** Seconds the zone is ahead of UTC at the instant. */
function offsetAt(format: Intl.DateTimeFormat, seconds: number): number {
  const name = format.formatToParts(seconds * 1000).find((part) => part.type === 'timeZoneName')?.value
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name ?? '')
  if (match?.[1] === undefined) return 0
  const ahead = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
  return match[1] === '-' ? -ahead : ahead
}
