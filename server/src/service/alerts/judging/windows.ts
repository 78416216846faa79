// Windows of a condition, judged by the tallies of their minutes. A window is known by the minute it ends with.
import { HOUR, MINUTE } from '../../../store/database/timestamp.ts'
import type { ActiveHours } from '../active-hours.ts'
import type { WindowCondition } from '../alert-condition.ts'
import { daysEarlier } from '../wall-clock.ts'
import { addTallies, measureOf, NO_TALLY, type Tally } from './tally.ts'

/** The tallies of a group, and from when on a minute without one is known to have had no lines. */
export type Tallies = {
  at: (minute: number) => Tally | undefined
  /** All minutes that `at` knows, where they may be looked through instead. */
  counts?: ReadonlyMap<number, Tally>
  knownFrom: number
  hours: ActiveHours
}

/** A window's value and the limit it is held against; null when it decides nothing. */
export type WindowValue = { value: number; limit: number; isBad: boolean } | null

/** Days that a usual number needs: from fewer nothing is usual. */
const LEAST_DAYS = 3

export function windowValue(condition: WindowCondition, end: number, tallies: Tallies): WindowValue {
  const { minutes } = condition
  if (!isWhole(end, minutes, tallies)) return null
  const sum = sumOf(end, minutes, tallies)
  switch (condition.kind) {
    case 'over':
    case 'under':
      return held(sum.rows, condition.kind, condition.threshold)
    case 'share': {
      if (sum.whole < Math.max(1, condition.atLeast)) return null
      return held((100 * sum.rows) / sum.whole, condition.side, condition.threshold)
    }
    case 'number': {
      if (!sum.numbers || sum.numbers.count < condition.atLeast) return null
      return held(measureOf(sum.numbers, condition.measure), condition.side, condition.threshold)
    }
    case 'usual': {
      const usual = usualOf(end, condition, tallies)
      if (usual === undefined) return null
      const limit = usual * condition.threshold
      return { value: sum.rows, limit, isBad: sum.rows > limit && sum.rows >= condition.atLeast }
    }
  }
}

function held(value: number, side: 'over' | 'under', limit: number): WindowValue {
  return { value, limit, isBad: side === 'over' ? value > limit : value < limit }
}

/** By how much the same time of an earlier day may be off from whole days before: clocks change by two hours at most. */
export function changeOfClocks({ timezone }: { timezone: string }): number {
  return timezone === 'UTC' ? 0 : 2 * HOUR
}

/** The middle one of the numbers of lines at this time of the last days, of those that are known. */
function usualOf(
  end: number,
  { minutes, days, timezone }: { minutes: number; days: number; timezone: string },
  tallies: Tallies,
): number | undefined {
  const counts: number[] = []
  for (let day = 1; day <= days; day++) {
    const past = daysEarlier(end, day, timezone)
    if (isWhole(past, minutes, tallies)) counts.push(sumOf(past, minutes, tallies).rows)
  }
  if (counts.length < LEAST_DAYS) return undefined
  counts.sort((a, b) => a - b)
  const middle = counts.length >> 1
  const [lower = 0, upper = 0] = [counts[middle - 1], counts[middle]]
  return counts.length % 2 === 1 ? upper : (lower + upper) / 2
}

export function sumOf(end: number, minutes: number, { at, counts }: Pick<Tallies, 'at' | 'counts'>): Tally {
  const start = end - minutes * MINUTE
  let sum = NO_TALLY
  if (counts && counts.size < minutes) {
    for (const [minute, tally] of counts) if (minute >= start && minute < end) sum = addTallies(sum, tally)
    return sum
  }
  for (let minute = start; minute < end; minute += MINUTE) {
    const tally = at(minute)
    if (tally) sum = addTallies(sum, tally)
  }
  return sum
}

/** Whether all of a window is known and lies in active hours. */
function isWhole(
  end: number,
  minutes: number,
  { knownFrom, hours }: Pick<Tallies, 'knownFrom' | 'hours'>,
): boolean {
  const start = end - minutes * MINUTE
  if (start < knownFrom) return false
  if (hours.isAlways) return true
  for (let minute = start; minute < end; minute += MINUTE) if (!hours.isActive(minute)) return false
  return true
}

/** The judgement of the last windows up to an end together; undefined when too few of them are known. */
export function verdictOf(
  condition: WindowCondition,
  end: number,
  tallies: Tallies,
): { isBad: boolean; newest: WindowValue; bad: number; known: number } | undefined {
  const { windows, minutes } = condition
  const newest = windowValue(condition, end, tallies)
  let bad = newest?.isBad ? 1 : 0
  let known = newest ? 1 : 0
  for (let index = 1; index < windows.of; index++) {
    const value = windowValue(condition, end - index * minutes * MINUTE, tallies)
    if (!value) continue
    known++
    if (value.isBad) bad++
  }
  if (bad >= windows.needed) return { isBad: true, newest, bad, known }
  // Windows that say nothing might have been bad: with them it would be undecided.
  if (bad + (windows.of - known) >= windows.needed) return undefined
  return { isBad: false, newest, bad, known }
}
