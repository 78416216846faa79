// From the lines of new entries to what each group of each rule saw.
import type pg from 'pg'
import {
  type Dimensions,
  type EntryMatch,
  matchRows,
  rulesForDimensions,
} from '../../store/alerts/alert-matches.ts'
import type { CommittedEntry } from '../../store/alerts/alert-position.ts'
import { readSigns } from '../../store/alerts/alert-signs.ts'
import { countEntries, type EntryCount } from '../../store/alerts/entry-counts.ts'
import { readMessages } from '../../store/alerts/entry-messages.ts'
import { fromMillis, toMillis } from '../../store/database/timestamp.ts'
import type { Feed } from '../../store/feed/feed.ts'
import type { Sighting } from './judging/group.ts'
import { addTallies, NO_TALLY, numbersOf, type Tally } from './judging/tally.ts'
import { kindOf } from './kinds.ts'
import type { ActiveRule, DimensionSearches, RuleSearch, RuleSet } from './rule-set.ts'
import type { SiftedEntries } from './sieve/sifted-entries.ts'

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
 * Finds what the rules see in entries. Level, source and camera are counted once for all rules. Of the lines that these
 * let through, one pass over the messages says which may match a text; the database compares those alone.
 *
 * @param commitOf when an entry was committed, in milliseconds
 * @param sifted entries whose messages were sifted as they were written
 */
export async function findSightings(
  client: pg.PoolClient,
  feed: Feed,
  set: RuleSet,
  entries: readonly CommittedEntry[],
  commitOf: (feedId: number) => number,
  sifted?: SiftedEntries,
): Promise<Sightings> {
  const gathered = new Gathered(commitOf)
  if (entries.length === 0) return { groups: gathered.groups, failed: new Map(), compared: [] }
  const counts = await countEntries(client, feed, entries)
  await learnDimensions(client, set, counts)
  const texts = new Candidates(set, entries, sifted)
  for (const count of counts) {
    const searches = set.byDimensions.get(keyOf(count))
    if (!searches) continue
    const { feed_id, minute, rows, first, last } = count
    const seen = { feed_id, minute, rows, first, last }
    for (const search of searches.counted) {
      if (count.feed_id <= search.begins_after || (count.is_own && !search.include_own)) continue
      const group_key = groupOf(search, count)
      if (group_key !== undefined) gathered.add(search.rule_id, group_key, seen, tallyOf(search, rows))
    }
    texts.add(count, searches)
  }
  const { matches, failed } = await texts.match(client, feed)
  for (const match of matches) {
    const search = set.searches.get(match.rule_id)
    const rule = search && set.rules.get(search.rule_id)
    if (!rule) continue
    const { group_key, message, numbers } = match
    const key = message === null ? group_key : kindOf(group_key, message)
    const isP95 = rule.condition.kind === 'number' && rule.condition.measure === 'p95'
    const tally = { ...tallyOf(search, match.rows), numbers: numbersOf(numbers ?? [], isP95) }
    gathered.add(rule.id, key, timesOf(match), tally)
  }
  const failedRules = new Map(
    [...failed].map(([id, problem]) => [set.searches.get(id)?.rule_id ?? id, problem]),
  )
  // The lines of one of its searches alone would be a share of the wrong lines.
  for (const id of failedRules.keys()) {
    if (set.rules.get(id)?.condition.kind === 'share') gathered.groups.delete(id)
  }
  const compared = texts.asked.flatMap((id) => set.searches.get(id)?.rule_id ?? [])
  return { groups: gathered.sorted(), failed: failedRules, compared }
}

/** Searches with a text, a field or a logger, and the entries whose lines they are to be compared with. */
class Candidates {
  readonly #set: RuleSet
  readonly #entries: readonly CommittedEntry[]
  readonly #known: SiftedEntries | undefined
  readonly #open = { searches: new Set<number>(), entries: new Set<number>() }
  readonly #sieved = { searches: new Set<number>(), entries: new Set<number>() }

