// Kinds of message that a rule has seen: a known one is passed over, a new one is a group that fires.
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type pg from 'pg'
import { countKinds, findKinds, learnKinds, type RuleKind } from '../../store/alerts/alert-kinds.ts'
import { fromMillis } from '../../store/database/timestamp.ts'
import type { LogFilter } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { messageShape } from '../insights/message-shape.ts'
import type { RuleSet } from './rule-set.ts'
import type { Sightings } from './sightings.ts'

/** Kinds that a rule knows; with more, its lines are texts that no shape is found in. */
const MAX_KINDS = 20_000

/** Characters of the key of a group, as everywhere. */
const MAX_KEY = 200
const DIGEST = 12

/** How long a new rule looks into the past for the kinds that there were, and how far. */
const LEARN_MS = 8000
export const LEARNED_DAYS = 7

/** The kind of a line: its level and the shape of its message. Longer shapes are told apart by a digest. */
export function kindOf(level: string, message: string): string {
  const kind = `${level} ${messageShape(message)}`
  if (kind.length <= MAX_KEY) return kind
  const digest = createHash('sha256').update(kind).digest('hex').slice(0, DIGEST)
  return `${kind.slice(0, MAX_KEY - DIGEST - 2)}… ${digest}`
}

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

/** The kinds of the last days, each with the time of its first line, as far back as there is time for. */
export async function pastKinds(
  logs: Pick<LogOperations, 'scanMessages'>,
  filter: LogFilter & { start: string; end: string },
  signal?: AbortSignal,
): Promise<{ kinds: Map<string, string>; searched_from: string }> {
  const kinds = new Map<string, string>()
  const deadline = performance.now() + LEARN_MS
  let searched_from = filter.end
  for await (const { messages, searched_to } of logs.scanMessages(filter, signal)) {
    for (const { level, message, timestamp } of messages) {
      const kind = kindOf(level, message)
      if (kinds.has(kind) || kinds.size < MAX_KINDS) kinds.set(kind, timestamp)
    }
    searched_from = searched_to
    if (performance.now() > deadline) return { kinds, searched_from }
    await nextTurn()
  }
  return { kinds, searched_from: filter.start }
}
