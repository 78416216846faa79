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

/** One line, in one direction: names are parts of lists, notices and mails, where another line would say anything. */
export const CAMERA_NAME = '^[^\\p{Cc}\\p{Zl}\\p{Zp}\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]+$'

export const CameraInput = Type.Object(
  {
    id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2147483647 })),
    name: Type.String({ minLength: 1, maxLength: 200, pattern: CAMERA_NAME }),
  },
  { additionalProperties: false },
)
export type CameraInput = Static<typeof CameraInput>
