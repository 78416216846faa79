// Describes alerts in sentences.
import type { StoredTransition } from '../../../store/alerts/alert-transitions.ts'
import { HOUR, MINUTE } from '../../../store/database/timestamp.ts'
import {
  type Condition,
  conditionOf,
  hasWindows,
  type Measure,
  type WindowCondition,
} from '../alert-condition.ts'
import type { AlertDefinition } from '../alert-rule.ts'
import { groupingName } from '../grouping.ts'

const MEASURE_NAMES: Record<Measure, string> = {
  min: 'least',
  max: 'largest',
  mean: 'mean',
  p95: '95th percentile of',
}

/** A condition as a sentence: "more than 10 lines in 5 minutes, for each camera". */
export function describeCondition({
  condition,
  group_by,
}: Pick<AlertDefinition, 'condition' | 'group_by'>): string {
  const each = group_by === undefined ? '' : `, for each ${groupingName(group_by)}`
  return `${sentenceOf(conditionOf(condition))}${each}`
}

function sentenceOf(condition: Condition): string {
  const minutes = minutesText(condition.minutes)
  switch (condition.kind) {
    case 'any':
      return 'any line'
    case 'new':
      return 'a kind of message that was never seen before'
    case 'silence':
      return condition.times === null
        ? `no line for ${minutes}`
        : `no line for ${amount(condition.times)} times the usual gap between lines, ${minutes} at least`
    case 'over':
    case 'under':
    case 'share':
    case 'number':
    case 'usual':
      return `${limitText(condition)} in ${minutes}${windowsText(condition)}`
  }
}

/** "more than 10 lines", "under 5 % of source=api", "mean duration_ms over 500", "more than 3 times the usual lines". */
function limitText(condition: WindowCondition): string {
  const { threshold } = condition
  if (condition.kind === 'over' || condition.kind === 'under') {
    return `${MORE_OR_FEWER[condition.kind]} ${lines(threshold)}`
  }
  if (condition.kind === 'usual') return `more than ${amount(threshold)} times the usual lines`
  if (condition.kind === 'number') {
    return `${MEASURE_NAMES[condition.measure]} ${condition.field} ${condition.side} ${amount(threshold)}`
  }
  return `${condition.side} ${amount(threshold)} % of ${wholeText(condition.of)}`
}

const MORE_OR_FEWER = { over: 'more than', under: 'fewer than' } as const

function windowsText({ windows }: WindowCondition): string {
  return windows.of === 1 ? '' : `, for ${windows.needed} of ${windows.of} windows`
}

function wholeText(of: string): string {
  return of === '' ? 'all lines' : `the lines of ${decodeURIComponent(of.replaceAll('+', ' '))}`
}

type Told = Pick<
  StoredTransition,
  'kind' | 'value' | 'threshold' | 'at' | 'first_at' | 'last_at' | 'late_ms' | 'group_key'
>

/** Why a group fires, or that it does not any more. */
export function describeTransition(definition: Pick<AlertDefinition, 'condition'>, transition: Told): string {
  const condition = conditionOf(definition.condition)
  const { kind, value, threshold, at, first_at, last_at, late_ms, group_key } = transition
  if (kind === 'expired') return `Nothing came for two weeks; it is not waited for any more (${clock(at)}).`
  if (kind === 'edited') return `The rule was changed at ${clock(at)}; the incident ended with it.`
  if (kind === 'disabled') return `The rule was switched off at ${clock(at)}; the incident ended with it.`
  if (kind === 'resolved') return resolution(condition, transition)
  const late = late_ms > 0 ? ` It is late by ${span(late_ms)}.` : ''
  switch (condition.kind) {
    case 'any':
      return `${lines(value ?? 1)} at ${clock(first_at ?? at)}.${late}`
    case 'new':
      return `A new kind of message at ${clock(first_at ?? at)}: ${group_key}.${late}`
    case 'silence': {
      const usual =
        condition.times === null || threshold === null
          ? ''
          : ` Its usual cadence has it wait for ${span(threshold * MINUTE)}.`
      return `Nothing for ${span((value ?? condition.minutes) * MINUTE)}; the last sign of life was at ${clock(first_at ?? at)}.${usual}`
    }
    default: {
      const windows = first_at === last_at ? '' : `, and in windows up to ${clock(last_at ?? at)}`
      const several = condition.windows.of === 1 ? '' : ', the last of several windows'
      return `${valueText(condition, value)} in the ${minutesText(condition.minutes)} to ${clock(first_at ?? at)}${several}, ${heldText(condition, transition)}${windows}.${late}`
    }
  }
}

/** "12 lines", "7.5 %", "mean duration_ms 812". */
export function valueText(condition: WindowCondition, value: number | null): string {
  if (condition.kind === 'share') return `${amount(value ?? 0)} %`
  if (condition.kind === 'number') {
    return `${MEASURE_NAMES[condition.measure]} ${condition.field} ${amount(value ?? 0)}`
  }
  return lines(value ?? 0)
}

/** "more than 10", "under 5 % of source=api", "more than 3 times the usual 4". */
export function heldText(
  condition: WindowCondition,
  { threshold: limit }: { threshold: number | null },
): string {
  const threshold = limit ?? condition.threshold
  if (condition.kind === 'over' || condition.kind === 'under')
    return `${MORE_OR_FEWER[condition.kind]} ${threshold}`
  if (condition.kind === 'usual') {
    const usual = limit === null ? '' : ` ${amount(limit / condition.threshold)}`
    return `more than ${amount(condition.threshold)} times the usual${usual}`
  }
  if (condition.kind === 'number') return `${condition.side} ${amount(threshold)}`
  return `${condition.side} ${amount(threshold)} % of ${wholeText(condition.of)}`
}

function resolution(condition: Condition, { value, at }: Pick<StoredTransition, 'value' | 'at'>): string {
  if (condition.kind === 'silence') {
    return `Lines come again since ${clock(at)}, after ${span((value ?? 0) * MINUTE)}.`
  }
  if (!hasWindows(condition)) {
    return `No more matching lines for ${minutesText(condition.minutes)}.`
  }
  return `${valueText(condition, value)} in ${minutesText(condition.minutes)} at ${clock(at)}.`
}

/** `2026-01-31 14:05 UTC`: seconds say nothing of a window. */
export function clock(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)} UTC`
}

/** For example `3 h 5 min`. */
export function span(millis: number): string {
  const minutes = Math.max(1, Math.round(millis / MINUTE))
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) {
    const rest = minutes % 60
    return `${Math.floor(minutes / 60)} h${rest > 0 ? ` ${rest} min` : ''}`
  }
  return `${Math.round((minutes * MINUTE) / (24 * HOUR))} days`
}

export function lines(count: number): string {
  return count === 1 ? '1 line' : `${count.toLocaleString('en-US')} lines`
}

/** A number with as many digits as say something. */
function amount(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
}

function minutesText(minutes: number): string {
  return minutes === 1 ? '1 minute' : `${minutes.toLocaleString('en-US')} minutes`
}
