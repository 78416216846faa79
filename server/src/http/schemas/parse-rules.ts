import type { ExtraData } from '@timelapser/logger'
import { type Static, Type } from 'typebox'
import { MAX_PARSE_RULES, ParseRuleSchema } from '../../ingest/rules/parse-rule.ts'
import type { RuleOutcome } from '../../ingest/rules/rule-set.ts'
import { LevelSchema, Nullable, TimestampSchema } from './fields.ts'

/** See `ingest/rules/parse-rule.ts`, where each part is described. */
export const ParseRule = ParseRuleSchema
export type ParseRule = Static<typeof ParseRule>
export const ParseRuleList = Type.Array(ParseRule, { maxItems: MAX_PARSE_RULES })

export const ListedParseRule = Type.Object({
  rule: ParseRule,
  author: Type.String(),
  updated_at: TimestampSchema,
  /** Counts of the last seven days, or since the rule was changed. */
  counts: Type.Object({
    applied: Type.Integer(),
    failed: Type.Integer(),
    dropped: Type.Integer(),
    passed: Type.Integer({ description: 'Lines of its sources that the rule does not match' }),
    last_failure: Nullable(Type.String()),
    last_failed_at: Nullable(TimestampSchema),
  }),
  problem: Nullable(Type.String({ description: 'Why this version cannot run the rule' })),
})
export type ListedParseRule = Static<typeof ListedParseRule>

export const ParseRules = Type.Object({
  rules: Type.Array(ListedParseRule),
  version: Type.String({ description: 'Changes with the rules; for PUT' }),
})
export type ParseRules = Static<typeof ParseRules>

const Line = Type.Object({
  timestamp: TimestampSchema,
  level: LevelSchema,
  message: Type.String(),
  source: Type.String(),
  logger_name: Nullable(Type.String()),
  camera_id: Nullable(Type.Integer()),
  extra_data: Nullable(Type.Unsafe<ExtraData>({ type: 'object', additionalProperties: true })),
})

export const TriedLine = Type.Object({
  outcome: Type.Unsafe<'changed' | 'unchanged' | 'failed' | 'dropped'>({ type: 'string' }),
  before: Line,
  after: Nullable(Line),
  rules: Type.Array(
    Type.Object({
      name: Type.String(),
      outcome: Type.Unsafe<RuleOutcome>({ type: 'string' }),
      reason: Nullable(Type.String()),
    }),
  ),
})
export type TriedLine = Static<typeof TriedLine>

export const ParseDryRun = Type.Object({
  lines: Type.Integer({ description: 'Stored lines of the sources of the rules' }),
  changed: Type.Integer(),
  failed: Type.Integer(),
  dropped: Type.Integer(),
  start: TimestampSchema,
  searched_to: Nullable(TimestampSchema),
  rules: Type.Array(
    Type.Object({
      name: Type.String(),
      applied: Type.Integer(),
      passed: Type.Integer(),
      failed: Type.Integer(),
      dropped: Type.Integer(),
      failures: Type.Array(Type.Object({ reason: Type.String(), lines: Type.Integer() })),
    }),
  ),
  examples: Type.Array(TriedLine),
})
export type ParseDryRun = Static<typeof ParseDryRun>