  constructor(set: RuleSet, entries: readonly CommittedEntry[], sifted: SiftedEntries | undefined) {
    this.#set = set
    this.#entries = entries
    this.#known = sifted
  }

  /** The searches that level, source and camera of some line let through. */
  get asked(): readonly number[] {
    return [...this.#open.searches, ...this.#sieved.searches]
  }

  add(count: EntryCount, { open, sieved }: DimensionSearches): void {
    for (const { begins_after, include_own, id } of open) {
      if (count.feed_id <= begins_after || (count.is_own && !include_own)) continue
      this.#open.searches.add(id)
      this.#open.entries.add(count.feed_id)
    }
    if (sieved.length === 0) return
    for (const id of sieved) this.#sieved.searches.add(id)
    this.#sieved.entries.add(count.feed_id)
  }

  /** Compares them, those with a text that the sieve knows with the lines alone that may have it. */
  async match(
    client: pg.PoolClient,
    feed: Feed,
  ): Promise<{ matches: EntryMatch[]; failed: Map<number, string> }> {
    const among = (ids: ReadonlySet<number>) => this.#entries.filter(({ id }) => ids.has(id))
    const searches = (ids: ReadonlySet<number>) => [...ids].flatMap((id) => this.#set.searches.get(id) ?? [])
    const { found, whole, ids } = await this.#sift(client, feed, among(this.#sieved.entries))
    const parts = [
      await matchRows(client, feed, among(this.#open.entries), searches(this.#open.searches)),
      await matchRows(client, feed, among(whole), searches(found)),
      await matchRows(client, feed, among(new Set(ids.keys())), searches(found), [...ids.values()].flat()),
    ]
    return {
      matches: parts.flatMap(({ matches }) => matches),
      failed: new Map(parts.flatMap(({ failed }) => [...failed])),
    }
  }

  /** The searches that some lines may match, the entries of which all lines may, and of others the ids of lines. */
  async #sift(client: pg.PoolClient, feed: Feed, entries: readonly CommittedEntry[]) {
    const found = new Set<number>()
    const whole = new Set<number>()
    const ids = new Map<number, number[]>()
    const { sieve } = this.#set
    const asked = this.#sieved.searches
    const unknown: CommittedEntry[] = []
    for (const entry of entries) {
      const known = this.#known?.find(entry, sieve)
      if (!known) {
        unknown.push(entry)
        continue
      }
      const some = [...known.searches].filter((id) => asked.has(id))
      for (const id of some) found.add(id)
      if (some.length === 0) continue
      if (known.ids) ids.set(entry.id, [...known.ids])
      else whole.add(entry.id)
    }
    const firstIds = new Map(unknown.map(({ id, first_id }) => [id, first_id]))
    for (const messages of await readMessages(client, feed, unknown, sieve.levels)) {
      const { lines, searches } = sieve.sift(messages, asked)
      for (const id of searches) found.add(id)
      const { feed_id, offsets } = messages
      if (!lines) whole.add(feed_id)
      else if (lines.size > 0) {
        const places = offsets.slice(1, -1).split(',')
        const first = firstIds.get(feed_id) ?? 0
        ids.set(feed_id, [
          ...(ids.get(feed_id) ?? []),
          ...[...lines].map((line) => first + Number(places[line])),
        ])
      }
    }
    for (const id of whole) ids.delete(id)
    return { found, whole, ids }
  }
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
  const extended = new Set<Sighting[]>()
  for (const sign of signs) {
    const seen = toMillis(sign.seen_at)
    for (const { id } of set.byDimensions.get(keyOf(sign))?.counted ?? []) {
      const rule = set.rules.get(id)
      const key = rule && isWaiting(rule) ? groupOf(rule, sign) : undefined
      if (key === undefined || !rule || seen < rule.begun) continue
      const ofRule = groups.get(id) ?? new Map<string, Sighting[]>()
      groups.set(id, ofRule)
      const at = Math.max(seen, after)
      const sightings = ofRule.get(key) ?? []
      ofRule.set(key, sightings)
      sightings.push({
        feed_id: 0,
        at,
        rows: 0,
        first: seen,
        last: seen,
        minutes: new Map<number, Tally>(),
      })
      extended.add(sightings)
    }
  }
  for (const sightings of extended) sightings.sort((a, b) => a.at - b.at)
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
  const found = await rulesForDimensions(client, [...set.searches.values()], [...unknown.values()])
  for (const [index, key] of [...unknown.keys()].entries()) {
    const searches = (found[index] ?? []).flatMap((id) => set.searches.get(id) ?? [])
    const texts = searches.filter(({ isCounted }) => !isCounted)
    set.byDimensions.set(key, {
      counted: searches.filter(({ isCounted }) => isCounted),
      sieved: texts.map(({ id }) => id).filter((id) => !set.sieve.open.has(id)),
      open: texts.filter(({ id }) => set.sieve.open.has(id)),
    })
  }
}

function keyOf({ level, source, camera_id }: Dimensions): string {
  return `${level} ${camera_id ?? ''} ${source}`
}

function groupOf(
  { group_by }: Pick<RuleSearch, 'group_by'>,
  { source, camera_id }: Dimensions,
): string | undefined {
  if (group_by === null) return ''
  if (group_by === 'source') return source
  if (camera_id !== null) return String(camera_id)
  return /^camera_([1-9]\d{0,9})$/.exec(source)?.[1]
}

function tallyOf({ isWhole }: RuleSearch, rows: number): Tally {
  return isWhole ? { ...NO_TALLY, whole: rows } : { ...NO_TALLY, rows }
}

type Open = Omit<Sighting, 'minutes'> & { minutes: Map<number, Tally> }

/** The lines of an entry in a minute, in milliseconds. */
type Times = { feed_id: number; rows: number; first: number; last: number; minute: number }

function timesOf({
  feed_id,
  rows,
  ...times
}: Pick<EntryMatch, 'feed_id' | 'minute' | 'rows' | 'first' | 'last'>): Times {
  const { first, last, minute } = times
  return { feed_id, rows, first: toMillis(first), last: toMillis(last), minute: toMillis(minute) }
}

class Gathered {
  readonly groups = new Map<number, Map<string, Open[]>>()
  readonly #byEntry = new Map<string, Open>()
  readonly #commitOf: (feedId: number) => number

  constructor(commitOf: (feedId: number) => number) {
    this.#commitOf = commitOf
  }

  add(
    rule_id: number,
    group_key: string,
    { feed_id, minute: of, rows, first, last }: Times,
    tally: Tally,
  ): void {
    const key = `${rule_id} ${feed_id} ${group_key}`
    const known = this.#byEntry.get(key)
    if (known) {
      known.rows += rows
      known.first = Math.min(known.first, first)
      known.last = Math.max(known.last, last)
      known.minutes.set(of, addTallies(known.minutes.get(of) ?? NO_TALLY, tally))
      return
    }
    const sighting = {
      feed_id,
      at: this.#commitOf(feed_id),
      rows,
      first,
      last,
      minutes: new Map([[of, tally]]),
    }
    this.#byEntry.set(key, sighting)
    const groups = this.groups.get(rule_id) ?? new Map<string, Open[]>()
    this.groups.set(rule_id, groups)
    const before = groups.get(group_key)
    if (before) before.push(sighting)
    else groups.set(group_key, [sighting])
  }

  sorted(): Map<number, Map<string, Open[]>> {
    for (const groups of this.groups.values()) {
      for (const sightings of groups.values()) sightings.sort((a, b) => a.feed_id - b.feed_id)
    }
    return this.groups
  }
}
