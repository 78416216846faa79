// The minutes of weeks: their work grows with their number, not with its square.
import { expect, it } from 'vitest'
import { MINUTE } from '../../../store/database/timestamp.ts'
import { activeHours } from '../active-hours.ts'
import type { Condition } from '../alert-condition.ts'
import { Group, newState, type Sighting } from './group.ts'
import { judge } from './judge.ts'
import { NO_TALLY, type Tally } from './tally.ts'

const MINUTES = 20_000

/** Counts its looks at minutes. */
class CountedMap extends Map<number, Tally> {
  looks = 0

  override get(minute: number) {
    this.looks++
    return super.get(minute)
  }

  *#counted<T>(all: MapIterator<T>): MapIterator<T> {
    for (const one of all) {
      this.looks++
      yield one
    }
    return undefined
  }

  override keys() {
    return this.#counted(super.keys())
  }

  override entries() {
    return this.#counted(super.entries())
  }

  override [Symbol.iterator]() {
    return this.#counted(super[Symbol.iterator]())
  }
}

const oneWindow = { needed: 1, of: 1 }
const CONDITIONS: Condition[] = [
  { kind: 'over', threshold: 1_000_000, minutes: 5, windows: oneWindow },
  { kind: 'over', threshold: 1_000_000, minutes: 5, windows: { needed: 1, of: 2 } },
  { kind: 'under', threshold: 0, minutes: 5, windows: oneWindow },
  { kind: 'share', of: '', side: 'over', threshold: 100, minutes: 5, atLeast: 1, windows: oneWindow },
]

function looksOf(condition: Condition, minutes: readonly number[]): number {
  const rule = { condition, hours: activeHours(undefined), isGrouped: true, begun: 0 }
  const counts = new CountedMap()
  const group = new Group(rule, newState(0), counts)
  const sightings = minutes.map((minute): Sighting => {
    const tally = { ...NO_TALLY, rows: 1, whole: 1 }
    const at = minute + MINUTE - 1
    return { feed_id: minute, at, rows: 1, first: minute, last: at, minutes: new Map([[minute, tally]]) }
  })
  judge(group, sightings, MINUTES * MINUTE)
  return counts.looks
}

it.each(CONDITIONS)('of a group with lines in each minute, %o', (condition) => {
  const minutes = Array.from({ length: MINUTES }, (_, index) => index * MINUTE)
  expect(looksOf(condition, minutes)).toBeLessThan(MINUTES * 30)
})

it('of a group with few lines are not looked through for each of its windows of a day', () => {
  const windows = { needed: 1, of: 1 }
  const condition: Condition = { kind: 'under', threshold: 0, minutes: 1440, windows }
  expect(
    looksOf(
      condition,
      [0, 1, 2, 3, 4].map((index) => index * 200 * MINUTE),
    ),
  ).toBeLessThan(MINUTES * 10)
})
