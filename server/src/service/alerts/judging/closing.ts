import { MINUTE } from '../../../store/database/timestamp.ts'
import { hasWindows, spanOf, type WindowCondition } from '../alert-condition.ts'
import { EXPIRES, GRACE, type Group, type Sighting } from './group.ts'
import { verdictOf } from './windows.ts'

/**
 * A condition on windows that is decided when they are over: fewer lines than a threshold, a share, a number, more than
 * usual, and everything for several windows. A window ends with each minute; lines have a grace to arrive.
 */
export const closing = {
  sight(group: Group, sighting: Sighting): void {
    const { state, rule } = group
    const isNew = group.noteLife(sighting)
    group.count(sighting)
    if (rule.condition.kind !== 'under') {
      if (state.due_at === null) wake(group, sighting.at)
      return
    }
    if (!isNew) return
    state.judged_from = sighting.at
    state.judged_to = null
    state.due_at = nextEnd(group) + GRACE
  },

  due(group: Group, at: number): void {
    const { state, rule } = group
    const { condition } = rule
    if (!hasWindows(condition)) return
    if (rule.isGrouped && at - (state.came_at ?? at) >= EXPIRES) {
      group.expire(at)
      return
    }
    const end = nextEnd(group)
    if (end + GRACE <= at) {
      decide(group, end, at, condition)
      state.judged_to = end
      if (isAsleep(group, end, condition)) {
        state.due_at = null
        return
      }
    }
    state.due_at = nextEnd(group) + GRACE
  },
}

/** Windows without any line are not judged one by one, but where it is their lines that are missed. */
function isAsleep(group: Group, end: number, condition: WindowCondition): boolean {
  if (condition.kind === 'under' || group.isFiring) return false
  const from = end - spanOf(condition) * MINUTE
  return group.newestMinute < from
}

/** Judges the windows from here on that are not over yet; a group of which nothing was known had no lines before. */
function wake({ state, rule }: Group, at: number): void {
  state.judged_from ??= rule.begun
  state.judged_to = Math.floor((at - GRACE) / MINUTE) * MINUTE
  state.due_at = state.judged_to + MINUTE + GRACE
}

function decide(group: Group, end: number, at: number, condition: WindowCondition): void {
  const { state } = group
  const verdict = verdictOf(condition, end, group.tallies())
  if (!verdict) return
  const { newest, isBad } = verdict
  const value = newest?.value ?? state.value ?? 0
  if (!isBad) {
    if (group.isFiring) group.resolve(at, value)
    else state.value = value
  } else if (group.isFiring) {
    const worst = isMore(condition) ? Math.max : Math.min
    Object.assign(state, { last_at: end, extended_at: at, value: worst(state.value ?? value, value) })
  } else group.fire({ key: end, at, value, limit: newest?.limit ?? null, first: end, last: end })
}

/** Whether larger values are the worse ones. */
function isMore(condition: WindowCondition): boolean {
  return condition.kind === 'share' || condition.kind === 'number'
    ? condition.side === 'over'
    : condition.kind !== 'under'
}

/** The end of the next window to be decided: none begins before the group is judged. */
function nextEnd({ state, rule }: Group): number {
  const from = Math.ceil((state.judged_from ?? state.since) / MINUTE) * MINUTE
  const first = from + rule.condition.minutes * MINUTE
  return Math.max(first, (state.judged_to ?? Number.NEGATIVE_INFINITY) + MINUTE)
}
