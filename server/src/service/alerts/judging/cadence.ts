// How often lines of a group come, told by the minutes in which some came: a burst of lines is one sign of life.
import { DAY, MINUTE } from '../../../store/database/timestamp.ts'
import type { ActiveHours } from '../active-hours.ts'
import type { Condition } from '../alert-condition.ts'

/** The gaps that are kept of a group, and how many it takes to call one usual. */
const KEPT_GAPS = 50
const LEAST_GAPS = 10

/** The share of gaps that are no longer than the usual one: a median would be the gap within bursts. */
const USUAL_SHARE = 0.9

/** How long a group is waited for until its cadence is known, and at most. */
const UNKNOWN_WAIT = DAY
const LONGEST_WAIT = 7 * DAY

type Silence = Extract<Condition, { kind: 'silence' }>

/** The usual gap in minutes; undefined while too few are known. */
export function usualGap(gaps: readonly number[]): number | undefined {
  if (gaps.length < LEAST_GAPS) return undefined
  return gaps.toSorted((a, b) => a - b)[Math.ceil(USUAL_SHARE * gaps.length) - 1]
}

/** How long nothing may come, in milliseconds. */
export function waitFor({ minutes, times }: Silence, gaps: readonly number[] | null): number {
  const least = minutes * MINUTE
  if (times === null) return least
  const gap = usualGap(gaps ?? [])
  if (gap === undefined) return Math.max(least, UNKNOWN_WAIT)
  return Math.max(least, Math.min(LONGEST_WAIT, Math.ceil(times * gap) * MINUTE))
}

/**
 * The gaps with those that end in minutes with lines, the last ones of all. A gap that is not wholly active says nothing.
 *
 * @param lived the minutes, in any order
 * @param from the minute with lines before them; undefined when a gap from it would say nothing
 */
export function withGaps(
  gaps: readonly number[],
  { lived, from, hours }: { lived: readonly number[]; from: number | undefined; hours: ActiveHours },
): number[] {
  const all = [...gaps]
  let last = from
  for (const minute of lived.toSorted((a, b) => a - b)) {
    if (last !== undefined && minute <= last) continue
    if (last !== undefined && hours.isActive(minute) && hours.activeSince(minute, last) <= last) {
      all.push((minute - last) / MINUTE)
    }
    last = minute
  }
  return all.slice(-KEPT_GAPS)
}
