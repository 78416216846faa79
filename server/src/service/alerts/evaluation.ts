// One step of the evaluation: from a position in the feed to the next, in one transaction.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import { addCounts } from '../../store/alerts/alert-counts.ts'
import { addDeliveries, type NewDelivery } from '../../store/alerts/alert-deliveries.ts'
import { OTHERS } from '../../store/alerts/alert-matches.ts'
import { listSilences, type StoredSilence } from '../../store/alerts/alert-silences.ts'
import { countGroups, type GroupKey, loadStates, saveStates } from '../../store/alerts/alert-states.ts'
import {
  addTransitions,
  type NewTransition,
  newestTransitions,
} from '../../store/alerts/alert-transitions.ts'
import { fromMillis } from '../../store/database/timestamp.ts'
import type { Condition } from './alert-condition.ts'
import { channelsByName } from './channels-by-name.ts'
import { countsOf, fillCounts } from './counted-minutes.ts'
import type { Judged } from './judged.ts'
import { Group, type Sighting } from './judging/group.ts'
import { judge } from './judging/judge.ts'
import type { ActiveRule, RuleSet } from './rule-set.ts'
import { fromStored, toStored, unknownGroup } from './stored-group.ts'
import { deliveriesOf, heldBy, reconcile, type Telling } from './telling.ts'
import { definitionAt } from './thresholds.ts'

/** Groups of a rule, and of all; what comes beyond is one group. */
export const MAX_GROUPS = 10_000
export const MAX_GROUPS_IN_ALL = 50_000
/** A condition that compares days keeps each minute of them for each group. */
const MAX_USUAL_GROUPS = 500

/** How long groups are judged before others have their turn: after an outage each has all that it missed to decide. */
const SLICE_MS = 10

type Seen = Map<number, Map<string, Sighting[]>>

/**
 * Judges what the rules saw, and what falls due until an instant, and writes what follows.
 *
 * @returns how many transitions were decided
 */
export async function evaluate(
  client: pg.PoolClient,
  set: RuleSet,
  seen: Seen,
  until: number,
): Promise<{
  transitions: number
  deliveries: number
  isChanged: boolean
  raises: Raise[]
  tooLate: number
}> {
  const keys = [...seen].flatMap(([rule_id, groups]) => {
    // A group that is new may be one of the others.
    const names = groups.has('') ? groups.keys() : [...groups.keys(), OTHERS]
    return [...names].map((group_key) => ({ rule_id, group_key }))
  })
  const stored = await loadStates(client, keys, fromMillis(until))
  const states = new Map(stored.map((state) => [tierKeyOf(state), state]))
  const known = new Set(stored.map(keyOf))
  for (const [rule_id, groups] of seen) {
    for (const [group_key, sightings] of groups) {
      const isSign = sightings.every(({ rows }) => rows === 0)
      if (isSign && !known.has(keyOf({ rule_id, group_key }))) groups.delete(group_key)
    }
  }
  await boundGroups(client, set, seen, (key) => known.has(keyOf(key)))
  const touched = new Map<string, GroupKey>(stored.map((state) => [keyOf(state), state]))
  for (const [rule_id, groups] of seen) {
    for (const group_key of groups.keys()) touched.set(keyOf({ rule_id, group_key }), { rule_id, group_key })
  }
  const judged: Judged[] = []
  for (const { rule_id, group_key } of touched.values()) {
    const rule = set.rules.get(rule_id)
    if (!rule) continue
    const sightings = seen.get(rule_id)?.get(group_key) ?? []
    for (const [tier, condition] of rule.conditions.entries()) {
      const found = states.get(tierKeyOf({ rule_id, group_key, tier }))
      const state = found ? fromStored(found) : unknownGroup(sightings[0]?.at ?? until)
      const before = found && { ...state }
      const isOfMany = group_key === OTHERS
      const group = new Group({ ...rule, condition, isOfMany, hours: rule.hoursOf(group_key) }, state)
      judged.push({ rule_id, group_key, tier, rule, state, seen: sightings, group, before })
    }
  }
  await fillCounts(client, judged, until)
  await judgeInTurns(judged, until)
  const told = await tell(client, judged, until)
  await addCounts(client, judged.flatMap(countsOf))
  const changed = judged
    .filter(({ before, state }) => !isDeepStrictEqual(state, before))
    .map((one) => toStored(one, one.state))
  await saveStates(client, changed)
  const tooLate = judged.reduce((sum, { tier, group }) => sum + (tier === 0 ? group.tooLate : 0), 0)
  return { ...told, isChanged: changed.length > 0, raises: raisesOf(judged), tooLate }
}

