// Kinds of message that a rule has seen: a known one is passed over, a new one is a group that fires.
import type pg from 'pg'
import { countKinds, findKinds, learnKinds, type RuleKind } from '../../store/alerts/alert-kinds.ts'
import { fromMillis } from '../../store/database/timestamp.ts'
import { MAX_KINDS } from './kinds.ts'
import type { RuleSet } from './rule-set.ts'
import type { Sightings } from './sightings.ts'

/** Leaves those kinds alone in the groups that are new, or whose incident goes on; rules that know too many fail. */
export async function keepNewKinds(
  client: pg.PoolClient,
  set: RuleSet,
  { groups, failed }: Pick<Sightings, 'groups' | 'failed'>,
): Promise<void> {
  const rules = [...groups.keys()].filter((id) => set.rules.get(id)?.condition.kind === 'new')
  if (rules.length === 0) return
  const seen = rules.flatMap((rule_id) =>
    [...(groups.get(rule_id)?.keys() ?? [])].map((kind) => ({ rule_id, kind })),
  )
  const known = new Set<string>()
  for (const { rule_id, kind, is_firing } of await findKinds(client, seen)) {
    known.add(`${rule_id} ${kind}`)
    if (!is_firing) groups.get(rule_id)?.delete(kind)
  }
  const fresh = seen.filter(({ rule_id, kind }) => !known.has(`${rule_id} ${kind}`))
  if (fresh.length === 0) return
  const counts = await countKinds(client, rules)
  const learned: (RuleKind & { first_at: string })[] = []
  for (const { rule_id, kind } of fresh) {
    const count = (counts.get(rule_id) ?? 0) + 1
    if (count > MAX_KINDS) {
      groups.get(rule_id)?.delete(kind)
      failed.set(rule_id, tooMany())
      continue
    }
    counts.set(rule_id, count)
    const first = groups.get(rule_id)?.get(kind)?.[0]?.first ?? 0
    learned.push({ rule_id, kind, first_at: fromMillis(first) })
  }
  await learnKinds(client, learned)
}

function tooMany(): string {
  return `Its lines are of more than ${MAX_KINDS.toLocaleString('en-US')} kinds. Give it a narrower query.`
}
