// From the lines of new entries to what each group of each rule saw.
import type pg from 'pg'
import {
  countEntries,
  type Dimensions,
  type EntryMatch,
  matchRows,
  rulesForDimensions,
} from '../../store/alerts/alert-matches.ts'
import type { CommittedEntry } from '../../store/alerts/alert-position.ts'
import { readSigns } from '../../store/alerts/alert-signs.ts'
import { fromMillis, toMillis } from '../../store/database/timestamp.ts'
import type { Feed } from '../../store/feed/feed.ts'
import type { Sighting } from './judging/group.ts'
import type { ActiveRule, RuleSet } from './rule-set.ts'

/** Dimensions whose rules are remembered; 300 rules and 20,000 of these are some 10 MB. */
const MAX_REMEMBERED = 20_000

export type Sightings = {
  /** By rule, then group; in the order of commits. */
  groups: Map<number, Map<string, Sighting[]>>
  /** Rules whose text could not be compared, and why. */
  failed: Map<number, string>
  /** Rules whose text was compared. */
  compared: number[]
}

/**
 * Finds what the rules see in entries. Level, source and camera are counted once for all rules; text is compared only
 * where those let some rule through.
 *
 * @param commitOf when an entry was committed, in milliseconds
 */
export async function findSightings(
  client: pg.PoolClient,
  feed: Feed,
  set: RuleSet,
  entries: readonly CommittedEntry[],
  commitOf: (feedId: number) => number,
): Promise<Sightings> {
  const gathered = new Gathered(commitOf)
  if (entries.length === 0) return { groups: gathered.groups, failed: new Map(), compared: [] }
  const counts = await countEntries(client, feed, entries)
  await learnDimensions(client, set, counts)
  const texts = new Set<ActiveRule>()
  const touched = new Set<number>()
  for (const count of counts) {
    for (const id of set.byDimensions.get(keyOf(count)) ?? []) {
      const rule = set.rules.get(id)
      if (!rule || count.feed_id <= rule.begins_after || (count.is_own && !rule.include_own)) continue
      if (rule.isCounted) {
        const group_key = groupOf(rule, count)
        if (group_key !== undefined) gathered.add({ ...count, rule_id: id, group_key })
      } else {
        texts.add(rule)
        touched.add(count.feed_id)
      }
    }
  }
  const compared = [...texts]
  const { matches, failed } = await matchRows(
    client,
    feed,
    entries.filter(({ id }) => touched.has(id)),
    compared,
  )
  for (const match of matches) gathered.add(match)
  return { groups: gathered.sorted(), failed, compared: compared.map(({ id }) => id) }
}

/** Signs are written by servers in their own time, and read once more for as long as that may take. */
const SIGNS_LATE_MS = 30_000

/** Adds what came and was not stored to what rules for silence saw. */
export async function addSigns(
  client: pg.PoolClient,
  set: RuleSet,
  groups: Sightings['groups'],
  { after, until }: { after: number; until: number },
): Promise<void> {
  const isWaiting = ({ condition, isCounted }: ActiveRule) => condition.kind === 'silence' && isCounted
  if (![...set.rules.values()].some(isWaiting)) return
  const signs = await readSigns(client, fromMillis(after - SIGNS_LATE_MS), fromMillis(until))
  await learnDimensions(client, set, signs)
  for (const sign of signs) {
    const seen = toMillis(sign.seen_at)
    for (const id of set.byDimensions.get(keyOf(sign)) ?? []) {
      const rule = set.rules.get(id)
      const key = rule && isWaiting(rule) ? groupOf(rule, sign) : undefined
      if (key === undefined || !rule || seen < rule.begun_at) continue
      const ofRule = groups.get(id) ?? new Map<string, Sighting[]>()
      groups.set(id, ofRule)
      const at = Math.max(seen, after)
      const sighting = {
        feed_id: 0,
        at,
        rows: 0,
        first: seen,
        last: seen,
        minutes: new Map<number, number>(),
      }
      ofRule.set(
        key,
        [...(ofRule.get(key) ?? []), sighting].toSorted((a, b) => a.at - b.at),
      )
    }
  }
}

async function learnDimensions(
  client: pg.PoolClient,
  set: RuleSet,
  counts: readonly Dimensions[],
): Promise<void> {
  if (set.byDimensions.size > MAX_REMEMBERED) set.byDimensions.clear()
  const unknown = new Map<string, Dimensions>()
  for (const count of counts) {
    const key = keyOf(count)
    if (!set.byDimensions.has(key)) unknown.set(key, count)
  }
  const found = await rulesForDimensions(client, [...set.rules.values()], [...unknown.values()])
  for (const [index, key] of [...unknown.keys()].entries()) set.byDimensions.set(key, found[index] ?? [])
}

function keyOf({ level, source, camera_id }: Dimensions): string {
  return `${level} ${camera_id ?? ''} ${source}`
}

function groupOf({ group_by }: ActiveRule, { source, camera_id }: Dimensions): string | undefined {
  if (group_by === null) return ''
  if (group_by === 'source') return source
  if (camera_id !== null) return String(camera_id)
  return /^camera_([1-9]\d{0,9})$/.exec(source)?.[1]
}

type Open = Omit<Sighting, 'minutes'> & { minutes: Map<number, number> }

class Gathered {
  readonly groups = new Map<number, Map<string, Open[]>>()
  readonly #byEntry = new Map<string, Open>()
  readonly #commitOf: (feedId: number) => number

  constructor(commitOf: (feedId: number) => number) {
    this.#commitOf = commitOf
  }

  add({ rule_id, group_key, feed_id, minute, rows, ...times }: EntryMatch): void {
    const [first, last, of] = [toMillis(times.first), toMillis(times.last), toMillis(minute)]
    const key = `${rule_id} ${feed_id} ${group_key}`
    const known = this.#byEntry.get(key)
    if (known) {
      known.rows += rows
      known.first = Math.min(known.first, first)
      known.last = Math.max(known.last, last)
      known.minutes.set(of, (known.minutes.get(of) ?? 0) + rows)
      return
    }
    const sighting = {
      feed_id,
      at: this.#commitOf(feed_id),
      rows,
      first,
      last,
      minutes: new Map([[of, rows]]),
    }
    this.#byEntry.set(key, sighting)
    const groups = this.groups.get(rule_id) ?? new Map<string, Open[]>()
    this.groups.set(rule_id, groups)
    groups.set(group_key, [...(groups.get(group_key) ?? []), sighting])
  }

  sorted(): Map<number, Map<string, Open[]>> {
    for (const groups of this.groups.values()) {
      for (const sightings of groups.values()) sightings.sort((a, b) => a.feed_id - b.feed_id)
    }
    return this.groups
  }
}