async function judgeInTurns(judged: readonly Judged[], until: number): Promise<void> {
  let beganMs = performance.now()
  for (const { group, seen: sightings } of judged) {
    judge(group, sightings, until)
    if (performance.now() - beganMs < SLICE_MS) continue
    await nextTurn()
    beganMs = performance.now()
  }
}

/** A group that began to fire, whose level is to be raised. */
export type Raise = { rule: ActiveRule; group_key: string; level: 'DEBUG' | 'INFO'; minutes: number }

function raisesOf(judged: readonly Judged[]): Raise[] {
  return judged.flatMap(({ rule, group_key, tier, group }) => {
    if (tier > 0) return []
    const fires = group.transitions.some(({ kind, late_ms }) => kind === 'firing' && late_ms === 0)
    return rule.raise && fires && group_key !== OTHERS ? [{ rule, group_key, ...rule.raise }] : []
  })
}

/** Puts new groups beyond what may be kept into one. */
async function boundGroups(
  client: pg.PoolClient,
  set: RuleSet,
  seen: Seen,
  isKnown: (key: GroupKey) => boolean,
): Promise<void> {
  const isNew = (rule_id: number) => (group_key: string) => !isKnown({ rule_id, group_key })
  if (![...seen].some(([rule_id, groups]) => [...groups.keys()].some(isNew(rule_id)))) return
  const counted = await countGroups(client)
  let total = [...counted.values()].reduce((sum, groups) => sum + groups, 0)
  for (const [rule_id, groups] of seen) {
    let own = counted.get(rule_id) ?? 0
    const most = set.rules.get(rule_id)?.condition.kind === 'usual' ? MAX_USUAL_GROUPS : MAX_GROUPS
    const beyond: Sighting[] = []
    for (const group_key of [...groups.keys()].filter(isNew(rule_id))) {
      if (group_key === OTHERS || group_key === '') continue
      if (own < most && total < MAX_GROUPS_IN_ALL) {
        own++
        total++
        continue
      }
      for (const sighting of groups.get(group_key) ?? []) beyond.push(sighting)
      groups.delete(group_key)
    }
    if (beyond.length === 0) continue
    const others = [...(groups.get(OTHERS) ?? []), ...beyond]
    groups.set(
      OTHERS,
      others.toSorted((a, b) => a.feed_id - b.feed_id),
    )
  }
}

