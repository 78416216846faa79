import { MAX_PARSE_RULES, type ParseRule, ParseRuleError } from '../../ingest/rules/parse-rule.ts'
import { type CompiledRule, compileRule } from '../../ingest/rules/rule-set.ts'
import { AppError } from '../app-error.ts'

/** Those of the rules that are enabled. @throws {AppError} INVALID_REQUEST naming the rule and its part */
export function compileRules(rules: readonly ParseRule[]): CompiledRule[] {
  if (rules.length > MAX_PARSE_RULES) {
    throw new AppError(
      'INVALID_REQUEST',
      `rules must have at most ${MAX_PARSE_RULES} rules; it has ${rules.length}.`,
    )
  }
  const names = new Set<string>()
  return rules
    .map((rule, index) => {
      if (names.has(rule.name)) {
        throw new AppError('INVALID_REQUEST', `rules[${index}].name is ${rule.name}, which another rule has.`)
      }
      names.add(rule.name)
      try {
        return { rule, compiled: compileRule(rule) }
      } catch (error) {
        if (!(error instanceof ParseRuleError)) throw error
        const sentence = `rules[${index}].${error.path} ${error.message} (rule ${rule.name}).`
        throw new AppError('INVALID_REQUEST', sentence)
      }
    })
    .filter(({ rule }) => rule.enabled !== false)
    .map(({ compiled }) => compiled)
}

/** Why this version cannot run the rule; null when it can. */
export function problemOf(rule: ParseRule): string | null {
  try {
    compileRule(rule)
    return null
  } catch (error) {
    return error instanceof ParseRuleError
      ? `${error.path} ${error.message}`
      : 'its form is not supported by this version'
  }
}
