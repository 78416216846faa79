// The minutes that groups count lines in: read before they are judged, written afterwards.
import type pg from 'pg'
import { firstCounted, loadCounts, type MinuteCount } from '../../store/alerts/alert-counts.ts'
import type { GroupKey } from '../../store/alerts/alert-states.ts'
import { DAY, fromMillis, MINUTE, toMillis } from '../../store/database/timestamp.ts'
import { hasWindows, spanOf, type WindowCondition } from './alert-condition.ts'
import type { Judged } from './judged.ts'
import { GRACE, JUDGEABLE } from './judging/group.ts'
import type { Numbers, Tally } from './judging/tally.ts'
import { changeOfClocks } from './judging/windows.ts'

/** Gives each group that counts the lines of the minutes that its windows may need until an instant. */
export async function fillCounts(
  client: pg.PoolClient,
  judged: readonly Judged[],
  until: number,
): Promise<void> {
  const counting = new Map<string, Judged[]>()
  const needed: (GroupKey & { from: string; to: string })[] = []
  for (const one of judged) {
    const { condition } = one.group.rule
    if (!hasWindows(condition)) continue
    const earliest = earliestOf(one)
    if (earliest === undefined) continue
    counting.set(keyOf(one), [...(counting.get(keyOf(one)) ?? []), one])
    for (const range of rangesOf(condition, earliest, until)) {
      needed.push({ rule_id: one.rule_id, group_key: one.group_key, ...range })
    }
  }
  for (const count of await loadCounts(client, needed)) {
    for (const { group } of counting.get(keyOf(count)) ?? []) {
      group.know(toMillis(count.minute), tallyOf(count))
    }
  }
  const looking = [...counting.values()].flat().filter(({ rule }) => rule.condition.kind === 'usual')
  for (const { minute, ...key } of await firstCounted(client, looking)) {
    for (const { group } of counting.get(keyOf(key)) ?? []) group.countedFrom = toMillis(minute)
  }
}

/** The earliest minute that a window may end with; undefined when none can be decided. */
function earliestOf({ seen, state }: Judged): number | undefined {
  const touched = seen.flatMap(({ minutes, at }) => [
    // A group that sleeps is judged from here on.
    Math.floor((at - GRACE) / MINUTE) * MINUTE,
    ...[...minutes.keys()].map((minute) => Math.max(minute, at - JUDGEABLE - MINUTE)),
  ])
  const from = state.judged_to ?? state.judged_from ?? state.due_at
  const due = state.due_at !== null && from !== null ? [from, state.due_at] : []
  const all = [...touched, ...due]
  return all.length === 0 ? undefined : all.reduce((a, b) => Math.min(a, b))
}

function rangesOf(
  condition: WindowCondition,
  earliest: number,
  until: number,
): { from: string; to: string }[] {
  const from = earliest - (spanOf(condition) + 2) * MINUTE
  const ranges = [{ from: fromMillis(from), to: 'infinity' }]
  if (condition.kind !== 'usual') return ranges
  const slack = changeOfClocks(condition)
  for (let day = 1; day <= condition.days; day++) {
    // The days before overlap with a window that begins a day back.
    const [first, last] = [from - day * DAY - slack, until - day * DAY + slack]
    ranges.push({ from: fromMillis(first), to: fromMillis(last) })
  }
  return ranges
}

/** A minute as it is judged. */
export function tallyOf({ rows, whole, numbers }: Pick<MinuteCount, 'rows' | 'whole' | 'numbers'>): Tally {
  return { rows, whole, numbers: numbers as Numbers | null }
}

/** The minutes that got lines, to be added to the stored ones. */
export function countsOf({ rule_id, group_key, tier, group }: Judged): MinuteCount[] {
  // The thresholds of a rule count the same lines.
  if (tier > 0) return []
  return [...group.added].map(([minute, { rows, whole }]) => ({
    ...{ rule_id, group_key, minute: fromMillis(minute), rows, whole },
    // Figures cannot be added up by the database: these hold what was stored as well.
    numbers: group.counts.get(minute)?.numbers ?? null,
  }))
}

function keyOf({ rule_id, group_key }: GroupKey): string {
  return `${rule_id} ${group_key}`
}
