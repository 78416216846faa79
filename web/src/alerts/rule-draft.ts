// A rule while it is edited: every field has a value, the filter is that of the list.
import type { AlertRuleInput } from 'timelapser-logs/api'
import { filterParameters, type LogFilters, NO_FILTERS, parseView } from '../logs/view.ts'

export const KINDS = {
  any: 'any line matches',
  over: 'more lines match than',
  under: 'fewer lines match than',
  silence: 'no line matches',
} as const
export type Kind = keyof typeof KINDS

export const GROUPINGS = {
  '': 'all of them together',
  camera: 'each camera',
  source: 'each source',
  logger_name: 'each logger',
} as const
export type Grouping = keyof typeof GROUPINGS

export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export type RuleDraft = {
  name: string
  enabled: boolean
  filters: LogFilters
  kind: Kind
  /** As typed: an empty field is no number. */
  threshold: string
  minutes: string
  group_by: Grouping
  hours: { timezone: string; from: string; to: string; days: string[] } | null
  severity: Severity
  channels: string[]
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
  kind: 'over',
  threshold: '20',
  minutes: '5',
  group_by: '',
  hours: null,
  severity: 'warning',
  channels: [],
  note: '',
  include_own: false,
}

/** A rule as it is stored, for the form. */
export function toDraft(rule: AlertRuleInput): RuleDraft {
  const { condition, active_hours } = rule
  const kind = condition.kind === 'count' ? (condition.over === undefined ? 'under' : 'over') : condition.kind
  return {
    ...{ name: rule.name, enabled: rule.enabled ?? true, filters: filtersIn(rule.query), kind },
    threshold: String(condition.over ?? condition.under ?? 20),
    minutes: String(condition.minutes ?? 5),
    group_by: rule.group_by ?? '',
    hours: active_hours
      ? {
          timezone: active_hours.timezone,
          from: active_hours.from,
          to: active_hours.to,
          days: active_hours.days ?? [...DAYS],
        }
      : null,
    ...{ severity: rule.severity ?? 'warning', channels: rule.channels ?? [], note: rule.note ?? '' },
    include_own: rule.include_own ?? false,
    ...(rule.raise_level && { raise_level: rule.raise_level }),
    ...(rule.quiet_hours && { quiet_hours: rule.quiet_hours }),
  }
}

/** The rule that a form means, or the sentence that says what is missing. */
export function toInput(draft: RuleDraft): { rule: AlertRuleInput } | { missing: string } {
  const { name, enabled, filters, kind, group_by, hours, severity, channels, note, include_own } = draft
  const minutes = wholeNumber(draft.minutes, 1, kind === 'silence' ? 10_080 : 1440)
  const threshold = wholeNumber(draft.threshold, kind === 'over' ? 0 : 1, 1_000_000_000)
  if (name.trim() === '') return { missing: 'Give the rule a name.' }
  if (minutes === null) return { missing: `Minutes go from 1 to ${kind === 'silence' ? '10,080' : '1,440'}.` }
  const counts = kind === 'over' || kind === 'under'
  if (counts && threshold === null) return { missing: 'The number of lines must be a whole number.' }
  if (hours?.days.length === 0) return { missing: 'Choose a day of the active hours.' }
  const condition = counts ? { kind: 'count' as const, [kind]: threshold, minutes } : { kind, minutes }
  return {
    rule: {
      ...{ name: name.trim(), query: filterParameters(filters).toString(), condition, severity },
      ...(!enabled && { enabled }),
      ...(group_by !== '' && { group_by }),
      ...(hours && { active_hours: withDays(hours) }),
      ...(channels.length > 0 && { channels }),
      ...(note.trim() !== '' && { note: note.trim() }),
      ...(include_own && { include_own }),
      ...(draft.raise_level && { raise_level: draft.raise_level }),
      ...(draft.quiet_hours && { quiet_hours: draft.quiet_hours }),
    } as AlertRuleInput,
  }
}

export function filtersIn(query: string): LogFilters {
  const view = parseView(`?${query}`)
  return Object.fromEntries(
    Object.keys(NO_FILTERS).map((name) => [name, view[name as keyof LogFilters]]),
  ) as LogFilters
}

function withDays({ days, ...hours }: NonNullable<RuleDraft['hours']>) {
  return { ...hours, ...(days.length < DAYS.length && { days: DAYS.filter((day) => days.includes(day)) }) }
}

function wholeNumber(text: string, least: number, most: number): number | null {
  const number = Number(text)
  return /^\d+$/.test(text.trim()) && number >= least && number <= most ? number : null
}
