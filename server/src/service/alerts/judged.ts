import type { GroupKey } from '../../store/alerts/alert-states.ts'
import type { Group, GroupState, Sighting } from './judging/group.ts'
import type { ActiveRule } from './rule-set.ts'
import type { Told } from './stored-group.ts'

/** A group of a rule in one step of the evaluation, at one of the rule's thresholds. */
export type Judged = GroupKey & {
  /** The threshold it is judged by. */
  tier: number
  rule: ActiveRule
  group: Group
  state: GroupState & Told
  /** As it was found; undefined for a group that is new. */
  before: (GroupState & Told) | undefined
  seen: readonly Sighting[]
}
