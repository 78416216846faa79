import { expect, it } from 'vitest'
import { DAY, MINUTE } from '../../../store/database/timestamp.ts'
import { activeHours } from '../active-hours.ts'
import { Group, newState, type Sighting } from './group.ts'
import { judge } from './judge.ts'

const rule = {
  condition: { kind: 'silence', minutes: 5, times: null } as const,
  hours: activeHours(undefined),
  isGrouped: true,
  begun: 0,
}
const seen = (at: number, time = at): Sighting => ({
  ...{ feed_id: at, at, rows: 1, first: time, last: time, minutes: new Map() },
})

it('is an incident of its own when old lines alone come from a group that was not waited for any more', () => {
  const group = new Group(rule, newState(0))
  const back = 20 * DAY
  judge(group, [seen(0), seen(MINUTE), seen(back, MINUTE), seen(back + 1, MINUTE)], back + 10 * MINUTE)
  const firing = group.transitions.filter(({ kind }) => kind === 'firing')
  expect(group.transitions.map(({ kind }) => kind)).toEqual(['firing', 'expired', 'firing'])
  // The database decides a transition once by this key.
  expect(new Set(firing.map(({ window_key }) => window_key)).size).toBe(2)
})
