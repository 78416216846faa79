import { MINUTE } from '../../../store/database/timestamp.ts'
import { GRACE, type Group, type Sighting } from './group.ts'
import type { Tally } from './tally.ts'

/**
 * More lines than a threshold in a window of the rule's minutes, by the lines' own time: a window ends with each
 * minute. It fires when a window crosses the threshold, also a window that is long closed.
 */
export const over = {
  sight(group: Group, sighting: Sighting): void {
    const { state, rule } = group
    const { condition } = rule
    if (condition.kind !== 'over') return
    group.noteLife(sighting)
    const added = group.count(sighting)
    if (!added) return
    const { minutes, threshold } = condition
    const { at } = sighting
    const length = minutes * MINUTE
    let first: number | undefined
    let last: number | undefined
    let crossed: number | undefined
    let most = 0
    let sum = group.sumTo(added.from, minutes)
    let sumBefore = sum
    for (let end = added.from + MINUTE; end <= added.to + length; end += MINUTE) {
      const [came, left] = [end - MINUTE, end - MINUTE - length]
      const change = rowsOf(group.counts, came) - rowsOf(group.counts, left)
      sum += change
      sumBefore += change - rowsOf(added.counted, came) + rowsOf(added.counted, left)
      if (sum <= threshold) continue
      first ??= end
      last = end
      most = Math.max(most, sum)
      if (sumBefore <= threshold) crossed ??= end
    }
    if (first === undefined || last === undefined) return
    if (group.isFiring) {
      state.value = Math.max(state.value ?? 0, most)
      state.first_at = Math.min(state.first_at ?? first, first)
      state.last_at = Math.max(state.last_at ?? last, last)
      state.extended_at = at
    } else if (crossed !== undefined) {
      const lateMs = last + GRACE <= at ? at - last : 0
      group.fire({ key: crossed, at, value: most, first, last, lateMs })
    } else return
    // A clock that is hours ahead makes windows that end as late; the incident does not last for them.
    const end = Math.min(state.last_at ?? at, at + minutes * MINUTE)
    state.due_at = Math.max(end, at) + GRACE
  },

  due(group: Group, at: number): void {
    const { state, rule } = group
    state.due_at = null
    if (!group.isFiring) return
    const end = Math.floor((at - GRACE) / MINUTE) * MINUTE
    group.resolve(at, group.sumTo(end, rule.condition.minutes))
  },
}

function rowsOf(counts: ReadonlyMap<number, Tally>, minute: number): number {
  return counts.get(minute)?.rows ?? 0
}
