import { expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../store/database/timestamp.ts'
import { activeHours } from '../active-hours.ts'
import { usualGap, waitFor, withGaps } from './cadence.ts'
import { Group, newState, type Sighting } from './group.ts'
import { judge } from './judge.ts'

const always = activeHours(undefined)
const silence = { kind: 'silence', minutes: 5, times: 3 } as const

it.each([
  ['too few to say', [5, 5, 5], undefined],
  ['each five minutes', Array(20).fill(5), 5],
  ['bursts over a minute, every half hour', Array(20).fill([1, 29]).flat(), 29],
  ['an outage among them', [...Array(20).fill(5), 600], 5],
])('takes the gap that nine of ten do not exceed for usual: %s', (_, gaps, usual) => {
  expect(usualGap(gaps)).toBe(usual)
})

it('waits for a multiple of the usual gap, for the minutes at least, and for a day until it is known', () => {
  expect(waitFor(silence, null)).toBe(DAY)
  expect(waitFor(silence, Array(10).fill(1))).toBe(5 * MINUTE)
  expect(waitFor(silence, Array(10).fill(30))).toBe(90 * MINUTE)
  expect(waitFor({ ...silence, times: 1000 }, Array(10).fill(1440))).toBe(7 * DAY)
  expect(waitFor({ ...silence, times: null }, Array(10).fill(30))).toBe(5 * MINUTE)
})

it('leaves out gaps over hours that are not active, and keeps the last fifty', () => {
  const day = activeHours({ timezone: 'UTC', from: '06:00', to: '20:00' })
  const at = (hour: number) => hour * HOUR
  const lived = [at(10), at(11), at(19), at(24 + 7), at(24 + 8)]
  expect(withGaps([], { lived, from: undefined, hours: day })).toEqual([60, 480, 60])
  const many = Array.from({ length: 80 }, (_, minute) => minute * MINUTE)
  expect(withGaps([7], { lived: many, from: undefined, hours: always })).toEqual(Array(50).fill(1))
})

const rule = { condition: silence, hours: always, isGrouped: true, begun: 0 }
const seen = (at: number, from = at, to = at): Sighting => ({
  ...{ feed_id: at, at, rows: 1, first: from, last: to },
  minutes: new Map(
    [from, to].map((time) => [Math.floor(time / MINUTE) * MINUTE, { rows: 1, whole: 0, numbers: null }]),
  ),
})

it('fires for a group when it is quiet unlike its usual cadence, and not for one that is always slower', () => {
  const firedAt = (gapMinutes: number) => {
    const group = new Group(rule, newState(0))
    const lines = Array.from({ length: 15 }, (_, line) => seen(line * gapMinutes * MINUTE))
    const last = 14 * gapMinutes * MINUTE
    judge(group, lines, last + 7 * DAY)
    const [firing] = group.transitions
    return firing && { after: (firing.at - last) / MINUTE, limit: firing.limit }
  }
  expect(firedAt(10)).toEqual({ after: 30, limit: 30 })
  expect(firedAt(240)).toEqual({ after: 720, limit: 720 })
})

it('makes no gap of an hour that a spool delivers at once, nor of time in which nobody took lines', () => {
  const group = new Group(rule, { ...newState(0), sightings: 5, judged_from: 0, seen_at: 0, came_at: 0 })
  const hour = Array.from({ length: 12 }, (_, line) => 5 * (line + 1) * MINUTE)
  const minutes = new Map(hour.map((minute) => [minute, { rows: 1, whole: 0, numbers: null }]))
  judge(group, [{ ...seen(HOUR + 1, hour[0], HOUR), minutes }], HOUR + 2)
  expect(group.state.gaps).toEqual(Array(12).fill(5))
  group.state.judged_from = 5 * HOUR
  judge(group, [seen(5 * HOUR + MINUTE)], 5 * HOUR + 2 * MINUTE)
  expect(group.state.gaps).toEqual(Array(12).fill(5))
})
