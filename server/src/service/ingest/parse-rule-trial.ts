import { type LogRecord, redactRecord } from '@timelapser/logger'
import type { CompiledRule, RuleOutcome, RuleSet } from '../../ingest/rules/rule-set.ts'
import type { RedactionPatterns } from '../../store/settings/redaction-patterns.ts'

/** The outcome for a line of the rules that looked at it. */
export type Trial = {
  outcome: 'changed' | 'unchanged' | 'failed' | 'dropped'
  before: LogRecord
  /** Null when the line would not be stored. */
  after: LogRecord | null
  rules: { name: string; outcome: RuleOutcome; reason: string | null }[]
}

/** The line after the rules. */
export function tryRules(before: LogRecord, set: RuleSet): Trial {
  const rules: Trial['rules'] = []
  const note = ({ name }: CompiledRule, outcome: RuleOutcome, reason?: string) =>
    void rules.push({ name, outcome, reason: reason ?? null })
  const after = set.parse(before, note)
  const hasFailed = () => rules.some(({ outcome }) => outcome === 'failed')
  const outcome =
    after === undefined ? 'dropped' : after !== before ? 'changed' : hasFailed() ? 'failed' : 'unchanged'
  return { outcome, before, after: after ?? null, rules }
}

/**
 * The trial without any text that would be masked. Names of fields mark secrets, so the original line is shown without
 * the secrets that its fields turned out to hold.
 */
export function maskTrial({ before, after, ...trial }: Trial, patterns: RedactionPatterns): Trial {
  const masked = (record: LogRecord) => patterns.mask(redactRecord(record))
  const { message } = redactRecord({ ...before, extra_data: after?.extra_data ?? before.extra_data })
  return { ...trial, before: masked({ ...before, message }), after: after && masked(after) }
}
