// Why a rule fired, or did not, at a moment: what it saw, how that was held against its limit, and who was told.
import type pg from 'pg'
import { firstCounted, loadCounts } from '../../store/alerts/alert-counts.ts'
import { deliveriesOfTransitions, type StoredDelivery } from '../../store/alerts/alert-deliveries.ts'
import { present, readWatermark } from '../../store/alerts/alert-position.ts'
import type { StoredRule } from '../../store/alerts/alert-rules.ts'
import { readGroup } from '../../store/alerts/alert-states.ts'
import { type StoredTransition, transitionsUntil } from '../../store/alerts/alert-transitions.ts'
import {
  DAY,
  endOfMinute,
  fromMillis,
  HOUR,
  MINUTE,
  parseIso,
  toMillis,
} from '../../store/database/timestamp.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { AppError } from '../app-error.ts'
import type { SearchQueries } from '../logs/log-query.ts'
import { activeHours } from './active-hours.ts'
import { type Condition, conditionOf, hasWindows, spanOf, type WindowCondition } from './alert-condition.ts'
import { filterOf } from './alert-query.ts'
import type { AlertDefinition } from './alert-rule.ts'
import { tallyOf } from './counted-minutes.ts'
import { clock, heldText, lines, span, valueText } from './delivery/describe.ts'
import { evidenceQuery } from './delivery/evidence.ts'
import { withGroup } from './delivery/notice-writer.ts'
import { groupingName } from './grouping.ts'
import { usualGap, waitFor } from './judging/cadence.ts'
import { GRACE } from './judging/group.ts'
import type { Tally } from './judging/tally.ts'
import { changeOfClocks, sumOf, type Tallies, verdictOf, windowValue } from './judging/windows.ts'
import { OwnerSight } from './owner-sight.ts'
import { readPast } from './past-minutes.ts'
import { conditionsOf } from './thresholds.ts'

/** Counts of the evaluation are kept for two days and a bit; before, the lines that are stored say what there was. */
const KEPT = 48 * HOUR

/** Transitions that are shown. */
const MAX_TRANSITIONS = 20

type WhyOptions = { pool: pg.Pool; logOperations: LogOperations; queries: SearchQueries }

/** A window that was looked at. */
type JudgedWindow = {
  start: string
  end: string
  value: number | null
  limit: number | null
  is_bad: boolean
}

type Why = {
  at: string
  state: 'normal' | 'firing' | 'resolved' | 'not_evaluated'
  /** In the order in which they are to be read. */
  reasons: string[]
  /** Newest first; none for conditions without windows. */
  windows: JudgedWindow[]
  /** Whether values are those that the evaluation counted, or were counted now from the lines that are stored. */
  counted_by: 'evaluation' | 'lines' | null
  transitions: StoredTransition[]
  notices: StoredDelivery[]
}

/** @throws {AppError} INVALID_REQUEST, INVALID_DATE that name what is wrong with the moment or the group */
export async function explain(
  options: WhyOptions,
  stored: StoredRule,
  asked: { at?: string | undefined; group_key?: string | undefined },
  signal: AbortSignal,
): Promise<Why> {
  const { pool } = options
  const definition = stored.rule as AlertDefinition
  const group_key = groupAsked(definition, asked.group_key)
  const now = toMillis(await present(pool))
  const at = momentOf(asked.at, now)
  const transitions = await transitionsUntil(pool, {
    ...{ rule_id: stored.id, group_key, at: fromMillis(at), limit: MAX_TRANSITIONS },
  })
  const notices = await deliveriesOfTransitions(
    pool,
    stored.id,
    transitions.map(({ id }) => id),
  )
  const why: Why = {
    ...{ at: fromMillis(at), state: stateOf(transitions), reasons: [], windows: [], counted_by: null },
    ...{ transitions, notices },
  }
  const stops = await whyNotEvaluated(options, stored, at, transitions, group_key)
  if (stops !== undefined) return { ...why, state: 'not_evaluated', reasons: [stops] }
  const condition = conditionOf(definition.condition)
  const group = await readGroup(pool, { rule_id: stored.id, group_key })
  const saw = hasWindows(condition)
    ? await judgeWindows(options, stored, { condition, group_key, at, now }, signal)
    : await lookAtLines(options, stored, { condition, group_key, at, gaps: group?.gaps ?? null })
  const late = group?.too_late ?? 0
  const tooLate =
    late > 0
      ? [`${lines(late)} since the rule began came over a day from their own time: too late to judge.`]
      : []
  return { ...why, ...saw, reasons: [...saw.reasons, ...tooLate, ...toldReasons(transitions, why.state)] }
}

