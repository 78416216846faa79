import { LEVELS, type Level } from '@timelapser/logger'
import { type Static, type TSchema, Type } from 'typebox'

/** `nullable` and not a union with null: unions are tried one by one when a reply is serialised. */
export const Nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, nullable: true })

export const LevelSchema = Type.Unsafe<Level>({
  type: 'string',
  enum: [...LEVELS],
  description: 'One of the five levels',
})

/** ISO 8601 in UTC with up to six fractional digits, trailing zeros cut: `2025-01-01T12:30:00.12Z`. */
export const TimestampSchema = Type.String({ description: 'ISO 8601, UTC, microseconds' })

export const CameraGrants = Nullable(
  Type.Array(Type.Integer({ minimum: 1, maximum: 2147483647 }), { minItems: 1, maxItems: 1000 }),
)
