import { Type } from 'typebox'
import { Nullable } from './fields.ts'

export const CameraGrants = Nullable(
  Type.Array(Type.Integer({ minimum: 1, maximum: 2147483647 }), { minItems: 1, maxItems: 1000 }),
)