function groupAsked({ group_by, condition }: AlertDefinition, group_key = ''): string {
  const isGrouped = group_by !== undefined || condition.kind === 'new'
  if (isGrouped && group_key === '') {
    const each = group_by === undefined ? 'kind of message' : groupingName(group_by)
    throw new AppError('INVALID_REQUEST', `group_key is missing: the rule has an alert for each ${each}.`)
  }
  if (!isGrouped && group_key !== '') {
    throw new AppError('INVALID_REQUEST', 'group_key does not go with this rule, which has no groups.')
  }
  return group_key
}

function momentOf(text: string | undefined, now: number): number {
  if (text === undefined) return now
  const iso = parseIso(text)
  if (iso === undefined) throw new AppError('INVALID_DATE', 'Invalid at format. Use ISO format.')
  if (toMillis(iso) > now)
    throw new AppError('INVALID_REQUEST', `at (${iso}) has not come yet; it is ${fromMillis(now)}.`)
  return toMillis(iso)
}

/** Transitions come newest first; a recovery of the rule itself says nothing of the group. */
function stateOf(transitions: readonly StoredTransition[]): 'normal' | 'firing' | 'resolved' {
  const last = transitions.find(({ tier, kind }) => tier === 0 && !isOfRule(kind))
  if (!last) return 'normal'
  return last.kind === 'firing' ? 'firing' : last.kind === 'resolved' ? 'resolved' : 'normal'
}

function isOfRule(kind: string): boolean {
  return kind === 'problem' || kind === 'recovered'
}

/** Why nothing was decided at the moment; undefined when something was. */
async function whyNotEvaluated(
  { pool }: WhyOptions,
  { rule, enabled, begun_at, updated_at, problem, problem_since }: StoredRule,
  at: number,
  transitions: readonly StoredTransition[],
  group_key: string,
): Promise<string | undefined> {
  const { active_hours } = rule as AlertDefinition
  if (!enabled) return `The rule is switched off, since ${clock(updated_at)} at the latest.`
  if (at < toMillis(begun_at)) {
    return `The rule is as it is since ${clock(begun_at)}. What it decided before, with another condition, is in its history.`
  }
  const last = transitions.find(({ kind }) => isOfRule(kind))
  const since = problem_since !== null && toMillis(problem_since) <= at
  if (since) return `The rule could not be evaluated: ${problem}`
  if (last?.kind === 'problem') return `The rule could not be evaluated: ${last.held}`
  const watermark = await readWatermark(pool)
  if (watermark === undefined || toMillis(watermark) < at - GRACE) {
    return `It is not evaluated up to then yet, but up to ${watermark === undefined ? 'nowhere' : clock(watermark)}.`
  }
  if (!activeHours(active_hours, group_key).isActive(at)) {
    return 'The moment lies outside of the active hours of the rule: nothing is evaluated then.'
  }
  return undefined
}

type Saw = Pick<Why, 'reasons' | 'windows' | 'counted_by'>
type Moment<C> = { condition: C; group_key: string; at: number }

