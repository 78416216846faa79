// A condition while it is edited: every field has a value, numbers are as typed.
import type { AlertRuleInput } from 'timelapser-logs/api'
import { filterParameters, type LogFilters, NO_FILTERS } from '../logs/view.ts'
import { filtersIn } from './filters-in.ts'

type Condition = AlertRuleInput['condition']

export const KINDS = {
  any: 'a line matches',
  over: 'matching lines exceed',
  under: 'matching lines fall below',
  silence: 'no lines match',
  share: 'the share of matching lines is',
  number: 'a number in matching lines is',
  usual: 'matching lines exceed the usual number by a factor of',
  new: 'a message of a new pattern matches',
} as const
export type Kind = keyof typeof KINDS

export const MEASURES = { mean: 'mean', min: 'least', max: 'largest', p95: '95th percentile' } as const
type Measure = keyof typeof MEASURES

export type ConditionDraft = {
  kind: Kind
  /** As typed: an empty field is no number. */
  threshold: string
  minutes: string
  /** For a share and a number. */
  side: 'over' | 'under'
  /** The lines that a share is taken of. */
  of: LogFilters
  field: string
  measure: Measure
  /** Empty: as many as the server thinks right. */
  at_least: string
  days: string
  /** For silence: how many times the usual gap; null for the minutes alone. */
  cadence: string | null
  /** The zone whose clock says which time is the same; empty for UTC. */
  timezone: string
  /** In how many of how many windows it has to be so; null for one. */
  lasting: { windows: string; of: string } | null
}

export const NEW_CONDITION: ConditionDraft = {
  ...{ kind: 'over', threshold: '20', minutes: '5', side: 'over', of: NO_FILTERS },
  ...{ field: '', measure: 'mean', at_least: '', days: '', timezone: '', cadence: null, lasting: null },
}

/** Numbers that a kind begins with in the form. */
const BEGINNINGS: Partial<Record<Kind, Pick<ConditionDraft, 'threshold' | 'minutes'>>> = {
  share: { threshold: '5', minutes: '10' },
  usual: { threshold: '3', minutes: '60' },
  new: { threshold: '', minutes: '60' },
}

/** The condition with another kind; numbers that would mean something else are those that the kind begins with. */
export function withKind(draft: ConditionDraft, kind: Kind, timezone: string): ConditionDraft {
  const begins = BEGINNINGS[kind] ?? (BEGINNINGS[draft.kind] && { threshold: '20', minutes: '5' })
  return { ...draft, kind, ...begins, at_least: '', timezone: kind === 'usual' ? timezone : '' }
}

/** Whether it has a limit, so that there may be further ones. */
export function hasLimit(kind: Kind): boolean {
  return kind !== 'any' && kind !== 'new'
}

/** Whether it is decided for windows, so that several of them may be asked for. */
export function hasWindows(kind: Kind): boolean {
  return kind !== 'any' && kind !== 'silence' && kind !== 'new'
}

export function hasAtLeast(kind: Kind): boolean {
  return kind === 'share' || kind === 'number' || kind === 'usual'
}

/** A condition as it is stored, for the form. */
export function toConditionDraft(condition: Condition): ConditionDraft {
  const {
    over,
    under,
    times,
    minutes,
    of = '',
    field = '',
    measure = 'mean',
    days,
    timezone = '',
  } = condition
  const { at_least, for: lasting } = condition
  const side = over === undefined && under !== undefined ? 'under' : 'over'
  return {
    kind: condition.kind === 'count' ? side : condition.kind,
    threshold: String(over ?? under ?? (condition.kind === 'usual' ? times : undefined) ?? 20),
    cadence: condition.kind === 'silence' && times !== undefined ? String(times) : null,
    minutes: String(minutes ?? (condition.kind === 'new' ? 60 : 5)),
    ...{ side, of: filtersIn(of), field, measure },
    at_least: at_least === undefined ? '' : String(at_least),
    ...{ days: days === undefined ? '' : String(days), timezone },
    lasting: lasting ? { windows: String(lasting.windows), of: String(lasting.of) } : null,
  }
}

