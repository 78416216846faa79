import { type Static, Type } from 'typebox'
import { TimestampSchema } from './fields.ts'

export const Camera = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  created_at: TimestampSchema,
})
export type Camera = Static<typeof Camera>
export const Cameras = Type.Object({ cameras: Type.Array(Camera), total_cameras: Type.Integer() })
export type Cameras = Static<typeof Cameras>

export const CameraInput = Type.Object(
  {
    id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2147483647 })),
    name: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { additionalProperties: false },
)
export type CameraInput = Static<typeof CameraInput>
