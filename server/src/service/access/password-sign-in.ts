import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { APIError, createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { twoFactor } from 'better-auth/plugins/two-factor'
import { username } from 'better-auth/plugins/username'
import type pg from 'pg'
import { USERNAME_PATTERN, uniqueForm } from './username.ts'

/** Our own header for the address, since the usual ones can be sent by anybody. */
export const ADDRESS_HEADER = 'x-timelapser-client-address'

const DAY_S = 24 * 60 * 60
const MAX_PASSWORD_CHARACTERS = 128
const CHALLENGE_S = 60
/** Codes in a row; then none is taken for a while, the right one neither. */
const MAX_WRONG_CODES = 10
/** How long, in seconds. */
export const LOCKED_S = 900

/** Hashes a password, and compares a password with a hash. */
export type PasswordHashing = {
  hash: (password: string) => Promise<string>
  verify: (given: { hash: string; password: string }) => Promise<boolean>
}

export type PasswordSignInOptions = {
  /** With `pg`'s own parsers: times have to be `Date`s. */
  pool: pg.Pool
  /** Signs the cookies. */
  secret: string
  cookieName: string
  /** Whether the cookie goes over TLS alone. */
  secureCookie: boolean
  /** Receives failures inside the library, without personal data. */
  onTrouble: (message: string) => void
  /** Whether this user may have a session. */
  isWelcome: (userId: string) => Promise<boolean>
  /** The library's scrypt where it is not given. */
  passwords?: PasswordHashing | undefined
}

export type PasswordSignIn = ReturnType<typeof openPasswordSignIn>

/**
 * better-auth on our tables. Only its functions are called, by our routes: its own routes, sign-up among them, are
 * never mounted.
 */
export function openPasswordSignIn(options: PasswordSignInOptions) {
  return betterAuth({
    database: options.pool,
    secret: options.secret,
    // Only links in e-mails would need the real address, and no e-mails are sent.
    baseURL: 'http://localhost',
    telemetry: { enabled: false },
    logger: { level: 'error', log: (_level, message) => options.onTrouble(message) },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      maxPasswordLength: MAX_PASSWORD_CHARACTERS,
      ...(options.passwords && { password: options.passwords }),
    },
    plugins: [
      twoFactor({
        // The challenge is answered within the request that makes it.
        twoFactorCookieMaxAge: CHALLENGE_S,
        accountLockout: { enabled: true, maxFailedAttempts: MAX_WRONG_CODES, durationSeconds: LOCKED_S },
        schema: TWO_FACTOR_COLUMNS,
      }),
      { id: 'vouched-for', endpoints: { startSession } },
      username({
        displayUsername: false,
        minUsernameLength: 1,
        maxUsernameLength: 64,
        usernameNormalization: uniqueForm,
        usernameValidator: (name) => USERNAME_PATTERN.test(name),
      }),
    ],
    session: { ...SESSION_COLUMNS, expiresIn: 30 * DAY_S, updateAge: DAY_S },
    user: USER_COLUMNS,
    account: ACCOUNT_COLUMNS,
    verification: VERIFICATION_COLUMNS,
    databaseHooks: {
      session: {
        create: {
          // Runs after the password was found right, so that a wrong password does not reveal who is disabled.
          before: async ({ userId }) => {
            if (!(await options.isWelcome(userId))) throw new APIError('UNAUTHORIZED')
          },
        },
      },
    },
    advanced: {
      database: { generateId: 'uuid' },
      useSecureCookies: false,
      cookies: {
        session_token: {
          name: options.cookieName,
          attributes: { httpOnly: true, sameSite: 'lax', path: '/', secure: options.secureCookie },
        },
      },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
  })
}

/**
 * Begins a session of somebody whom we have found to be it in another way than by a password. Only called as a function:
 * as a route it would let anybody in as anybody.
 */
const startSession = createAuthEndpoint.serverOnly(
  {
    method: 'POST',
    body: { '~standard': { version: 1, vendor: 'timelapser', validate: (value) => ({ value }) } },
  },
  async (ctx) => {
    const { internalAdapter } = ctx.context
    const { userId } = ctx.body as { userId: string }
    const user = await internalAdapter.findUserById(userId)
    const session = user && (await internalAdapter.createSession(user.id))
    if (!session) throw new APIError('UNAUTHORIZED')
    await setSessionCookie(ctx, { session, user })
    return { token: session.token }
  },
)

const TIMES = { createdAt: 'created_at', updatedAt: 'updated_at' }

const TWO_FACTOR_COLUMNS = {
  user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
  twoFactor: {
    modelName: 'auth_two_factors',
    fields: {
      backupCodes: 'backup_codes',
      userId: 'user_id',
      failedVerificationCount: 'failed_verification_count',
      lockedUntil: 'locked_until',
    },
  },
}

const USER_COLUMNS = {
  modelName: 'auth_users',
  fields: { ...TIMES, emailVerified: 'email_verified' },
} satisfies BetterAuthOptions['user']

const SESSION_COLUMNS = {
  modelName: 'auth_sessions',
  fields: {
    ...TIMES,
    expiresAt: 'expires_at',
    ipAddress: 'ip_address',
    userAgent: 'user_agent',
    userId: 'user_id',
  },
} satisfies BetterAuthOptions['session']

const ACCOUNT_COLUMNS = {
  modelName: 'auth_accounts',
  fields: {
    ...TIMES,
    accountId: 'account_id',
    providerId: 'provider_id',
    userId: 'user_id',
    accessToken: 'access_token',
    refreshToken: 'refresh_token',
    idToken: 'id_token',
    accessTokenExpiresAt: 'access_token_expires_at',
    refreshTokenExpiresAt: 'refresh_token_expires_at',
  },
} satisfies BetterAuthOptions['account']

const VERIFICATION_COLUMNS = {
  modelName: 'auth_verifications',
  fields: { ...TIMES, expiresAt: 'expires_at' },
} satisfies BetterAuthOptions['verification']
