import { type Static, Type } from 'typebox'
import { Nullable, TimestampSchema } from './fields.ts'

/** The caller, from `GET /api/session`. */
export const Session = Type.Object({
  kind: Type.Union([Type.Literal('user'), Type.Literal('key'), Type.Literal('link')]),
  name: Type.String(),
  role: Type.Union([Type.Literal('admin'), Type.Literal('viewer'), Type.Literal('ingest')]),
  /** Whether they signed in by the provider, and have no password here. */
  is_external: Type.Boolean(),
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
  {
    username: Username,
    password: Type.String({ minLength: 1, maxLength: 128 }),
    /** A code of the authenticator app, or a backup code, where the user has a second factor. */
    code: Type.Optional(Type.String({ minLength: 6, maxLength: 40 })),
  },
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

/** `GET /api/auth/methods`: the ways to sign in. */
export const SignInMethods = Type.Object({
  /** The name of the provider that is on the button; null where none is configured. */
  provider: Nullable(Type.String()),
})
export type SignInMethods = Static<typeof SignInMethods>

/** `POST /api/auth/oidc`: where to go after signing in, a path of the page. */
export const ProviderSignInInput = Type.Object(
  { next: Type.Optional(Type.String({ maxLength: 4000 })) },
  { additionalProperties: false },
)
export type ProviderSignInInput = Static<typeof ProviderSignInInput>

/** A page of the provider, to be opened in this browser. */
export const ProviderPage = Type.Object({ url: Type.String() })
export type ProviderPage = Static<typeof ProviderPage>

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

/** `GET /api/auth/two-factor`: the caller's own second factor. */
export const TwoFactorState = Type.Object({ enabled: Type.Boolean(), backup_codes_left: Type.Integer() })
export type TwoFactorState = Static<typeof TwoFactorState>

/** The current password, for changes of the second factor. */
export const CurrentPassword = Type.Object(
  { password: Type.String({ minLength: 1, maxLength: 128 }) },
  { additionalProperties: false },
)

/** `POST /api/auth/two-factor`: in force when a first code was sent. */
export const TwoFactorSetup = Type.Object({
  /** The `otpauth:` address that the app reads, from a QR code say. */
  uri: Type.String(),
  /** The same to be typed, in base 32. */
  secret: Type.String(),
  backup_codes: Type.Array(Type.String()),
})
export type TwoFactorSetup = Static<typeof TwoFactorSetup>

/** `POST /api/auth/two-factor/verify`. */
export const TwoFactorCode = Type.Object(
  { code: Type.String({ minLength: 6, maxLength: 12 }) },
  { additionalProperties: false },
)

export const BackupCodes = Type.Object({ backup_codes: Type.Array(Type.String()) })
export type BackupCodes = Static<typeof BackupCodes>

/** `POST /api/auth/password`: all other sessions end. */
export const PasswordInput = Type.Object(
  { current_password: Type.String({ minLength: 1, maxLength: 128 }), new_password: NewPassword },
  { additionalProperties: false },
)
export type PasswordInput = Static<typeof PasswordInput>
