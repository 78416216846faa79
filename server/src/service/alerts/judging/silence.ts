import { MINUTE } from '../../../store/database/timestamp.ts'
import { waitFor, withGaps } from './cadence.ts'
import { EXPIRES, type Group, type Sighting } from './group.ts'

/**
 * No lines for the rule's minutes. The last sign of life is the greatest of the lesser of a line's own time and the
 * time it was committed: old lines of a spool are no life, and a clock ahead hides no silence.
 */
export const silence = {
  sight(group: Group, sighting: Sighting): void {
    const { state } = group
    const { at } = sighting
    noteGaps(group, sighting)
    // Lines that were not stored keep a known group alive, and add no group to the roster.
    if (sighting.rows === 0) group.noteSign(sighting)
    else if (group.noteLife(sighting)) state.judged_from = at
    if (!group.isKnown) return
    const lived = state.seen_at ?? at
    const length = lengthOf(group)
    if (group.isFiring) {
      if (at - lived < length) {
        state.last_at = at
        group.resolve(at, minutesOf(at - (state.first_at ?? at)))
      } else state.due_at = at + EXPIRES
    }
    if (!group.isFiring) state.due_at = quietSince(group, lived) + length
  },

  due(group: Group, at: number): void {
    const { state, rule } = group
    const { hours } = rule
    const length = lengthOf(group)
    const expiresAt = rule.isGrouped ? Math.max(state.came_at ?? 0, state.judged_from ?? 0) + EXPIRES : null
    if (expiresAt !== null && at >= expiresAt) {
      group.expire(at)
      return
    }
    if (group.isFiring) {
      state.due_at = expiresAt
      return
    }
    if (!hours.isActive(at)) {
      const next = hours.nextActive(at)
      state.due_at = next === undefined ? at + EXPIRES : next + length
      return
    }
    const lived = state.seen_at ?? state.judged_from ?? state.since
    // Silence before the hours began does not count.
    const quiet = hours.activeSince(at, Math.max(quietSince(group, lived), at - length))
    if (at - quiet < length) {
      state.due_at = quiet + length
      return
    }
    // After a group was not waited for any more, its last sign of life may be that of the incident before.
    const limit = minutesOf(length)
    group.fire({
      key: quietSince(group, lived),
      at,
      value: minutesOf(at - lived),
      limit,
      first: lived,
      last: at,
    })
    state.due_at = expiresAt
  },
}

/** From when on silence counts: the last sign of life, or when the group began to be judged. */
function quietSince({ state }: Group, lived: number): number {
  return Math.max(lived, state.judged_from ?? lived)
}

function lengthOf({ rule, state }: Group): number {
  const { condition } = rule
  return condition.kind === 'silence' ? waitFor(condition, state.gaps) : condition.minutes * MINUTE
}

/** Notes how long the group was quiet before these lines, where its cadence matters. */
function noteGaps({ rule, state }: Group, { at, last, minutes }: Sighting): void {
  const { condition, hours } = rule
  if (condition.kind !== 'silence' || condition.times === null) return
  const minuteOf = (instant: number) => Math.floor(instant / MINUTE) * MINUTE
  // A clock that is ahead shows no life before its time.
  const lived = [...minutes.keys(), minuteOf(last)].map((minute) => Math.min(minute, minuteOf(at)))
  const { seen_at, judged_from } = state
  // Time in which nobody could take lines makes no gap.
  const isWhole = seen_at !== null && judged_from !== null && seen_at >= minuteOf(judged_from)
  const from = seen_at === null ? undefined : minuteOf(seen_at)
  const later = from === undefined ? lived : lived.filter((minute) => minute > from)
  state.gaps = withGaps(state.gaps ?? [], { lived: later, from: isWhole ? from : undefined, hours })
}

function minutesOf(millis: number): number {
  return Math.floor(millis / MINUTE)
}
