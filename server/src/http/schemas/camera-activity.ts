// The shape of `GET /api/cameras/activity`.
import { type Static, type TSchema, Type } from 'typebox'
import { LevelSchema, TimestampSchema } from './fields.ts'

const Nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, nullable: true })

export const CameraActivity = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  /** Lines of the period, and those of them of ERROR and CRITICAL. */
  log_count: Type.Integer(),
  error_count: Type.Integer(),
  /** The newest line there is, its message cut to 500 characters. */
  last_log: Nullable(
    Type.Object({
      id: Type.Integer(),
      timestamp: TimestampSchema,
      level: LevelSchema,
      message: Type.String(),
    }),
  ),
  /** The time usually between two lines, by the last seven days; null when there were too few. */
  usual_gap_seconds: Nullable(Type.Number()),
  /** When the last line came, if that is longer ago than five usual gaps (and five minutes). */
  silent_since: Nullable(TimestampSchema),
  /** In each step of `bucket_seconds` from `start` on: lines, errors, and whether the step lies in a silence. */
  logs: Type.Array(Type.Integer()),
  errors: Type.Array(Type.Integer()),
  is_silent: Type.Array(Type.Boolean()),
})
export type CameraActivity = Static<typeof CameraActivity>

/** `GET /api/cameras/activity`: by name; the last step holds `end`. */
export const CamerasActivity = Type.Object({
  cameras: Type.Array(CameraActivity),
  hours: Type.Integer(),
  start: TimestampSchema,
  end: TimestampSchema,
  bucket_seconds: Type.Integer(),
  /** With those of other pages. */
  total_cameras: Type.Integer(),
})
export type CamerasActivity = Static<typeof CamerasActivity>
