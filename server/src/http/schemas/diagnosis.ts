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
      cause: Type.Optional(Type.String({ description: 'Why it is not well' })),
      advice: Type.Optional(Type.String({ description: 'What to do about it' })),
      details: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
  comparison: Nullable(
    Type.Array(Type.Object({ verdict: VerdictSchema, text: Type.String() }), {
      description: 'After test lines: what the summary says before and after',
    }),
  ),
  test_lines_until: Nullable(TimestampSchema),
})
export type Diagnosis = Static<typeof DiagnosisSchema>
