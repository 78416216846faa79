import type { Level } from '@timelapser/logger'
import type { SqlParameters } from '../database/sql-parameters.ts'
import { comparable, DAY, floorTo, fromMillis, MINUTE } from '../database/timestamp.ts'
import type { Settings } from '../settings/settings-schema.ts'

/**
 * When a row is too old, as instants: rows before them go. A source's own cut-off goes before a level's own, and that
 * before the general one. Null keeps for ever.
 */
export type Cutoffs = {
  general: string | null
  levels: Partial<Record<Level, string | null>>
  sources: Record<string, string | null>
}

type RetentionSettings = Pick<Settings, 'retention_days' | 'retention_by_level' | 'retention_by_source'>

/** The cut-offs of the settings as of now; whole minutes, as the kept counts have them. */
export function cutoffsOf(settings: RetentionSettings, now: number): Cutoffs {
  const cutoff = (days: number) =>
    days === 0 ? null : fromMillis(floorTo(fromMillis(now - days * DAY), MINUTE))
  const each = (days: Record<string, number>) =>
    Object.fromEntries(Object.entries(days).map(([name, value]) => [name, cutoff(value)]))
  return {
    general: cutoff(settings.retention_days),
    levels: each(settings.retention_by_level),
    sources: each(settings.retention_by_source),
  }
}

/** Whether levels or sources have cut-offs of their own. */
export function hasOwnRules({ levels, sources }: Cutoffs): boolean {
  return Object.keys(levels).length > 0 || Object.keys(sources).length > 0
}

/** The cut-off of one row. */
export function cutoffFor(
  { general, levels, sources }: Cutoffs,
  { level, source }: { level: Level; source: string },
): string | null {
  const own = Object.hasOwn(sources, source) ? sources[source] : levels[level]
  return own === undefined ? general : own
}

/** One cut-off for every row. */
export function cutoffForAll(cutoff: string): Cutoffs {
  return { general: cutoff, levels: {}, sources: {} }
}

/** The condition on a row, or on a count by its bucket, that is to go. */
export function goesBefore(cutoffs: Cutoffs, column: string, parameters: SqlParameters): string {
  const latest = latestCutoff(cutoffs)
  if (latest === null) return 'false'
  const value = (cutoff: string | null) => `${parameters.add(cutoff ?? '-infinity')}::timestamptz`
  const cases = [
    ...Object.entries(cutoffs.sources).map(
      ([source, cutoff]) => `when source = ${parameters.add(source)}::text then ${value(cutoff)}`,
    ),
    ...Object.entries(cutoffs.levels).map(
      ([level, cutoff]) => `when level = ${parameters.add(level)}::text then ${value(cutoff)}`,
    ),
  ]
  const otherwise = value(cutoffs.general)
  if (cases.length === 0) return `${column} < ${otherwise}`
  // The bound says nothing new, but an index can use it.
  return `${column} < ${value(latest)} and ${column} < case ${cases.join(' ')} else ${otherwise} end`
}

/** All rows from here on stay; null when all do. */
export function latestCutoff(cutoffs: Cutoffs): string | null {
  return all(cutoffs)
    .filter((cutoff) => cutoff !== null)
    .reduce<string | null>((a, b) => (a !== null && comparable(a) > comparable(b) ? a : b), null)
}

/** All rows before here go; null when some are kept for ever. */
export function earliestCutoff(cutoffs: Cutoffs): string | null {
  const every = all(cutoffs)
  if (every.includes(null)) return null
  return every.reduce((a, b) => (a !== null && b !== null && comparable(a) < comparable(b) ? a : b))
}

function all({ general, levels, sources }: Cutoffs): (string | null)[] {
  return [general, ...Object.values(levels), ...Object.values(sources)]
}