/** The condition that a form means, or the sentence that says what is missing. */
export function toCondition(draft: ConditionDraft): { condition: Condition } | { missing: string } {
  const { kind, side, field, measure, lasting } = draft
  const minutes = wholeNumber(draft.minutes, 1, kind === 'silence' ? 10_080 : 1440)
  if (minutes === null) return { missing: `Minutes go from 1 to ${kind === 'silence' ? '10,080' : '1,440'}.` }
  const atLeast = draft.at_least === '' ? undefined : wholeNumber(draft.at_least, 1, 1_000_000_000)
  if (hasAtLeast(kind) && atLeast === null)
    return { missing: 'The least number of lines must be a whole number.' }
  const windows = lasting && hasWindows(kind) ? windowsOf(lasting) : undefined
  if (windows === null) return { missing: 'Windows are whole numbers, the first no more than the second.' }
  const shared = {
    minutes,
    ...(hasAtLeast(kind) && atLeast && { at_least: atLeast }),
    ...(windows && { for: windows }),
  }
  switch (kind) {
    case 'silence': {
      const times = draft.cadence === null ? undefined : decimal(draft.cadence, 1.1, 1000)
      if (times === null) return { missing: 'The multiple of the usual gap goes from 1.1 to 1,000.' }
      return { condition: { kind, minutes, ...(times && { times }) } }
    }
    case 'any':
    case 'new':
      return { condition: { kind, minutes } }
    case 'over':
    case 'under': {
      const threshold = wholeNumber(draft.threshold, kind === 'over' ? 0 : 1, 1_000_000_000)
      if (threshold === null) return { missing: 'The number of lines must be a whole number.' }
      return { condition: { kind: 'count', [kind]: threshold, ...shared } }
    }
    case 'usual': {
      const times = decimal(draft.threshold, 1.1, 1000)
      if (times === null) return { missing: 'The multiple of the usual goes from 1.1 to 1,000.' }
      const days = draft.days === '' ? undefined : wholeNumber(draft.days, 3, 14)
      if (days === null) return { missing: 'Days go from 3 to 14.' }
      const timezone = draft.timezone.trim()
      return {
        condition: { kind, times, ...(days && { days }), ...(timezone && { timezone }), ...shared },
      }
    }
    case 'share': {
      const percent = decimal(draft.threshold, 0, 100)
      if (percent === null) return { missing: 'The share goes from 0 to 100 percent.' }
      return { condition: { kind, of: filterParameters(draft.of).toString(), [side]: percent, ...shared } }
    }
    case 'number': {
      const limit = decimal(draft.threshold, -1_000_000_000, 1_000_000_000)
      if (!FIELD.test(field.trim()))
        return { missing: 'Name the field in extra_data, such as camera.temperature.' }
      if (limit === null) return { missing: 'The limit must be a number.' }
      return { condition: { kind, field: field.trim(), measure, [side]: limit, ...shared } }
    }
  }
}

/** Keys of extra_data with dots between. */
export const FIELD = /^[^\s.:"()]+(\.[^\s.:"()]+)*$/

function windowsOf(lasting: { windows: string; of: string }): { windows: number; of: number } | null {
  const of = wholeNumber(lasting.of, 2, 100)
  const windows = wholeNumber(lasting.windows, 1, of ?? 100)
  return of === null || windows === null ? null : { windows, of }
}

function wholeNumber(text: string, least: number, most: number): number | null {
  return /^\d+$/.test(text.trim()) ? decimal(text, least, most) : null
}

/** A number within bounds, or null. */
export function decimal(text: string, least: number, most: number): number | null {
  const number = Number(text)
  return text.trim() !== '' && number >= least && number <= most ? number : null
}