async function judgeWindows(
  options: WhyOptions,
  stored: StoredRule,
  { condition, group_key, at, now }: Moment<WindowCondition> & { now: number },
  signal: AbortSignal,
): Promise<Saw> {
  // One that is decided when its lines come goes up to the minute of the moment.
  const end = Math.floor((isCrossing(condition) ? at + MINUTE : at - GRACE) / MINUTE) * MINUTE
  const isKept = at > now - KEPT
  const tallies = isKept
    ? await keptTallies(options, stored, { condition, group_key, end })
    : await storedTallies(options, stored, { condition, group_key, end }, signal)
  const windows = Array.from({ length: condition.windows.of }, (_, index): JudgedWindow => {
    const to = end - index * condition.minutes * MINUTE
    const { value = null, limit = null, isBad = false } = windowValue(condition, to, tallies) ?? {}
    const start = fromMillis(to - condition.minutes * MINUTE)
    return { start, end: fromMillis(to), value, limit, is_bad: isBad }
  })
  const verdict = verdictOf(condition, end, tallies)
  const [newest] = windows
  const reasons: string[] = []
  if (newest?.value === null || !newest) reasons.push(undecided(condition, end, tallies))
  else {
    const said = `${valueText(condition, newest.value)} in the ${condition.minutes} minutes to ${clock(newest.end)}`
    const met = newest.is_bad ? 'which is' : 'which is not'
    reasons.push(`${said}, ${met} ${heldText(condition, { threshold: newest.limit })}.`)
  }
  const { needed, of } = condition.windows
  if (of > 1) {
    const bad = windows.filter(({ is_bad }) => is_bad).length
    reasons.push(`It is so in ${bad} of the last ${of} windows, and ${needed} are needed.`)
  }
  for (const [index, stricter] of conditionsOf(stored.rule as AlertDefinition)
    .slice(1)
    .entries()) {
    const isBad = hasWindows(stricter) && verdictOf(stricter, end, tallies)?.isBad
    const { at: limit } = (stored.rule as AlertDefinition).thresholds?.[index] ?? { at: 0 }
    if (verdict?.isBad)
      reasons.push(`The threshold ${limit} ${isBad ? 'is crossed as well' : 'is not crossed'}.`)
  }
  if (!isKept) {
    reasons.push(
      'This was counted now, from the lines that are stored: the counts of that time are not kept any more.',
    )
  } else if (!isCrossing(condition))
    reasons.push('Lines that came after the window was decided are counted here.')
  return { reasons, windows, counted_by: isKept ? 'evaluation' : 'lines' }
}

function undecided(condition: WindowCondition, end: number, tallies: Tallies): string {
  const { minutes } = condition
  const window = `The ${minutes} minutes to ${clock(fromMillis(end))}`
  for (let minute = end - minutes * MINUTE; minute < end; minute += MINUTE) {
    if (!tallies.hours.isActive(minute))
      return `${window} lie partly outside of the active hours, so they decide nothing.`
  }
  if (end - minutes * MINUTE < tallies.knownFrom)
    return `${window} begin before the group was known, so they decide nothing.`
  const { rows, whole, numbers } = sumOf(end, minutes, tallies)
  if (condition.kind === 'share') {
    return `${window} have ${lines(whole)} that the share is taken of, and it takes ${condition.atLeast} to decide something.`
  }
  if (condition.kind === 'number') {
    return `${window} have ${numbers?.count ?? 0} numbers, and it takes ${condition.atLeast} to decide something.`
  }
  return `${window} have ${lines(rows)}, and too few of the days before are known to say what is usual.`
}

type Window = { condition: WindowCondition; group_key: string; end: number }

/** The minutes that a window may need, and those of the days before where it compares with them. */
function rangesFor({ condition, end }: Window): { from: number; to: number }[] {
  const from = end - spanOf(condition) * MINUTE
  const [days, slack] = condition.kind === 'usual' ? [condition.days, changeOfClocks(condition)] : [0, 0]
  return Array.from({ length: days + 1 }, (_, day) => ({
    from: from - day * DAY - (day > 0 ? slack : 0),
    to: end - day * DAY - MINUTE + (day > 0 ? slack : 0),
  }))
}

async function keptTallies({ pool }: WhyOptions, stored: StoredRule, window: Window): Promise<Tallies> {
  const { group_key, condition } = window
  const key = { rule_id: stored.id, group_key }
  const ranges = rangesFor(window).map(({ from, to }) => ({
    ...key,
    from: fromMillis(from),
    to: fromMillis(to),
  }))
  const counts = new Map<number, Tally>()
  for (const count of await loadCounts(pool, ranges)) counts.set(toMillis(count.minute), tallyOf(count))
  const [first] = condition.kind === 'usual' ? await firstCounted(pool, [key]) : []
  const begun = Math.ceil(toMillis(stored.begun_at) / MINUTE) * MINUTE
  const knownFrom = condition.kind === 'usual' ? (first ? toMillis(first.minute) : Infinity) : begun
  return talliesOf(stored, window, counts, knownFrom)
}

