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

export const GROUPINGS = {
  '': 'all of them together',
  camera: 'each camera',
  source: 'each source',
  logger_name: 'each logger',
  field: 'each value of the field',
} as const
export type Grouping = keyof typeof GROUPINGS

export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export type ThresholdDraft = { at: string; severity: Severity; channels: string[] }

export type HoursDraft = {
  timezone: string
  /** Clock times, or `sunrise` and `sunset` with minutes before or after. */
  from: string
  to: string
  days: string[]
  /** As typed; of sunrise and sunset. */
  latitude: string
  longitude: string
  /** Set by the API or a file; the form leaves them as they are. */
  places?: NonNullable<AlertRuleInput['active_hours']>['places']
}

export type RuleDraft = {
  name: string
  enabled: boolean
  filters: LogFilters
  condition: ConditionDraft
  group_by: Grouping
  /** The field of extra_data, where it groups. */
  group_field: string
  hours: HoursDraft | null
  severity: Severity
  channels: string[]
  /** Further limits, each stricter than the one before. */
  thresholds: ThresholdDraft[]
  note: string
  include_own: boolean
  /** Set by the API or a file; the form leaves these as they are. */
  raise_level?: AlertRuleInput['raise_level']
  quiet_hours?: AlertRuleInput['quiet_hours']
}

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export const NEW_RULE: RuleDraft = {
  name: '',
  enabled: true,
  filters: { ...NO_FILTERS, min_level: 'ERROR' },
  condition: NEW_CONDITION,
  ...{ group_by: '', group_field: '' },
  hours: null,
  severity: 'warning',
  channels: [],
  thresholds: [],
  note: '',
  include_own: false,
}

/** A rule as it is stored, for the form. */
export function toDraft(rule: AlertRuleInput): RuleDraft {
  const { active_hours } = rule
  return {
    ...{ name: rule.name, enabled: rule.enabled ?? true, filters: filtersIn(rule.query) },
    condition: toConditionDraft(rule.condition),
    ...groupOf(rule.group_by),
    hours: active_hours
      ? {
          timezone: active_hours.timezone,
          from: active_hours.from,
          to: active_hours.to,
          days: active_hours.days ?? [...DAYS],
          latitude: String(active_hours.latitude ?? ''),
          longitude: String(active_hours.longitude ?? ''),
          ...(active_hours.places && { places: active_hours.places }),
        }
      : null,
    ...{ severity: rule.severity ?? 'warning', channels: rule.channels ?? [], note: rule.note ?? '' },
    thresholds: (rule.thresholds ?? []).map(({ at, severity, channels }) => ({
      at: String(at),
      severity: severity ?? rule.severity ?? 'warning',
      channels: channels ?? rule.channels ?? [],
    })),
    include_own: rule.include_own ?? false,
    ...(rule.raise_level && { raise_level: rule.raise_level }),
    ...(rule.quiet_hours && { quiet_hours: rule.quiet_hours }),
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
  const { name, enabled, filters, group_by, hours, severity, channels, note, include_own } = draft
  if (name.trim() === '') return { missing: 'Give the rule a name.' }
  const read = toCondition(draft.condition)
  if ('missing' in read) return read
  if (hours?.days.length === 0) return { missing: 'Choose a day of the active hours.' }
  const place = hours && placeOf(hours)
  if (place === undefined) return { missing: 'Latitude goes from -90 to 90, longitude from -180 to 180.' }
  if (hours && !(BOUND.test(hours.from) && BOUND.test(hours.to))) {
    return { missing: 'Active hours are clock times, or sunrise or sunset, such as sunset-30.' }
  }
  const { condition } = read
  const field = draft.group_field.trim().replace(/^extra_data\./, '')
  if (group_by === 'field' && !FIELD.test(field))
    return { missing: 'Name the field in extra_data, such as site.id.' }
  const thresholds = hasLimit(draft.condition.kind) ? draft.thresholds : []
  if (thresholds.some(({ at }) => decimal(at, -1_000_000_000, 1_000_000_000) === null)) {
    return { missing: 'A further threshold must be a number.' }
  }
  return {
    rule: {
      ...{ name: name.trim(), query: filterParameters(filters).toString(), condition, severity },
      ...(!enabled && { enabled }),
      ...(group_by !== '' &&
        condition.kind !== 'new' && { group_by: group_by === 'field' ? `extra_data.${field}` : group_by }),
      ...(hours && { active_hours: { ...withDays(hours), ...place } }),
      ...(channels.length > 0 && { channels }),
      ...(thresholds.length > 0 && {
        thresholds: thresholds.map((one) => ({ ...one, at: Number(one.at) })),
      }),
      ...(note.trim() !== '' && { note: note.trim() }),
      ...(include_own && { include_own }),
      ...(draft.raise_level && { raise_level: draft.raise_level }),
      ...(draft.quiet_hours && { quiet_hours: draft.quiet_hours }),
    } as AlertRuleInput,
  }
}

const BOUND = /^(([01]\d|2[0-3]):[0-5]\d|(sunrise|sunset)([+-]\d{1,3})?)$/

/** Whether the sun begins or ends the hours. */
export function isBySun({ from, to }: Pick<HoursDraft, 'from' | 'to'>): boolean {
  return /^sun/.test(from) || /^sun/.test(to)
}

/** The place of the hours, where they have one; undefined when it is missing or none. */
function placeOf(hours: HoursDraft): { latitude?: number; longitude?: number } | undefined {
  if (!isBySun(hours)) return {}
  const [latitude, longitude] = [decimal(hours.latitude, -90, 90), decimal(hours.longitude, -180, 180)]
  return latitude === null || longitude === null ? undefined : { latitude, longitude }
}

function withDays({ days, latitude: _, longitude: __, ...hours }: HoursDraft) {
  return { ...hours, ...(days.length < DAYS.length && { days: DAYS.filter((day) => days.includes(day)) }) }
}
