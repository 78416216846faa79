// A group of a rule while it is judged: what is known of it, and what was decided. It knows no database and no clock.
import { DAY, MINUTE } from '../../../store/database/timestamp.ts'
import type { ActiveHours } from '../active-hours.ts'
import type { Condition } from '../alert-condition.ts'
import { addTallies, NO_TALLY, type Tally } from './tally.ts'
import { sumOf, type Tallies } from './windows.ts'

/** How long after its end a window waits for its lines. */
export const GRACE = MINUTE

/** A line further than this from the time of its entry is too late, or too early, to count in a window. */
export const JUDGEABLE = DAY

/** A group of which nothing came for so long is not watched any more. Twice the longest silence that can be asked for. */
export const EXPIRES = 14 * DAY

export type AlertState = 'normal' | 'firing' | 'resolved' | 'no_data'

/** The stored state of a group; instants in milliseconds. */
export type GroupState = {
  state: AlertState
  since: number
  incident: number | null
  value: number | null
  /** Ends of the first and last window of the incident, or the times of its lines. */
  first_at: number | null
  last_at: number | null
  extended_at: number | null
  seen_at: number | null
  came_at: number | null
  sightings: number
  judged_from: number | null
  judged_to: number | null
  due_at: number | null
  /** Lines that came too far from their own time to count in a window. */
  too_late: number
  /** The last gaps between its minutes with lines; null where its cadence does not matter. */
  gaps: number[] | null
}

/** The lines of a group in one entry of the feed. */
export type Sighting = {
  feed_id: number
  /** When the entry was committed. */
  at: number
  /** Lines that match, or that the share is taken of; none for a sign of life that was not stored. */
  rows: number
  /** The first and last time of its lines. */
  first: number
  last: number
  /** The lines of each minute, by the instant it begins with. */
  minutes: ReadonlyMap<number, Tally>
}

export type TransitionKind = 'firing' | 'resolved' | 'expired'

export type Transition = {
  kind: TransitionKind
  window_key: number
  incident: number
  at: number
  value: number | null
  /** The limit that the value was held against, where it is not the rule's own. */
  limit: number | null
  first_at: number | null
  last_at: number | null
  late_ms: number
}

/** The part of a rule that the conditions read. */
export type JudgedRule = {
  condition: Condition
  hours: ActiveHours
  isGrouped: boolean
  /** When its condition began. */
  begun: number
  /** Whether the group stands for all those beyond what may be kept. */
  isOfMany?: boolean
}

export type Firing = {
  /** Tells the incident from all others of the group. */
  key: number
  at: number
  value: number
  limit?: number | null
  first: number
  last: number
  lateMs?: number
}

export class Group {
  readonly rule: JudgedRule
  readonly state: GroupState
  /** The lines of each minute, of the windows that may still be decided. */
  readonly counts: ReadonlyMap<number, Tally>
  readonly #counts: Map<number, Tally>
  #newestMinute = Number.NEGATIVE_INFINITY
  /** The lines of each minute that are to be added to the stored ones. */
  readonly added = new Map<number, Tally>()
  /** The first minute of which a line was ever counted; set for conditions that look back over days. */
  countedFrom = Number.POSITIVE_INFINITY
  /** Lines of this step that came too far from their own time. */
  tooLate = 0
  readonly transitions: Transition[] = []

  constructor(rule: JudgedRule, state: GroupState, counts = new Map<number, Tally>()) {
    this.rule = rule
    this.state = state
    this.counts = counts
    this.#counts = counts
    for (const minute of counts.keys()) this.#newestMinute = Math.max(this.#newestMinute, minute)
  }

  /** The latest minute with lines, or minus infinity. */
  get newestMinute(): number {
    return this.#newestMinute
  }

  /** Sets the lines of a minute. */
  know(minute: number, tally: Tally): void {
    this.#counts.set(minute, tally)
    this.#newestMinute = Math.max(this.#newestMinute, minute)
  }

  get isFiring(): boolean {
    return this.state.state === 'firing'
  }

  /** Whether the group is one of those that are missed when nothing comes: one line alone may be a typing error. */
  get isKnown(): boolean {
    return !this.rule.isGrouped || this.state.sightings >= 2
  }

