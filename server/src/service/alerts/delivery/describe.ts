// Describes alerts in sentences.

import type { StoredTransition } from '../../../store/alerts/alert-transitions.ts'
import { HOUR, MINUTE, toMillis } from '../../../store/database/timestamp.ts'
import { type AlertDefinition, type Condition, conditionOf } from '../alert-rule.ts'

/** Each as `silent camera`. */
const GROUP_NAMES = { camera: 'camera', source: 'source', logger_name: 'logger' } as const

/** A condition as a sentence: "more than 10 lines in 5 minutes, for each camera". */
export function describeCondition({
  condition,
  group_by,
}: Pick<AlertDefinition, 'condition' | 'group_by'>): string {
  const each = group_by === undefined ? '' : `, for each ${GROUP_NAMES[group_by]}`
  return `${sentenceOf(conditionOf(condition))}${each}`
}

function sentenceOf(condition: Condition): string {
  const minutes = minutesText(condition.minutes)
  switch (condition.kind) {
    case 'any':
      return 'any line'
    case 'over':
      return `more than ${lines(condition.threshold)} in ${minutes}`
    case 'under':
      return `fewer than ${lines(condition.threshold)} in ${minutes}`
    case 'silence':
      return `no line for ${minutes}`
  }
}

/** Why a group fires, or that it does not any more. */
export function describeTransition(
  definition: Pick<AlertDefinition, 'condition'>,
  transition: Pick<StoredTransition, 'kind' | 'value' | 'at' | 'first_at' | 'last_at' | 'late_ms'>,
): string {
  const condition = conditionOf(definition.condition)
  const { kind, value, at, first_at, last_at, late_ms } = transition
  if (kind === 'expired') return `Nothing came for two weeks; it is not waited for any more (${clock(at)}).`
  if (kind === 'edited') return `The rule was changed at ${clock(at)}; the incident ended with it.`
  if (kind === 'disabled') return `The rule was switched off at ${clock(at)}; the incident ended with it.`
  if (kind === 'resolved') return resolution(condition, transition)
  const late = late_ms > 0 ? ` It is late by ${span(late_ms)}.` : ''
  const minutes = minutesText(condition.minutes)
  switch (condition.kind) {
    case 'any':
      return `${lines(value ?? 1)} at ${clock(first_at ?? at)}.${late}`
    case 'over':
    case 'under': {
      const limit = condition.kind === 'over' ? 'more than' : 'fewer than'
      const windows = first_at === last_at ? '' : `, and in windows up to ${clock(last_at ?? at)}`
      return `${lines(value ?? 0)} in the ${minutes} to ${clock(first_at ?? at)}, ${limit} ${condition.threshold}${windows}.${late}`
    }
    case 'silence':
      return `Nothing for ${span((value ?? condition.minutes) * MINUTE)}; the last sign of life was at ${clock(first_at ?? at)}.`
  }
}

function resolution(condition: Condition, { value, at }: Pick<StoredTransition, 'value' | 'at'>): string {
  if (condition.kind === 'silence') {
    return `Lines come again since ${clock(at)}, after ${span((value ?? 0) * MINUTE)}.`
  }
  if (condition.kind === 'any') return `No more matching lines for ${minutesText(condition.minutes)}.`
  return `${lines(value ?? 0)} in ${minutesText(condition.minutes)} at ${clock(at)}.`
}

/** `2026-01-31 14:05 UTC`: seconds say nothing of a window. */
function clock(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)} UTC`
}

/** For example `3 h 5 min`. */
function span(millis: number): string {
  const minutes = Math.max(1, Math.round(millis / MINUTE))
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) {
    const rest = minutes % 60
    return `${Math.floor(minutes / 60)} h${rest > 0 ? ` ${rest} min` : ''}`
  }
  return `${Math.round((minutes * MINUTE) / (24 * HOUR))} days`
}

function lines(count: number): string {
  return count === 1 ? '1 line' : `${count.toLocaleString('en-US')} lines`
}

function minutesText(minutes: number): string {
  return minutes === 1 ? '1 minute' : `${minutes.toLocaleString('en-US')} minutes`
}

/** The bounds of the lines that an incident is about. */
export function boundsOf(
  definition: Pick<AlertDefinition, 'condition'>,
  { at, first_at, last_at }: Pick<StoredTransition, 'at' | 'first_at' | 'last_at'>,
): { start: number; end: number } {
  const condition = conditionOf(definition.condition)
  const [first, last] = [toMillis(first_at ?? at), toMillis(last_at ?? at)]
  if (condition.kind === 'any') return { start: first, end: last }
  // The last lines before it fell silent.
  if (condition.kind === 'silence') return { start: first - HOUR, end: Math.max(first, last) }
  return { start: first - condition.minutes * MINUTE, end: last - 1 }
}
