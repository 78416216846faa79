// The shapes of `/api/marks`: deploys and notes on the time axis.
import { type Static, Type } from 'typebox'
import { MARK_KINDS, type MarkKind } from '../../store/accounts/marks.ts'
import { TimestampSchema } from './fields.ts'

const Kind = Type.Unsafe<MarkKind>({ type: 'string', enum: [...MARK_KINDS] })

export const Mark = Type.Object({
  id: Type.Integer(),
  at: TimestampSchema,
  kind: Kind,
  text: Type.String(),
  author: Type.String(),
  created_at: TimestampSchema,
})
export type Mark = Static<typeof Mark>

/** `GET /api/marks`: the newest first; `total_marks` counts all of the range. */
export const Marks = Type.Object({ marks: Type.Array(Mark), total_marks: Type.Integer() })
export type Marks = Static<typeof Marks>

/** `POST /api/marks`: a note unless `kind` says otherwise, now unless `at` does. */
export const MarkInput = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 500 }),
    kind: Type.Optional(Kind),
    at: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601; naive is UTC' })),
  },
  { additionalProperties: false },
)
export type MarkInput = Static<typeof MarkInput>
