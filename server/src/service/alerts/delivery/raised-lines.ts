// The lines that an incident has because its rule raised the level: the detail before and after the fault.
import { LEVELS, type Level } from '@timelapser/logger'
import { OTHERS } from '../../../store/alerts/alert-matches.ts'
import type { StoredTransition } from '../../../store/alerts/alert-transitions.ts'
import { fromMillis, MINUTE, toMillis } from '../../../store/database/timestamp.ts'
import type { AlertDefinition } from '../alert-rule.ts'
import { groupPath } from '../grouping.ts'

/** A flight recorder brings lines up to so old. */
const RECORDED_MS = 10 * MINUTE

export type RaisedLines = {
  /** The filters of the lines, in the form of an address, without their time. */
  query: URLSearchParams
  start: string
  end: string
  /** The level that was stored from then on. */
  level: Level
}

/**
 * The lines of the group below the general level while it was raised, and those that flight recorders brought then. Lines
 * below the general level are stored for no other reason than an override.
 *
 * @param general the level in force without overrides
 * @returns undefined for a change that raised no level
 */
export function raisedLines(
  { raise_level, group_by }: Pick<AlertDefinition, 'raise_level' | 'group_by'>,
  { kind, tier, late_ms, group_key, at, first_at }: StoredTransition,
  general: Level,
): RaisedLines | undefined {
  if (kind !== 'firing' || tier > 0 || late_ms > 0 || group_key === '' || group_key === OTHERS)
    return undefined
  if (!raise_level || group_by === undefined || groupPath(group_by)) return undefined
  const isLower = LEVELS.indexOf(raise_level.level) < LEVELS.indexOf(general)
  const recorded = 'extra_data.recorded:true'
  const query = new URLSearchParams({
    [group_by === 'camera' ? 'camera_id' : group_by]: group_key,
    q: isLower ? `level:<${general.toLowerCase()} or ${recorded}` : recorded,
  })
  const fired = toMillis(at)
  const first = Math.min(fired, toMillis(first_at ?? at))
  return {
    ...{ query, level: raise_level.level, start: fromMillis(first - RECORDED_MS) },
    end: fromMillis(fired + raise_level.minutes * MINUTE),
  }
}

/** The query string of the list that shows them. */
export function searchOfRaised({ query, start, end }: RaisedLines): string {
  return `?${query}&${new URLSearchParams({ from: start, to: end, live: '0' })}`
}
