// How two lists of parse rules differ: a tag for who read one, and what the audit trail says of a change.
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { ParseRule } from '../../ingest/rules/parse-rule.ts'
import type { StoredParseRule } from '../../store/settings/parse-rules.ts'

/** A text that differs when the rules do. */
export function versionOf(stored: readonly StoredParseRule[]): string {
  const rules = stored.map(({ name, rule }) => [name, rule])
  return createHash('sha256').update(JSON.stringify(rules)).digest('base64url').slice(0, 22)
}

/** The rules that are others now, and the order when it is. */
export function differenceOf(before: readonly ParseRule[], after: readonly ParseRule[]) {
  const isIn = (rules: readonly ParseRule[], rule: ParseRule) =>
    rules.some((one) => one.name === rule.name && isDeepStrictEqual(one, rule))
  const names = (rules: readonly ParseRule[]) => rules.map(({ name }) => name)
  const isOrdered = isDeepStrictEqual(names(before), names(after))
  return {
    before: {
      rules: before.filter((rule) => !isIn(after, rule)).map(withoutMasked),
      ...(!isOrdered && { order: names(before) }),
    },
    after: {
      rules: after.filter((rule) => !isIn(before, rule)).map(withoutMasked),
      ...(!isOrdered && { order: names(after) }),
    },
  }
}

/** The text that is to be masked may be the secret itself; how long it is, is enough. */
function withoutMasked(rule: ParseRule): object {
  const actions = rule.actions?.map((action) => {
    if (action.do !== 'mask' || action.pattern === undefined) return action
    const { pattern, ...others } = action
    return { ...others, pattern_characters: pattern.length }
  })
  return { ...rule, ...(actions && { actions }) }
}