  /** Notes that a line came which was not stored. */
  noteSign({ at, last }: Sighting): void {
    const { state } = this
    state.came_at = Math.max(state.came_at ?? at, at)
    state.seen_at = Math.max(state.seen_at ?? Number.NEGATIVE_INFINITY, Math.min(last, at))
  }

  /** Notes a sign of life; true when the group has just become a known one. */
  noteLife({ at, last }: Sighting): boolean {
    const { state } = this
    const wasKnown = this.isKnown
    state.sightings++
    state.came_at = at
    state.seen_at = Math.max(state.seen_at ?? Number.NEGATIVE_INFINITY, Math.min(last, at))
    if (state.state === 'no_data') this.#become('normal', at)
    return this.isKnown && !wasKnown
  }

  /** Adds lines to the counts of their minutes; returns the minutes that count, the first and the last, if any does. */
  count({ at, minutes }: Sighting): { counted: Map<number, Tally>; from: number; to: number } | undefined {
    const counted = new Map<number, Tally>()
    let from = Number.POSITIVE_INFINITY
    let to = Number.NEGATIVE_INFINITY
    for (const [minute, tally] of minutes) {
      if (Math.abs(minute - at) > JUDGEABLE) {
        // Lines of a share are lines of its whole too.
        const lines = Math.max(tally.rows, tally.whole)
        this.tooLate += lines
        this.state.too_late += lines
        continue
      }
      if (!this.rule.hours.isActive(minute)) continue
      counted.set(minute, tally)
      this.know(minute, addTallies(this.counts.get(minute) ?? NO_TALLY, tally))
      this.added.set(minute, addTallies(this.added.get(minute) ?? NO_TALLY, tally))
      from = Math.min(from, minute)
      to = Math.max(to, minute)
    }
    return from <= to ? { counted, from, to } : undefined
  }

  /** Lines of the window that ends at the instant. */
  sumTo(end: number, minutes: number): number {
    return sumOf(end, minutes, { at: (minute) => this.counts.get(minute), counts: this.counts }).rows
  }

  tallies(): Tallies {
    const { judged_from, since } = this.state
    const isUsual = this.rule.condition.kind === 'usual'
    return {
      at: (minute) => this.counts.get(minute),
      counts: this.counts,
      knownFrom: isUsual ? this.countedFrom : Math.ceil((judged_from ?? since) / MINUTE) * MINUTE,
      hours: this.rule.hours,
    }
  }

  fire({ key, at, value, limit = null, first, last, lateMs = 0 }: Firing): void {
    Object.assign(this.state, { incident: key, value, first_at: first, last_at: last, extended_at: at })
    this.#become('firing', at)
    this.#decide('firing', { key, at, value, limit, lateMs })
  }

  resolve(at: number, value: number | null): void {
    this.#become('resolved', at)
    this.#decide('resolved', { key: this.state.incident ?? at, at, value })
  }

  /** Nothing came for so long that nobody waits for it any more. */
  expire(at: number): void {
    const { state } = this
    if (this.isFiring) this.#decide('expired', { key: state.incident ?? at, at, value: state.value })
    this.#become('no_data', at)
    Object.assign(state, { sightings: 0, judged_from: null, judged_to: null, due_at: null, gaps: null })
  }

  #become(next: AlertState, at: number): void {
    this.state.state = next
    this.state.since = at
  }

  #decide(
    kind: TransitionKind,
    {
      key,
      at,
      value,
      limit = null,
      lateMs = 0,
    }: { key: number; at: number; value: number | null; limit?: number | null; lateMs?: number },
  ): void {
    const { incident, first_at, last_at } = this.state
    this.transitions.push({
      ...{ kind, window_key: key, incident: incident ?? key, at, value, limit },
      ...{ first_at, last_at, late_ms: lateMs },
    })
  }
}

/** A group of which nothing is known yet. */
export function newState(at: number): GroupState {
  return {
    ...{ state: 'normal', since: at, incident: null, value: null },
    ...{ first_at: null, last_at: null, extended_at: null, seen_at: null, came_at: null },
    ...{ sightings: 0, judged_from: null, judged_to: null, due_at: null, too_late: 0, gaps: null },
  }
}
