// A rule's further thresholds: the same condition with another limit, told to channels of its own.
import { AppError } from '../app-error.ts'
import { type Condition, conditionOf } from './alert-condition.ts'
import type { AlertDefinition } from './alert-rule.ts'

/** The field of a condition that its limit is in; undefined for a kind that has none. */
function limitField({ kind, over, times }: AlertDefinition['condition']) {
  if (kind === 'any' || kind === 'new') return undefined
  if (kind === 'silence') return times === undefined ? 'minutes' : 'times'
  if (kind === 'usual') return 'times'
  return over === undefined ? 'under' : 'over'
}

/** A rule as it is at one of its thresholds: 0 for its own condition. Severity and channels are the rule's unless given. */
export function definitionAt(definition: AlertDefinition, tier: number): AlertDefinition {
  const threshold = tier === 0 ? undefined : definition.thresholds?.[tier - 1]
  if (!threshold) return definition
  const { condition } = definition
  const { at, severity, channels } = threshold
  return {
    ...definition,
    condition: { ...condition, [limitField(condition) ?? 'over']: at },
    ...(severity && { severity }),
    ...(channels && { channels }),
  }
}

/** The rule's own condition, and one for each further threshold. */
export function conditionsOf(definition: AlertDefinition): Condition[] {
  return [definition, ...(definition.thresholds ?? [])].map((_, tier) =>
    conditionOf(definitionAt(definition, tier).condition),
  )
}

/** The channels that a rule tells at any of its thresholds. */
export function namedChannels(definition: AlertDefinition): string[] {
  return [definition, ...(definition.thresholds ?? [])].flatMap(({ channels = [] }) => channels)
}

/** @throws {AppError} INVALID_REQUEST that names the threshold that is wrong */
export function checkThresholds(definition: AlertDefinition): void {
  const { condition, thresholds = [] } = definition
  if (thresholds.length === 0) return
  const field = limitField(condition)
  if (field === undefined)
    throw invalid(`thresholds do not go with the kind ${condition.kind}, which has no limit`)
  let before = condition[field] ?? 0
  for (const [index, { at }] of thresholds.entries()) {
    const where = `thresholds[${index}].at`
    if (field === 'minutes' && !Number.isInteger(at))
      throw invalid(`${where} has to be whole minutes of silence`)
    const isStricter = field === 'under' ? at < before : at > before
    if (!isStricter) {
      throw invalid(
        `${where} is ${at}, and has to be ${field === 'under' ? 'below' : 'above'} ${before}, the one before`,
      )
    }
    try {
      conditionOf(definitionAt(definition, index + 1).condition)
    } catch (error) {
      throw error instanceof AppError ? invalid(`${where}: ${error.message.replace(/\.$/, '')}`) : error
    }
    before = at
  }
}

function invalid(sentence: string): AppError {
  return new AppError('INVALID_REQUEST', `${sentence}.`)
}
