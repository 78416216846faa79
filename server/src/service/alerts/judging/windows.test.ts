import { expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../store/database/timestamp.ts'
import { activeHours } from '../active-hours.ts'
import { conditionOf } from '../alert-condition.ts'
import { NO_TALLY } from './tally.ts'
import { changeOfClocks, type Tallies, windowValue } from './windows.ts'

/** Ten lines each day at noon in Berlin, of the days around a change of the clocks there. */
const noons = (first: string, change: number) =>
  new Set(Array.from({ length: 8 }, (_, day) => Date.parse(first) + day * DAY + (day >= 4 ? change : 0)))

it.each([
  ['forward', '2026-03-25T11:00:00Z', -HOUR, '2026-04-01T10:00:00Z'],
  ['back', '2026-10-21T10:00:00Z', HOUR, '2026-10-28T11:00:00Z'],
])('compares with the same time by the clock when it was put %s meanwhile', (_, first, change, noon) => {
  const minutes = noons(first, change)
  const tallies: Tallies = {
    at: (minute) => (minutes.has(minute) ? { ...NO_TALLY, rows: 10 } : undefined),
    knownFrom: 0,
    hours: activeHours(undefined),
  }
  const usual = { kind: 'usual', times: 2, minutes: 5, days: 7, at_least: 1 } as const
  const limitIn = (timezone: string) => {
    const condition = conditionOf({ ...usual, timezone })
    if (condition.kind !== 'usual') throw new Error('It is another condition')
    return windowValue(condition, Date.parse(noon) + 5 * MINUTE, tallies)?.limit
  }
  expect([limitIn('Europe/Berlin'), limitIn('UTC')]).toEqual([20, 0])
  expect(changeOfClocks({ timezone: 'Europe/Berlin' })).toBeGreaterThanOrEqual(HOUR)
})
