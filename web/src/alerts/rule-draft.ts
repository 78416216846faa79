// A rule while it is edited: every field has a value, the filter is that of the list.
import type { AlertRuleInput } from 'timelapser-logs/api'
import { filterParameters, type LogFilters, NO_FILTERS } from '../logs/view.ts'
import {
  type ConditionDraft,
  decimal,
  FIELD,
  hasLimit,
  NEW_CONDITION,
  toCondition,
  toConditionDraft,
} from './condition-draft.ts'
import { filtersIn } from './filters-in.ts'
import { type HoursDraft, toHours, toHoursDraft } from './hours-draft.ts'

export const GROUPINGS = {
  '': 'all lines together',
  camera: 'each camera',
  source: 'each source',
  logger_name: 'each logger',
  field: 'each value of the field',
} as const
type Grouping = keyof typeof GROUPINGS

export const SEVERITIES = ['info', 'warning', 'critical'] as const
type Severity = (typeof SEVERITIES)[number]

export type ThresholdDraft = { at: string; severity: Severity; channels: string[] }

export type RuleDraft = {
  name: string
  enabled: boolean
  filters: LogFilters
  condition: ConditionDraft
  group_by: Grouping
  /** The field of extra_data, where it groups. */
  group_field: string
  hours: HoursDraft | null
  /** Hours in which notices are held back. */
  quiet: HoursDraft | null
  severity: Severity
  channels: string[]
  /** Further limits, each stricter than the one before. */
  thresholds: ThresholdDraft[]
  note: string
  include_own: boolean
  /** The level that is stored for a while when a group fires; the minutes as typed. */
  raise: { level: RaisedLevel; minutes: string } | null
}

export const RAISED_LEVELS = ['DEBUG', 'INFO'] as const
type RaisedLevel = (typeof RAISED_LEVELS)[number]

/** As the server bounds it. */
const MAX_RAISED_MINUTES = 240

/** Whether the groups are of a kind that has a level of its own. */
export function hasLevel({ group_by, condition }: Pick<RuleDraft, 'group_by' | 'condition'>): boolean {
  return group_by !== '' && group_by !== 'field' && condition.kind !== 'new'
}

export const NEW_RULE: RuleDraft = {
  name: '',
  enabled: true,
  filters: { ...NO_FILTERS, min_level: 'ERROR' },
  condition: NEW_CONDITION,
  ...{ group_by: '', group_field: '' },
  ...{ hours: null, quiet: null },
  severity: 'warning',
  channels: [],
  thresholds: [],
  note: '',
  ...{ include_own: false, raise: null },
}

/** A rule as it is stored, for the form. */
export function toDraft(rule: AlertRuleInput): RuleDraft {
  const { raise_level } = rule
  return {
    ...{ name: rule.name, enabled: rule.enabled ?? true, filters: filtersIn(rule.query) },
    condition: toConditionDraft(rule.condition),
    ...groupOf(rule.group_by),
    ...{ hours: toHoursDraft(rule.active_hours), quiet: toHoursDraft(rule.quiet_hours) },
    ...{ severity: rule.severity ?? 'warning', channels: rule.channels ?? [], note: rule.note ?? '' },
    thresholds: (rule.thresholds ?? []).map(({ at, severity, channels }) => ({
      at: String(at),
      severity: severity ?? rule.severity ?? 'warning',
      channels: channels ?? rule.channels ?? [],
    })),
    include_own: rule.include_own ?? false,
    raise: raise_level ? { level: raise_level.level, minutes: String(raise_level.minutes) } : null,
  }
}

function groupOf(
  group_by: AlertRuleInput['group_by'] = undefined,
): Pick<RuleDraft, 'group_by' | 'group_field'> {
  if (group_by === undefined) return { group_by: '', group_field: '' }
  if (group_by === 'camera' || group_by === 'source' || group_by === 'logger_name')
    return { group_by, group_field: '' }
  return { group_by: 'field', group_field: group_by.replace(/^extra_data\./, '') }
}

/** The rule that a form means, or the sentence that says what is missing. */
export function toInput(draft: RuleDraft): { rule: AlertRuleInput } | { missing: string } {
  const { name, enabled, filters, group_by, severity, channels, note, include_own } = draft
  if (name.trim() === '') return { missing: 'Give the rule a name.' }
  const read = toCondition(draft.condition)
  if ('missing' in read) return read
  const hours = toHours(draft.hours, 'active')
  if (hours && 'missing' in hours) return hours
  const quiet = toHours(draft.quiet, 'quiet')
  if (quiet && 'missing' in quiet) return quiet
  const { condition } = read
  const field = draft.group_field.trim().replace(/^extra_data\./, '')
  if (group_by === 'field' && !FIELD.test(field))
    return { missing: 'Name the field in extra_data, such as site.id.' }
  const thresholds = hasLimit(draft.condition.kind) ? draft.thresholds : []
  if (thresholds.some(({ at }) => decimal(at, -1_000_000_000, 1_000_000_000) === null)) {
    return { missing: 'A further threshold must be a number.' }
  }
  const raise = hasLevel(draft) ? draft.raise : null
  const raisedMinutes = raise && decimal(raise.minutes, 1, MAX_RAISED_MINUTES)
  if (raise && !Number.isInteger(raisedMinutes))
    return { missing: `The level can be lowered for 1 to ${MAX_RAISED_MINUTES} minutes.` }
  return {
    rule: {
      ...{ name: name.trim(), query: filterParameters(filters).toString(), condition, severity },
      ...(!enabled && { enabled }),
      ...(group_by !== '' &&
        condition.kind !== 'new' && { group_by: group_by === 'field' ? `extra_data.${field}` : group_by }),
      ...(hours && { active_hours: hours }),
      ...(quiet && { quiet_hours: quiet }),
      ...(channels.length > 0 && { channels }),
      ...(thresholds.length > 0 && {
        thresholds: thresholds.map((one) => ({ ...one, at: Number(one.at) })),
      }),
      ...(note.trim() !== '' && { note: note.trim() }),
      ...(include_own && { include_own }),
      ...(raise && { raise_level: { level: raise.level, minutes: raisedMinutes } }),
    } as AlertRuleInput,
  }
}
