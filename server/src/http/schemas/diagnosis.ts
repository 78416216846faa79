import { type Static, Type } from 'typebox'
import { Nullable, TimestampSchema } from './fields.ts'

const VerdictSchema = Type.Unsafe<'ok' | 'warning' | 'failure'>({
  type: 'string',
  enum: ['ok', 'warning', 'failure'],
})

/** `GET` and `POST /api/diagnostics`. */
export const DiagnosisSchema = Type.Object({
  verdict: VerdictSchema,
  generated_at: TimestampSchema,
  duration_ms: Type.Integer(),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      verdict: VerdictSchema,
      finding: Type.String({ description: 'One sentence with the numbers' }),
      cause: Type.Optional(Type.String({ description: 'The cause of a warning or failure' })),
      advice: Type.Optional(Type.String({ description: 'The remedy' })),
      details: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
  comparison: Nullable(
    Type.Array(Type.Object({ verdict: VerdictSchema, text: Type.String() }), {
      description: 'With test lines: the summary before and after',
    }),
  ),
  test_lines_until: Nullable(TimestampSchema),
})
export type Diagnosis = Static<typeof DiagnosisSchema>
