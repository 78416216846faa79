// The past that a new rule starts with: the kinds of message that there were, or how many lines are usual.
import type pg from 'pg'
import { addCounts } from '../../store/alerts/alert-counts.ts'
import { learnKinds } from '../../store/alerts/alert-kinds.ts'
import { DAY, endOfMinute, fromMillis, MINUTE } from '../../store/database/timestamp.ts'
import { AppError } from '../app-error.ts'
import { hoursByGroup } from './active-hours.ts'
import { conditionOf } from './alert-condition.ts'
import { withGaps } from './judging/cadence.ts'
import { changeOfClocks } from './judging/windows.ts'
import { LEARNED_DAYS, pastKinds } from './kinds.ts'
import { type PastMinute, type PastOptions, type PastQuestion, readPast } from './past-minutes.ts'

/** Empty for a rule that looks at nothing but what comes. */
export type Past = {
  kinds: ReadonlyMap<string, string>
  minutes: readonly PastMinute[]
  /** The last gaps of each group whose cadence matters. */
  gaps: ReadonlyMap<string, number[]>
}

const NOTHING: Past = { kinds: new Map(), minutes: [], gaps: new Map() }

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
  // The minute under way is counted by the evaluation.
  const end = Math.floor(until / MINUTE) * MINUTE
  if (condition.kind === 'silence' && condition.times !== null) {
    const range = { start: fromMillis(end - DAY), end: endOfMinute(fromMillis(end - MINUTE)) }
    return { ...NOTHING, gaps: await readGaps(options, { definition, read, ...range }) }
  }
  if (condition.kind !== 'usual') return NOTHING
  const start = end - condition.days * DAY - condition.minutes * MINUTE - changeOfClocks(condition)
  const range = { start: fromMillis(start), end: endOfMinute(fromMillis(end - MINUTE)) }
  const { minutes } = await readPast(options, { definition, read, ...range }, new AbortController().signal)
  return { ...NOTHING, minutes }
}

/** The gaps of the day before; none where that day has too much to look at. */
async function readGaps(options: PastOptions, question: PastQuestion): Promise<Map<string, number[]>> {
  try {
    const { minutes } = await readPast(options, question, new AbortController().signal)
    const hoursOf = hoursByGroup(question.definition.active_hours)
    const byGroup = Map.groupBy(minutes, ({ group_key }) => group_key)
    return new Map(
      [...byGroup].map(([group_key, of]) => {
        const lived = of.map(({ minute }) => minute)
        return [group_key, withGaps([], { lived, from: undefined, hours: hoursOf(group_key) })]
      }),
    )
  } catch (error) {
    if (error instanceof AppError) return new Map()
    throw error
  }
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
