// The content of a daily digest.
import type { Level } from '@timelapser/logger'

/** A kind of message, with its lines in the period. */
export type DigestKind = { level: Level; text: string; rows: number; first_at: string }

export type Digest = {
  timezone: string
  /** The day before the period begins here. */
  before: string
  start: string
  end: string
  /** Highest level first. */
  levels: { level: Level; rows: number; rows_before: number }[]
  /** Kinds of message at WARNING and above that had not been seen in the seven days before. */
  new_kinds: {
    total: number
    most: DigestKind[]
    /** Later than `start` when there was no time to look at all lines of the period. */
    searched_from: string
    /** The kinds are compared with those since then; null when there was no time to look before the period. */
    compared_from: string | null
  }
  /** Cameras without a line in the period, that had some in the seven days before. */
  silent_cameras: { total: number; listed: { id: number; name: string; last_at: string | null }[] }
  /** Rules that fired in the period, or cannot be evaluated now. */
  alerts: {
    rule_id: number
    name: string
    severity: string
    fired: number
    groups: number
    is_firing: boolean
    problem: string | null
  }[]
  /** The server's own lines at WARNING and above; null for owners who do not see them. */
  own: { total: number; most: DigestKind[] } | null
  /** Notices that were given up; null unless the owner is an administrator. */
  dead_notices: number | null
}
