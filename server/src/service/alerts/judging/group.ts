// A group of a rule while it is judged: what is known of it, and what was decided. It knows no database and no clock.
import { DAY, MINUTE } from '../../../store/database/timestamp.ts'
import type { ActiveHours } from '../active-hours.ts'
import type { Condition } from '../alert-rule.ts'

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
}

/** The lines of a group in one entry of the feed. */
export type Sighting = {
  feed_id: number
  /** When the entry was committed. */
  at: number
  /** None for a sign of life that was not stored. */
  rows: number
  /** The first and last time of its lines. */
  first: number
  last: number
  /** Lines by the minute they are of, as the instant it begins with. */
  minutes: ReadonlyMap<number, number>
}

export type TransitionKind = 'firing' | 'resolved' | 'expired'

export type Transition = {
  kind: TransitionKind
  window_key: number
  incident: number
  at: number
  value: number | null
  first_at: number | null
  last_at: number | null
  late_ms: number
}

/** The part of a rule that the conditions read. */
export type JudgedRule = { condition: Condition; hours: ActiveHours; isGrouped: boolean }

export type Firing = {
  /** Tells the incident from all others of the group. */
  key: number
  at: number
  value: number
  first: number
  last: number
  lateMs?: number
}

export class Group {
  readonly rule: JudgedRule
  readonly state: GroupState
  /** Lines by minute, of the windows that may still be decided. */
  readonly counts: Map<number, number>
  /** Lines by minute, to be added to the stored counts. */
  readonly added = new Map<number, number>()
  readonly transitions: Transition[] = []

  constructor(rule: JudgedRule, state: GroupState, counts = new Map<number, number>()) {
    this.rule = rule
    this.state = state
    this.counts = counts
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

  /** Adds lines to the counts of their minutes; returns the first and last minute that counts, if any does. */
  count({ at, minutes }: Sighting): { from: number; to: number } | undefined {
    let from = Number.POSITIVE_INFINITY
    let to = Number.NEGATIVE_INFINITY
    for (const [minute, rows] of minutes) {
      if (Math.abs(minute - at) > JUDGEABLE || !this.rule.hours.isActive(minute)) continue
      this.counts.set(minute, (this.counts.get(minute) ?? 0) + rows)
      this.added.set(minute, (this.added.get(minute) ?? 0) + rows)
      from = Math.min(from, minute)
      to = Math.max(to, minute)
    }
    return from <= to ? { from, to } : undefined
  }

  /** Lines of the window that ends at the instant. */
  sumTo(end: number, minutes: number): number {
    let sum = 0
    for (let minute = end - minutes * MINUTE; minute < end; minute += MINUTE) {
      sum += this.counts.get(minute) ?? 0
    }
    return sum
  }

  fire({ key, at, value, first, last, lateMs = 0 }: Firing): void {
    Object.assign(this.state, { incident: key, value, first_at: first, last_at: last, extended_at: at })
    this.#become('firing', at)
    this.#decide('firing', { key, at, value, lateMs })
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
    Object.assign(state, { sightings: 0, judged_from: null, judged_to: null, due_at: null })
  }

  #become(next: AlertState, at: number): void {
    this.state.state = next
    this.state.since = at
  }

  #decide(
    kind: TransitionKind,
    { key, at, value, lateMs = 0 }: { key: number; at: number; value: number | null; lateMs?: number },
  ): void {
    const { incident, first_at, last_at } = this.state
    this.transitions.push({
      ...{ kind, window_key: key, incident: incident ?? key, at, value, first_at, last_at },
      late_ms: lateMs,
    })
  }
}

/** A group of which nothing is known yet. */
export function newState(at: number): GroupState {
  return {
    ...{ state: 'normal', since: at, incident: null, value: null },
    ...{ first_at: null, last_at: null, extended_at: null, seen_at: null, came_at: null },
    ...{ sightings: 0, judged_from: null, judged_to: null, due_at: null },
  }
}
