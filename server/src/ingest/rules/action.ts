import { isColumn, type Line } from './line-fields.ts'
import { type ParseAction, ParseRuleError } from './parse-rule.ts'
import type { StepBudget } from './pattern.ts'

/** The line does not fit the rule: it stays as it came. Its text holds nothing of the line, which may hold a secret. */
export class RuleFailed extends Error {
  override name = 'RuleFailed'
}

export const DROP = Symbol('drop')

/** Changes the line; `DROP` when it is not to be stored. @throws {RuleFailed} */
export type ActionRunner = (line: Line, budget: StepBudget) => typeof DROP | undefined

/** @throws {ParseRuleError} when there is none */
export function fieldOf({ field }: ParseAction, path: string): string {
  if (field === undefined) throw new ParseRuleError(`${path}.field`, 'is required')
  return field
}

/** A field of `extra_data`. @throws {ParseRuleError} */
export function extraFieldOf(action: ParseAction, path: string): string {
  const field = fieldOf(action, path)
  if (isColumn(field)) throw new ParseRuleError(`${path}.field`, `cannot be the column ${field}`)
  return field
}
