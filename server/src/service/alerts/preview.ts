// When a rule would have fired: the same judgement, over the lines of the last days.
import { DAY, endOfMinute, fromMillis, MINUTE, toMillis } from '../../store/database/timestamp.ts'
import { activeHours, hoursByGroup } from './active-hours.ts'
import { conditionOf, hasWindows } from './alert-condition.ts'
import { Group, type JudgedRule, newState, type Sighting, type Transition } from './judging/group.ts'
import { judge } from './judging/judge.ts'
import { changeOfClocks } from './judging/windows.ts'
import { LEARNED_DAYS, pastKinds } from './kinds.ts'
import { type PastMinute, type PastOptions, type PastQuestion, readPast } from './past-minutes.ts'
import { conditionsOf } from './thresholds.ts'

/** Incidents that are listed. */
const MAX_INCIDENTS = 200

type PastIncident = {
  group_key: string
  start: string
  /** Null while it lasts. */
  end: string | null
  value: number | null
}

export type Preview = {
  start: string
  end: string
  /** From when on all lines were looked at: later than `start` when there was no time for all of them. */
  searched_from: string
  /** The newest ones, oldest first. */
  incidents: PastIncident[]
  total: number
  groups: number
  /** How often each further threshold would have been crossed. */
  thresholds: { at: number; total: number }[]
}

type Asked = Pick<PastQuestion, 'definition' | 'read'> & { days: number; until: number }

/**
 * Runs a rule over the last days, as if each line had come at its own time.
 *
 * @throws {AppError} INVALID_REQUEST when it would have to look at too much
 */
export async function previewRule(options: PastOptions, asked: Asked, signal: AbortSignal): Promise<Preview> {
  const { definition, days, until } = asked
  const end = Math.floor(until / MINUTE) * MINUTE
  const start = end - days * DAY
  const { kind } = definition.condition
  const found =
    kind === 'new'
      ? newKinds(options, asked, { start, end }, signal)
      : incidentsIn(options, asked, { start, end }, signal)
  const { incidents, groups, searched_from, crossed } = await found
  const thresholds = (definition.thresholds ?? []).map(({ at }, index) => ({
    at,
    total: crossed[index] ?? 0,
  }))
  incidents.sort((a, b) => toMillis(a.start) - toMillis(b.start))
  return {
    ...{ start: fromMillis(start), end: fromMillis(end), searched_from: fromMillis(searched_from) },
    ...{ groups, thresholds, total: incidents.length, incidents: incidents.slice(-MAX_INCIDENTS) },
  }
}

type Found = { incidents: PastIncident[]; groups: number; searched_from: number; crossed: number[] }
type Span = { start: number; end: number }

async function incidentsIn(
  options: PastOptions,
  { definition, read }: Asked,
  { start, end }: Span,
  signal: AbortSignal,
): Promise<Found> {
  const condition = conditionOf(definition.condition)
  const before = condition.kind === 'usual' ? condition.days * DAY + changeOfClocks(condition) : 0
  const question = {
    definition,
    read,
    start: fromMillis(start - before),
    end: endOfMinute(fromMillis(end - MINUTE)),
  }
  const { minutes, searched_from } = await readPast(options, question, signal)
  const begun = Math.max(start, searched_from)
  const rule: JudgedRule = {
    condition,
    hours: activeHours(definition.active_hours),
    isGrouped: definition.group_by !== undefined,
    begun,
  }
  const byGroup = Map.groupBy(minutes, ({ group_key }) => group_key)
  if (!rule.isGrouped && byGroup.size === 0) byGroup.set('', [])
  const incidents: PastIncident[] = []
  const [, ...further] = conditionsOf(definition)
  const crossed = further.map(() => 0)
  const hoursOf = hoursByGroup(definition.active_hours)
  for (const [group_key, of] of byGroup) {
    rule.hours = hoursOf(group_key)
    for (const { kind, at, value } of transitionsOf(rule, of, end)) {
      if (kind === 'firing') incidents.push({ group_key, start: fromMillis(at), end: null, value })
      else Object.assign(incidents.at(-1) ?? {}, { end: fromMillis(at) })
    }
    for (const [index, stricter] of further.entries()) {
      const decided = transitionsOf({ ...rule, condition: stricter }, of, end)
      crossed[index] = (crossed[index] ?? 0) + decided.filter(({ kind }) => kind === 'firing').length
    }
  }
  return { incidents, groups: byGroup.size, searched_from: begun, crossed }
}

/** The decisions that a rule would have taken about a group. */
function transitionsOf(rule: JudgedRule, minutes: readonly PastMinute[], end: number): readonly Transition[] {
  const { begun, condition } = rule
  const state = newState(begun)
  if (!rule.isGrouped) Object.assign(state, { judged_from: begun, due_at: begun })
  const group = new Group(rule, state)
  const [first] = minutes
  if (hasWindows(condition) && first) {
    group.countedFrom = first.minute
    for (const { minute, tally } of minutes) if (minute < begun) group.counts.set(minute, tally)
  }
  judge(group, minutes.filter(({ minute }) => minute >= begun).map(toSighting), end)
  return group.transitions
}

/** Kinds of message whose first line is in the range, held against those of the days before. */
async function newKinds(
  { logOperations }: PastOptions,
  { definition, read }: Asked,
  { start, end }: Span,
  signal: AbortSignal,
): Promise<Found> {
  const filter = await read(definition.query)
  const range = { start: fromMillis(start - LEARNED_DAYS * DAY), end: fromMillis(end) }
  const { kinds, searched_from } = await pastKinds(logOperations, { ...filter, ...range }, signal)
  const from = Math.max(start, toMillis(searched_from))
  const { minutes } = conditionOf(definition.condition)
  const hours = activeHours(definition.active_hours)
  const incidents = [...kinds].flatMap(([group_key, first]) => {
    const at = toMillis(first)
    if (at < from || !hours.isActive(at)) return []
    return [{ group_key, start: first, end: fromMillis(at + minutes * MINUTE), value: null }]
  })
  return { incidents, groups: kinds.size, searched_from: from, crossed: [] }
}

function toSighting({ minute, tally }: PastMinute): Sighting {
  const last = minute + MINUTE - 1
  const rows = tally.rows + tally.whole
  return { feed_id: minute, at: last, rows, first: minute, last, minutes: new Map([[minute, tally]]) }
}
