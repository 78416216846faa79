import { atOnce, type Steps } from '../../../ingest/decoded.ts'
import type { Condition } from '../alert-condition.ts'
import { any } from './any.ts'
import { closing } from './closing.ts'
import type { Group, Sighting } from './group.ts'
import { over } from './over.ts'
import { silence } from './silence.ts'

function judgeOf(condition: Condition) {
  switch (condition.kind) {
    case 'any':
    case 'new':
      return any
    case 'silence':
      return silence
    case 'over':
      // Several windows say something together only once they are over.
      return condition.windows.of === 1 ? over : closing
    default:
      return closing
  }
}

/**
 * Takes a group through its lines, in the order of commits, and on to an instant: each thing that falls due is decided at
 * the time it was due, for any division of the feed into steps.
 */
export function judge(group: Group, sightings: readonly Sighting[], until: number): void {
  atOnce(judgeInSteps(group, sightings, until))
}

/** The same with a pause after each decision. */
export function* judgeInSteps(group: Group, sightings: readonly Sighting[], until: number): Steps<void> {
  const condition = judgeOf(group.rule.condition)
  function* advance(to: number): Steps<void> {
    for (let due = group.state.due_at; due !== null && due <= to; ) {
      condition.due(group, due)
      const next = group.state.due_at
      // A condition that is due again at the same instant would never end.
      if (next !== null && next <= due) throw new Error(`A group is due twice at ${due}`)
      due = next
      yield
    }
  }
  for (const sighting of sightings) {
    yield* advance(sighting.at)
    condition.sight(group, sighting)
    yield
  }
  yield* advance(until)
}
