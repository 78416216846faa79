import { LEVEL_SCOPES, type LevelScope } from '@timelapser/logger'
import { type Static, Type } from 'typebox'
import { LevelSchema, Nullable, TimestampSchema } from './fields.ts'

export const LevelOverride = Type.Object({
  scope: Type.Unsafe<LevelScope>({ type: 'string', enum: [...LEVEL_SCOPES] }),
  target: Type.String({
    description: 'Id of the camera, name or prefix of the logger, or the source',
  }),
  level: LevelSchema,
  expires_at: Nullable(TimestampSchema),
  max_lines_per_minute: Type.Integer(),
  /** Keys that write do not see these three. */
  reason: Type.Optional(Nullable(Type.String())),
  author: Type.Optional(Type.String()),
  created_at: Type.Optional(TimestampSchema),
})
export const Levels = Type.Object({
  /** The server's clock, for those whose own is another. */
  now: TimestampSchema,
  log_level: LevelSchema,
  overrides: Type.Array(LevelOverride),
})
export type Levels = Static<typeof Levels>

export const LevelExplanation = Type.Object({
  verdict: Type.Unsafe<'stored' | 'dropped' | 'held_back' | 'rate_limited' | 'past_retention' | 'disk_full'>({
    type: 'string',
  }),
  level: LevelSchema,
  override: Nullable(LevelOverride),
  until: Nullable(TimestampSchema),
  is_masked: Type.Boolean(),
  stored_message: Nullable(Type.String({ description: 'The message as it would be stored' })),
  sentence: Type.String(),
})
export type LevelExplanation = Static<typeof LevelExplanation>
