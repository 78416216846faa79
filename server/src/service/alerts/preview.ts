// When a rule would have fired: the same judgement, over the lines of the last days.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Steps } from '../../ingest/decoded.ts'
import { DAY, endOfMinute, fromMillis, MINUTE, toMillis } from '../../store/database/timestamp.ts'
import { AppError } from '../app-error.ts'
import { activeHours, hoursByGroup } from './active-hours.ts'
import { conditionOf, hasWindows } from './alert-condition.ts'
import { Group, type JudgedRule, newState, type Sighting, type Transition } from './judging/group.ts'
import { judgeInSteps } from './judging/judge.ts'
import { changeOfClocks } from './judging/windows.ts'
import { LEARNED_DAYS, pastKinds } from './kinds.ts'
import {
  forEachInTurns,
  type PastMinute,
  type PastOptions,
  type PastQuestion,
  readPast,
} from './past-minutes.ts'
import { conditionsOf } from './thresholds.ts'

/** Time of the thread that judging may take in all, as long as the lines are read. */
const JUDGING_MS = 8000

/** How long it keeps others from their turn, and how many decisions are taken between two looks at the clock. */
const SLICE_MS = 10
const STEPS_AT_ONCE = 16

/** Incidents that are listed. */
const MAX_INCIDENTS = 200

/** `end` is null while it lasts. */
type PastIncident = { group_key: string; start: string; end: string | null; value: number | null }

/** The same while many are looked at: instants are milliseconds. */
type Incident = { group_key: string; start: number; end: number | null; value: number | null }

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
  incidents.sort((a, b) => a.start - b.start)
  const newest = incidents.slice(-MAX_INCIDENTS).map(({ start: from, end: to, ...one }) => ({
    ...one,
    start: fromMillis(from),
    end: to === null ? null : fromMillis(to),
  }))
  return {
    ...{ start: fromMillis(start), end: fromMillis(end), searched_from: fromMillis(searched_from) },
    ...{ groups, thresholds, total: incidents.length, incidents: newest },
  }
}

type Found = { incidents: Incident[]; groups: number; searched_from: number; crossed: number[] }
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
  const byGroup = new Map<string, PastMinute[]>()
  await forEachInTurns(minutes, signal, (one) => {
    const known = byGroup.get(one.group_key)
    if (known) known.push(one)
    else byGroup.set(one.group_key, [one])
  })
  if (!rule.isGrouped && byGroup.size === 0) byGroup.set('', [])
  const incidents: Incident[] = []
  const [, ...further] = conditionsOf(definition)
  const crossed = further.map(() => 0)
  const hoursOf = hoursByGroup(definition.active_hours)
  const thread = new JudgingTime(signal)
  for (const [group_key, of] of byGroup) {
    rule.hours = hoursOf(group_key)
    for (const { kind, at, value } of await transitionsOf(rule, of, end, thread)) {
      if (kind === 'firing') incidents.push({ group_key, start: at, end: null, value })
      else Object.assign(incidents.at(-1) ?? {}, { end: at })
    }
    for (const [index, stricter] of further.entries()) {
      const decided = await transitionsOf({ ...rule, condition: stricter }, of, end, thread)
      crossed[index] = (crossed[index] ?? 0) + decided.filter(({ kind }) => kind === 'firing').length
    }
  }
  return { incidents, groups: byGroup.size, searched_from: begun, crossed }
}

/** Time of the thread that a preview takes for judging: in slices, so that others have theirs, and not without end. */
class JudgingTime {
  readonly #signal: AbortSignal
  #leftMs = JUDGING_MS

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** @throws {AppError} INVALID_REQUEST when there is none left */
  async run(steps: Steps<void>): Promise<void> {
    let beganMs = performance.now()
    for (let count = 1; !steps.next().done; count++) {
      if (count % STEPS_AT_ONCE > 0) continue
      beganMs = await this.#pause(beganMs)
    }
    this.#leftMs -= performance.now() - beganMs
  }

  async #pause(beganMs: number): Promise<number> {
    const tookMs = performance.now() - beganMs
    if (tookMs > this.#leftMs) {
      const sentence = 'There are too many groups and windows to look at so many days. Take fewer days.'
      throw new AppError('INVALID_REQUEST', sentence)
    }
    if (tookMs < SLICE_MS) return beganMs
    this.#leftMs -= tookMs
    await nextTurn()
    this.#signal.throwIfAborted()
    return performance.now()
  }
}

/** The decisions that a rule would have taken about a group. */
async function transitionsOf(
  rule: JudgedRule,
  minutes: readonly PastMinute[],
  end: number,
  thread: JudgingTime,
): Promise<readonly Transition[]> {
  const { begun, condition } = rule
  const state = newState(begun)
  if (!rule.isGrouped) Object.assign(state, { judged_from: begun, due_at: begun })
  const group = new Group(rule, state)
  const [first] = minutes
  if (hasWindows(condition) && first) {
    group.countedFrom = first.minute
    for (const { minute, tally } of minutes) if (minute < begun) group.know(minute, tally)
  }
  await thread.run(judgeInSteps(group, minutes.filter(({ minute }) => minute >= begun).map(toSighting), end))
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
    return [{ group_key, start: at, end: at + minutes * MINUTE, value: null }]
  })
  return { incidents, groups: kinds.size, searched_from: from, crossed: [] }
}

function toSighting({ minute, tally }: PastMinute): Sighting {
  const last = minute + MINUTE - 1
  const rows = tally.rows + tally.whole
  return { feed_id: minute, at: last, rows, first: minute, last, minutes: new Map([[minute, tally]]) }
}
