import { MINUTE } from '../../../store/database/timestamp.ts'
import { EXPIRES, GRACE, type Group, type Sighting } from './group.ts'

/** Fewer lines than a threshold in a window of the rule's minutes: decided when the window and its grace are over. */
export const under = {
  sight(group: Group, sighting: Sighting): void {
    const { state } = group
    const isNew = group.noteLife(sighting)
    group.count(sighting)
    if (!isNew) return
    state.judged_from = sighting.at
    state.judged_to = null
    state.due_at = nextEnd(group) + GRACE
  },

  due(group: Group, at: number): void {
    const { state, rule } = group
    const { condition, hours } = rule
    if (condition.kind !== 'under') return
    if (rule.isGrouped && at - (state.came_at ?? at) >= EXPIRES) {
      group.expire(at)
      return
    }
    const end = nextEnd(group)
    if (end + GRACE <= at) {
      if (isWhole(end, condition.minutes, hours.isActive)) decide(group, end, at, condition)
      state.judged_to = end
    }
    state.due_at = nextEnd(group) + GRACE
  },
}

function decide(
  group: Group,
  end: number,
  at: number,
  { minutes, threshold }: { minutes: number; threshold: number },
): void {
  const { state } = group
  const sum = group.sumTo(end, minutes)
  if (sum >= threshold) {
    if (group.isFiring) group.resolve(at, sum)
    else state.value = sum
  } else if (group.isFiring) {
    Object.assign(state, { last_at: end, extended_at: at, value: Math.min(state.value ?? sum, sum) })
  } else group.fire({ key: end, at, value: sum, first: end, last: end })
}

/** The end of the next window to be decided: none begins before the group is judged. */
function nextEnd({ state, rule }: Group): number {
  const from = Math.ceil((state.judged_from ?? state.since) / MINUTE) * MINUTE
  const first = from + rule.condition.minutes * MINUTE
  return Math.max(first, (state.judged_to ?? Number.NEGATIVE_INFINITY) + MINUTE)
}

/** Whether all of a window lies in active hours. */
function isWhole(end: number, minutes: number, isActive: (instant: number) => boolean): boolean {
  for (let minute = end - minutes * MINUTE; minute < end; minute += MINUTE)
    if (!isActive(minute)) return false
  return true
}
