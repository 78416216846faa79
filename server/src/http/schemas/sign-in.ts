import { type Static, Type } from 'typebox'
import { Nullable, TimestampSchema } from './fields.ts'

/** The caller, from `GET /api/session`. */
export const Session = Type.Object({
  kind: Type.Union([Type.Literal('user'), Type.Literal('key')]),
  name: Type.String(),
  role: Type.Union([Type.Literal('admin'), Type.Literal('viewer'), Type.Literal('ingest')]),
})
export type Session = Static<typeof Session>

/**
 * A name of a person or of the owner of a one-time link: trimmed, any letters, no control characters. Unique without
 * regard to case.
 */
export const Username = Type.String({ minLength: 1, maxLength: 64 })
/** A password that is being chosen. */
const NewPassword = Type.String({ minLength: 8, maxLength: 128 })

/** `POST /api/auth/sign-in`; answers with a `Session` and the session's cookie. */
export const SignInInput = Type.Object(
  { username: Username, password: Type.String({ minLength: 1, maxLength: 128 }) },
  { additionalProperties: false },
)
export type SignInInput = Static<typeof SignInInput>

/** `POST /api/auth/link`: the secret of a one-time link and what to sign in with from now on; answers as sign-in does. */
export const RedeemLinkInput = Type.Object(
  {
    secret: Type.String({ minLength: 1, maxLength: 100 }),
    username: Username,
    password: NewPassword,
  },
  { additionalProperties: false },
)
export type RedeemLinkInput = Static<typeof RedeemLinkInput>

export const BrowserSession = Type.Object({
  id: Type.String(),
  created_at: TimestampSchema,
  expires_at: TimestampSchema,
  ip_address: Nullable(Type.String()),
  user_agent: Nullable(Type.String()),
  /** Whether it is the session of this request. */
  current: Type.Boolean(),
})
export type BrowserSession = Static<typeof BrowserSession>

/** `GET /api/sessions`: one's own, newest first; `GET /api/users/:id/sessions`: a user's. */
export const BrowserSessions = Type.Object({
  sessions: Type.Array(BrowserSession),
  total_sessions: Type.Integer(),
})
export type BrowserSessions = Static<typeof BrowserSessions>

/** `POST /api/auth/password`: all other sessions end. */
export const PasswordInput = Type.Object(
  { current_password: Type.String({ minLength: 1, maxLength: 128 }), new_password: NewPassword },
  { additionalProperties: false },
)
export type PasswordInput = Static<typeof PasswordInput>