async function storedTallies(
  options: WhyOptions,
  stored: StoredRule,
  window: Window,
  signal: AbortSignal,
): Promise<Tallies> {
  const definition = stored.rule as AlertDefinition
  const read = await reader(options, stored)
  const counts = new Map<number, Tally>()
  let knownFrom = Number.POSITIVE_INFINITY
  for (const { from, to } of rangesFor(window)) {
    const range = { start: fromMillis(from), end: endOfMinute(fromMillis(to)) }
    const group_key = definition.group_by === undefined ? undefined : window.group_key
    const past = await readPast(options, { definition, read, group_key, ...range }, signal)
    for (const { minute, tally } of past.minutes) counts.set(minute, tally)
    if (past.searched_from <= from) knownFrom = Math.min(knownFrom, from)
  }
  return talliesOf(stored, window, counts, knownFrom)
}

function talliesOf(
  { rule }: StoredRule,
  { condition, group_key }: Window,
  counts: ReadonlyMap<number, Tally>,
  knownFrom: number,
): Tallies {
  const hours = activeHours((rule as AlertDefinition).active_hours, group_key)
  const at = (minute: number) => (hours.isActive(minute) ? counts.get(minute) : undefined)
  // It fires with the lines that there are, for any part of a window.
  if (isCrossing(condition)) return { at, knownFrom: Number.NEGATIVE_INFINITY, hours: activeHours(undefined) }
  return { at, knownFrom, hours }
}

/** Whether it is decided when its lines come, and not when the window is over. */
function isCrossing({ kind, windows }: WindowCondition): boolean {
  return kind === 'over' && windows.of === 1
}

/** The last line before the moment, for conditions that look at lines one by one. */
async function lookAtLines(
  options: WhyOptions,
  stored: StoredRule,
  { condition, group_key, at, gaps }: Moment<Condition> & { gaps: number[] | null },
): Promise<Saw> {
  const definition = stored.rule as AlertDefinition
  const read = await reader(options, stored)
  const filter = withGroup(await read(evidenceQuery(definition, group_key)), definition.group_by, group_key)
  const [last] = await options.logOperations.getLogs(
    { ...filter, end: fromMillis(at) },
    { offset: 0, limit: 1 },
  )
  const seen = { windows: [], counted_by: 'lines' as const }
  if (!last) return { ...seen, reasons: ['No line of it is stored from before that moment.'] }
  const ago = `The last line before it is of ${clock(last.timestamp)}, ${span(at - toMillis(last.timestamp))} before`
  const { minutes } = condition
  if (condition.kind !== 'silence')
    return { ...seen, reasons: [`${ago}; an incident is over ${minutes} minutes after one.`] }
  const wait = waitFor(condition, gaps)
  const isSilent = at - toMillis(last.timestamp) >= wait
  return {
    ...seen,
    reasons: [
      `${ago}; ${isSilent ? 'more than' : 'less than'} the ${wait / MINUTE} minutes of silence that it waits for.`,
      ...cadenceReasons(condition, gaps),
      'Active hours that began since, time in which no server took lines, and lines that were held back are not counted as silence.',
    ],
  }
}

/** The present cadence of a group: that of another moment is not kept. */
function cadenceReasons({ times }: Extract<Condition, { kind: 'silence' }>, gaps: number[] | null): string[] {
  if (times === null) return []
  const gap = usualGap(gaps ?? [])
  if (gap === undefined)
    return ['Too few gaps between its lines are known to say what is usual: it waits for a day.']
  return [
    `Now the usual gap between its lines is ${span(gap * MINUTE)}, and it waits ${times} times as long.`,
  ]
}

async function reader({ pool, queries }: WhyOptions, stored: StoredRule) {
  const sight = await new OwnerSight(pool).of(stored.owner)
  if (!sight) throw new AppError('FORBIDDEN', `Its owner ${stored.owner_name} may not read logs any more.`)
  return async (query: string) => filterOf(queries, query, sight.visibility)
}

/** Whether people were told in the state of that moment, and why not. */
function toldReasons(transitions: readonly StoredTransition[], state: string): string[] {
  const last = transitions.find(({ tier, kind }) => tier === 0 && !isOfRule(kind))
  if (!last) return ['It had never fired before.']
  const began = { firing: 'It was firing', resolved: 'It was over' }[state] ?? 'It was normal'
  const reasons = [`${began} since ${clock(last.at)}.`]
  for (const { kind, tier, held, at } of transitions) {
    if (toMillis(at) < toMillis(last.at) || held === null || isOfRule(kind)) continue
    reasons.push(
      `The notice of ${clock(at)}${tier > 0 ? ' of the further threshold' : ''} was held back: ${held}.`,
    )
  }
  return reasons
}
