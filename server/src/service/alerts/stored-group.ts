// A group's state as it is judged, in milliseconds, and as it is kept, in timestamps.
import type { StoredState } from '../../store/alerts/alert-states.ts'
import { fromMillis, toMillis } from '../../store/database/timestamp.ts'
import { type AlertState, type GroupState, newState } from './judging/group.ts'

const TIMES = [
  'first_at',
  'last_at',
  'extended_at',
  'seen_at',
  'came_at',
  'judged_from',
  'judged_to',
  'due_at',
] as const

/** The notifications of a group so far. */
export type Told = Pick<StoredState, 'told_incident' | 'is_owed'>

export function fromStored(stored: StoredState): GroupState & Told {
  const { state, since, incident, value, sightings, too_late, gaps, told_incident, is_owed } = stored
  const times = Object.fromEntries(
    TIMES.map((name) => [name, stored[name] === null ? null : toMillis(stored[name])]),
  ) as Record<(typeof TIMES)[number], number | null>
  return {
    ...{
      state: state as AlertState,
      since: toMillis(since),
      incident,
      value,
      sightings,
      too_late,
      gaps,
      told_incident,
      is_owed,
    },
    ...times,
  }
}

export function toStored(
  { rule_id, group_key, tier }: Pick<StoredState, 'rule_id' | 'group_key' | 'tier'>,
  state: GroupState & Told,
): StoredState {
  const times = Object.fromEntries(
    TIMES.map((name) => [name, state[name] === null ? null : fromMillis(state[name])]),
  ) as Record<(typeof TIMES)[number], string | null>
  const { since, incident, value, sightings, too_late, gaps, told_incident, is_owed } = state
  return {
    ...{ rule_id, group_key, tier, state: state.state, since: fromMillis(since), incident, value },
    ...{ sightings, too_late, gaps, told_incident, is_owed },
    ...times,
  }
}

/** A group without any notification, judged from the beginning on when `from` says so. */
export function unknownGroup(at: number, from: number | null = null): GroupState & Told {
  const judged = from === null ? {} : { judged_from: from, due_at: from }
  return { ...newState(at), ...judged, told_incident: null, is_owed: false }
}
