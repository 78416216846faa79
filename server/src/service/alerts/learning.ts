// The past that a new rule starts with: the kinds of message that there were, or how many lines are usual.
import type pg from 'pg'
import { addCounts } from '../../store/alerts/alert-counts.ts'
import { learnKinds } from '../../store/alerts/alert-kinds.ts'
import { DAY, endOfMinute, fromMillis, MINUTE } from '../../store/database/timestamp.ts'
import { conditionOf } from './alert-condition.ts'
import { changeOfClocks } from './judging/windows.ts'
import { LEARNED_DAYS, pastKinds } from './kinds.ts'
import { type PastMinute, type PastOptions, type PastQuestion, readPast } from './past-minutes.ts'

/** Empty for a rule that looks at nothing but what comes. */
export type Past = { kinds: ReadonlyMap<string, string>; minutes: readonly PastMinute[] }

const NOTHING: Past = { kinds: new Map(), minutes: [] }

/** Rows of one statement. */
const AT_ONCE = 10_000

/** Reads what a rule has to know of the days before `until`. Not in a transaction: it takes seconds. */
export async function readLearned(
  options: PastOptions,
  { definition, read }: Pick<PastQuestion, 'definition' | 'read'>,
  until: number,
): Promise<Past> {
  const condition = conditionOf(definition.condition)
  if (condition.kind === 'new') {
    const range = { start: fromMillis(until - LEARNED_DAYS * DAY), end: fromMillis(until) }
    const { kinds } = await pastKinds(options.logOperations, { ...(await read(definition.query)), ...range })
    return { ...NOTHING, kinds }
  }
  if (condition.kind !== 'usual') return NOTHING
  // The minute under way is counted by the evaluation.
  const end = Math.floor(until / MINUTE) * MINUTE
  const start = end - condition.days * DAY - condition.minutes * MINUTE - changeOfClocks(condition)
  const range = { start: fromMillis(start), end: endOfMinute(fromMillis(end - MINUTE)) }
  const { minutes } = await readPast(options, { definition, read, ...range }, new AbortController().signal)
  return { ...NOTHING, minutes }
}

/** Gives a rule what was learned for it. */
export async function keepLearned(client: pg.PoolClient, rule_id: number, past: Past): Promise<void> {
  const kinds = [...past.kinds].map(([kind, first_at]) => ({ rule_id, kind, first_at }))
  for (let from = 0; from < kinds.length; from += AT_ONCE) {
    await learnKinds(client, kinds.slice(from, from + AT_ONCE))
  }
  const counts = past.minutes.map(({ group_key, minute, tally: { rows, whole } }) => ({
    ...{ rule_id, group_key, minute: fromMillis(minute), rows, whole, numbers: null },
  }))
  for (let from = 0; from < counts.length; from += AT_ONCE) {
    await addCounts(client, counts.slice(from, from + AT_ONCE))
  }
}
