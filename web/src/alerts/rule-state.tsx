import type { ListedAlertRule } from 'timelapser-logs/api'

type Look = 'firing' | 'broken' | 'quiet'

const LOOKS: Readonly<Record<Look, string>> = {
  firing: 'bg-critical-wash text-error font-semibold',
  broken: 'text-warning font-semibold',
  quiet: 'text-muted',
}

/** The state of a rule, in words. */
export function RuleState({ rule }: { rule: ListedAlertRule }) {
  const [look, text] = stateOf(rule)
  return (
    <span className={`rounded-sm px-1.5 py-0.5 text-small whitespace-nowrap ${LOOKS[look]}`}>{text}</span>
  )
}

function stateOf({ enabled, problem, firing_count, group_count, group_by }: ListedAlertRule): [Look, string] {
  if (!enabled) return ['quiet', 'off']
  if (problem !== null) return ['broken', 'cannot be evaluated']
  const isGrouped = group_by !== undefined
  if (firing_count > 0)
    return [
      'firing',
      isGrouped ? `firing: ${firing_count.toLocaleString()} of ${group_count.toLocaleString()}` : 'firing',
    ]
  if (isGrouped && group_count === 0) return ['quiet', 'no data yet']
  return ['quiet', isGrouped ? `normal: ${group_count.toLocaleString()}` : 'normal']
}
