import { MINUTE } from '../../../store/database/timestamp.ts'
import type { Group, Sighting } from './group.ts'

/** Lines later than this are described as late. */
const LATE = MINUTE

/** Any matching line, or a kind of message: fires for a line of any time, and is over when none came for some minutes. */
export const any = {
  sight(group: Group, sighting: Sighting): void {
    const { state, rule } = group
    const { at, first, last, rows, feed_id } = sighting
    group.noteLife(sighting)
    if (!rule.hours.isActive(at)) return
    // A kind is new once. Lines of a known one extend its incident, and one step may hold its end and the line after it.
    const wasNew = rule.condition.kind === 'new' && state.incident !== null && !rule.isOfMany
    if (wasNew && !group.isFiring) return
    if (group.isFiring) {
      state.value = (state.value ?? 0) + rows
      state.first_at = Math.min(state.first_at ?? first, first)
      state.last_at = Math.max(state.last_at ?? last, last)
      state.extended_at = at
    } else {
      const behind = at - first
      group.fire({ key: feed_id, at, value: rows, first, last, lateMs: behind > LATE ? behind : 0 })
    }
    state.due_at = at + rule.condition.minutes * MINUTE
  },

  due(group: Group, at: number): void {
    group.state.due_at = null
    if (group.isFiring) group.resolve(at, group.state.value)
  },
}
