import { type Static, Type } from 'typebox'
import { CameraGrants, Nullable, TimestampSchema } from './fields.ts'
import { Username } from './sign-in.ts'

/** `POST /api/users/link`: for a person who cannot get in; with a role, a name that nobody has is invited. */
export const UserLinkInput = Type.Object(
  {
    username: Username,
    role: Type.Optional(Type.Union([Type.Literal('admin'), Type.Literal('viewer')])),
    /** Only for an invited viewer: the cameras whose logs they see; absent or null for all logs. */
    cameras: Type.Optional(CameraGrants),
  },
  { additionalProperties: false },
)
export type UserLinkInput = Static<typeof UserLinkInput>

export const UserLink = Type.Object({
  username: Type.String(),
  role: Type.Union([Type.Literal('admin'), Type.Literal('viewer')]),
  /** Signs its finder in, once. */
  url: Type.String(),
  expires_at: TimestampSchema,
})
export type UserLink = Static<typeof UserLink>

const UserRole = Type.Union([Type.Literal('admin'), Type.Literal('viewer')])

export const User = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: UserRole,
  /** The cameras whose logs a viewer sees; null for all logs. */
  cameras: Nullable(Type.Array(Type.Integer())),
  disabled: Type.Boolean(),
  /** False for somebody who was invited and has not come yet. */
  has_password: Type.Boolean(),
  /** Whether they sign in by a provider, whose groups say what they may do. */
  is_external: Type.Boolean(),
  /** Whether a code of an app is asked for beside the password. */
  two_factor: Type.Boolean(),
  last_sign_in_at: Nullable(TimestampSchema),
  created_at: TimestampSchema,
})
export type User = Static<typeof User>

/** `GET /api/users`: everybody, by name. */
export const Users = Type.Object({ users: Type.Array(User), total_users: Type.Integer() })
export type Users = Static<typeof Users>

/** `PATCH /api/users/:id`: absent fields stay. */
export const UserChange = Type.Object(
  {
    role: Type.Optional(UserRole),
    cameras: Type.Optional(CameraGrants),
    disabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type UserChange = Static<typeof UserChange>