/** Writes the transitions, and the notices of them and of what was held back and need not be any more. */
async function tell(
  client: pg.PoolClient,
  judged: readonly Judged[],
  until: number,
): Promise<{ transitions: number; deliveries: number }> {
  const concerned = judged.filter(({ group, state }) => group.transitions.length > 0 || state.is_owed)
  if (concerned.length === 0) return { transitions: 0, deliveries: 0 }
  const silences = await listSilences(client)
  const tiers = Map.groupBy(judged, keyOf)
  const heldNow = (one: Judged, isFiring: boolean, at: number) =>
    heldFor(silences, one, at) ?? (isFiring ? heldByHigher(one, tiers.get(keyOf(one)) ?? []) : undefined)
  const transitions: NewTransition[] = []
  const pending: { one: Judged; index: number; kind: 'firing' | 'resolved'; incident: number }[] = []
  const owed: Judged[] = []
  for (const one of concerned) {
    const { group, state, rule, rule_id, group_key } = one
    if (group.transitions.length === 0) owed.push(one)
    for (const { kind, at, first_at, last_at, limit, ...decided } of group.transitions) {
      const isFiring = kind === 'firing'
      const held = heldNow(one, isFiring, Math.max(at, until))
      const outcome = reconcile(state, { isFiring, incident: decided.incident }, held)
      if (outcome.tell) {
        const incident = outcome.incident ?? decided.incident
        pending.push({ one, index: transitions.length, kind: outcome.tell, incident })
      }
      transitions.push({
        ...{ rule_id, group_key, tier: one.tier, revision: rule.revision, kind, ...decided },
        at: fromMillis(at),
        threshold: limit ?? thresholdOf(group.rule.condition),
        first_at: first_at === null ? null : fromMillis(first_at),
        last_at: last_at === null ? null : fromMillis(last_at),
        held: outcome.held ?? null,
      })
    }
  }
  const ids = await addTransitions(client, transitions)
  const tellings: Telling[] = []
  const note = (one: Judged, kind: Telling['kind'], transition: number | undefined, incident: number) => {
    const { rule_id, group_key, rule } = one
    if (transition === undefined) return
    const { tier } = one
    tellings.push({ rule_id, group_key, tier, revision: rule.revision, kind, transition, incident })
  }
  for (const { one, index, kind, incident } of pending) note(one, kind, ids[index], incident)
  const free = owed.filter((one) => heldNow(one, one.group.isFiring, until) === undefined)
  await tellOwed(client, free, note)
  const deliveries = await deliver(client, judged, tellings)
  return { transitions: ids.filter((id) => id !== undefined).length, deliveries }
}

/** Why nobody is told of a group now: a silence, or the rule's own quiet hours. */
function heldFor(silences: readonly StoredSilence[], one: Judged, at: number): string | undefined {
  return heldBy(silences, one, at) ?? (one.rule.quiet?.isActive(at) ? 'quiet hours of the rule' : undefined)
}

/** Why the notice of a threshold is held back by a higher one. */
function heldByHigher({ tier }: Judged, tiers: readonly Judged[]): string | undefined {
  const higher = tiers.find((one) => one.tier > tier && one.group.isFiring)
  return higher && `the threshold ${higher.rule.definition.thresholds?.[higher.tier - 1]?.at} fires`
}

/** Sends the notices that were held back, if the group is still in that state. */
async function tellOwed(
  client: pg.PoolClient,
  free: readonly Judged[],
  note: (one: Judged, kind: Telling['kind'], transition: number | undefined, incident: number) => void,
): Promise<void> {
  const newest = await newestTransitions(client, free)
  const byGroup = new Map(newest.map((transition) => [tierKeyOf(transition), transition.id]))
  for (const one of free) {
    const { state, group } = one
    const outcome = reconcile(state, { isFiring: group.isFiring, incident: state.incident }, undefined)
    if (outcome.tell) note(one, outcome.tell, byGroup.get(tierKeyOf(one)), outcome.incident ?? 0)
  }
}

async function deliver(
  client: pg.PoolClient,
  judged: readonly Judged[],
  tellings: readonly Telling[],
): Promise<number> {
  if (tellings.length === 0) return 0
  const rules = new Map(judged.map(({ rule }) => [rule.id, rule]))
  const channelIds = await channelsByName(client)
  const deliveries: NewDelivery[] = []
  for (const of of Map.groupBy(tellings, ({ rule_id, tier }) => `${rule_id} ${tier}`).values()) {
    const [{ rule_id, tier } = { rule_id: 0, tier: 0 }] = of
    const definition = rules.get(rule_id)?.definition
    const names = (definition && definitionAt(definition, tier).channels) ?? []
    const ids = names.flatMap((name) => channelIds.get(name) ?? [])
    deliveries.push(...deliveriesOf(of, ids))
  }
  await addDeliveries(client, deliveries)
  return deliveries.length
}

function thresholdOf(condition: Condition): number | null {
  if (condition.kind === 'silence') return condition.minutes
  // The limit of a usual number is another one each time.
  return 'threshold' in condition && condition.kind !== 'usual' ? condition.threshold : null
}

function tierKeyOf({ rule_id, group_key, tier }: GroupKey & { tier: number }): string {
  return `${rule_id} ${tier} ${group_key}`
}

function keyOf({ rule_id, group_key }: GroupKey): string {
  return `${rule_id} ${group_key}`
}
