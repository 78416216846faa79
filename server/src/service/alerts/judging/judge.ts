import { any } from './any.ts'
import type { Group, Sighting } from './group.ts'
import { over } from './over.ts'
import { silence } from './silence.ts'
import { under } from './under.ts'

const CONDITIONS = { any, over, under, silence }

/**
 * Takes a group through its lines, in the order of commits, and on to an instant: each thing that falls due is decided at
 * the time it was due, for any division of the feed into steps.
 */
export function judge(group: Group, sightings: readonly Sighting[], until: number): void {
  const condition = CONDITIONS[group.rule.condition.kind]
  const advance = (to: number) => {
    for (let due = group.state.due_at; due !== null && due <= to; ) {
      condition.due(group, due)
      const next = group.state.due_at
      // A condition that is due again at the same instant would never end.
      if (next !== null && next <= due) throw new Error(`A group is due twice at ${due}`)
      due = next
    }
  }
  for (const sighting of sightings) {
    advance(sighting.at)
    condition.sight(group, sighting)
  }
  advance(until)
}
