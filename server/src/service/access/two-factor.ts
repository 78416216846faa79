import { isAPIError } from 'better-auth/api'
import type pg from 'pg'
import type { Client } from '../../caller.ts'
import { endSessions } from '../../store/accounts/sessions.ts'
import { hasTwoFactor, spendCode } from '../../store/accounts/two-factor.ts'
import { AppError } from '../app-error.ts'
import type { Principal } from './access.ts'
import type { AuditTrail } from './audit-trail.ts'
import { LOCKED_S, type PasswordSignIn } from './password-sign-in.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'
import { uniqueForm } from './username.ts'

export type TwoFactorOptions = {
  pool: pg.Pool
  auditTrail: AuditTrail
  throttle: SignInThrottle
  signIn: PasswordSignIn
  /** The owner of a cookie's session now. */
  check: (cookie: string) => Promise<Principal | undefined>
  /** As the library reads a session's cookie. */
  headersOf: (cookie: string) => Headers
  onChange: () => void
}

/** The secret for an authenticator app, and the backup codes for the day on which it is lost; shown once. */
export type TwoFactorSetup = { uri: string; secret: string; backup_codes: string[] }

/** A challenge of the library's: the cookies of the password's answer. */
export type Challenge = { userId: string; answer: Headers; headers: Headers }

/** As apps show the entry. */
const ISSUER = 'Timelapser Logs'

/** A second factor beside the password: codes of an authenticator app, and backup codes. */
export class TwoFactor {
  readonly #options: TwoFactorOptions

  constructor(options: TwoFactorOptions) {
    this.#options = options
  }

  /** Whether the owner has one, and how many backup codes are left. */
  async state(cookie: string): Promise<{ enabled: boolean; backup_codes_left: number }> {
    const user = await this.#owner(cookie)
    const enabled = await hasTwoFactor(this.#options.pool, user.id)
    if (!enabled) return { enabled, backup_codes_left: 0 }
    const { backupCodes } = await this.#options.signIn.api.viewBackupCodes({ body: { userId: user.id } })
    return { enabled, backup_codes_left: backupCodes.length }
  }

  /**
   * Makes a secret and backup codes; they are in force when a code of the app was right.
   *
   * @throws {AppError} FORBIDDEN for a wrong password; CONFLICT when there is a second factor already
   */
  async begin(cookie: string, password: string, client: Client): Promise<TwoFactorSetup> {
    const user = await this.#owner(cookie)
    const made = await this.#withPassword(user, client, () =>
      this.#options.signIn.api.enableTwoFactor({
        body: { password, method: 'totp' },
        headers: this.#options.headersOf(cookie),
      }),
    )
    if (made.method !== 'totp') throw new Error(`The library enabled ${made.method}`)
    const secret = new URL(made.totpURI).searchParams.get('secret') ?? ''
    // The library's address names the made-up e-mail of the user.
    const parameters = new URLSearchParams({ secret, issuer: ISSUER })
    const label = `${encodeURIComponent(ISSUER)}:${encodeURIComponent(user.name)}`
    const uri = `otpauth://totp/${label}?${parameters.toString().replaceAll('+', '%20')}`
    return { uri, secret, backup_codes: made.backupCodes }
  }

  /**
   * Puts it in force; all other sessions, which began without it, end.
   *
   * @returns the cookies of the session, which is another from now on
   * @throws {AppError} FORBIDDEN for a wrong code
   */
  async confirm(cookie: string, code: string, client: Client): Promise<string[]> {
    const user = await this.#owner(cookie)
    const succeed = this.#options.throttle.begin(client.address, uniqueForm(user.name))
    const digits = withoutSpaces(code)
    if (!(await spendCode(this.#options.pool, user.id, digits))) throw wrongCode('FORBIDDEN')
    const { headers, response } = await this.#options.signIn.api
      .verifyTOTP({ body: { code: digits }, headers: this.#options.headersOf(cookie), returnHeaders: true })
      .catch((error: unknown) => {
        throw isAPIError(error) && error.statusCode < 500 ? wrongCode('FORBIDDEN') : error
      })
    succeed()
    const cookies = headers.getSetCookie()
    // Nothing changed when it was in force already.
    if (cookies.length === 0) return []
    await this.#options.auditTrail.change(async (connection) => {
      const token = tokenIn(cookies) ?? response.token
      const sessions = await endSessions(connection, user.id, token)
      const entry = {
        action: 'two-factor.enable',
        entity: `user ${user.name}`,
        after: { ended_sessions: sessions },
      }
      return { result: undefined, entry }
    })
    this.#options.onChange()
    return cookies
  }

  /** New backup codes; the ones before open nothing any more. @throws {AppError} FORBIDDEN for a wrong password */
  async renewBackupCodes(cookie: string, password: string, client: Client): Promise<string[]> {
    const user = await this.#owner(cookie)
    const { backupCodes } = await this.#withPassword(user, client, () =>
      this.#options.signIn.api.generateBackupCodes({
        body: { password },
        headers: this.#options.headersOf(cookie),
      }),
    )
    await this.#audit('two-factor.backup-codes', user)
    return backupCodes
  }

  /** Takes it away. @returns the cookies of the session, as above @throws {AppError} FORBIDDEN for a wrong password */
  async end(cookie: string, password: string, client: Client): Promise<string[]> {
    const user = await this.#owner(cookie)
    const { headers } = await this.#withPassword(user, client, () =>
      this.#options.signIn.api.disableTwoFactor({
        body: { password },
        headers: this.#options.headersOf(cookie),
        returnHeaders: true,
      }),
    )
    await this.#audit('two-factor.disable', user)
    this.#options.onChange()
    return headers.getSetCookie()
  }

  /**
   * Answers a challenge that followed a right password.
   *
   * @throws {AppError} CODE_REQUIRED without a code; UNAUTHENTICATED for a wrong one; RATE_LIMITED after ten in a row
   */
  async pass({ userId, answer, headers }: Challenge, code: string | undefined) {
    if (code === undefined) {
      throw new AppError('CODE_REQUIRED', 'Enter the code of your authenticator app, or a backup code.')
    }
    const given = withoutSpaces(code)
    const isOfApp = /^\d{6}$/.test(given)
    if (isOfApp && !(await spendCode(this.#options.pool, userId, given))) throw wrongCode('UNAUTHENTICATED')
    const cookie = answer
      .getSetCookie()
      .map((one) => one.split(';')[0] ?? '')
      .filter((pair) => !pair.endsWith('='))
      .join('; ')
    const request = {
      body: { code: given },
      headers: new Headers([...headers, ['cookie', cookie]]),
      returnHeaders: true,
    } as const
    const { api } = this.#options.signIn
    try {
      const passed = isOfApp ? await api.verifyTOTP(request) : await api.verifyBackupCode(request)
      const { token, user } = passed.response
      if (!token) throw new Error('The library began no session')
      return { token, userId: user.id, cookies: passed.headers.getSetCookie() }
    } catch (error) {
      if (!isAPIError(error) || error.statusCode >= 500) throw error
      if (error.statusCode === 429) {
        throw new AppError('RATE_LIMITED', 'Too many wrong codes in a row.', { retryAfter: LOCKED_S })
      }
      throw wrongCode('UNAUTHENTICATED')
    }
  }

  async #withPassword<T>(user: Principal, client: Client, work: () => Promise<T>): Promise<T> {
    const succeed = this.#options.throttle.begin(client.address, uniqueForm(user.name))
    try {
      const result = await work()
      succeed()
      return result
    } catch (error) {
      if (!isAPIError(error) || error.statusCode >= 500) throw error
      const { code } = error.body ?? {}
      if (code === 'TOTP_ALREADY_ENABLED') {
        succeed()
        throw new AppError(
          'CONFLICT',
          'You already have a second factor. Remove it before you set up another.',
        )
      }
      if (code === 'TWO_FACTOR_NOT_ENABLED') {
        succeed()
        throw new AppError('CONFLICT', 'You have no second factor.')
      }
      await this.#audit('password.refused', user)
      throw new AppError('FORBIDDEN', 'The current password is wrong.', { cause: error })
    }
  }

  /** The owner of the session, who has a password here. */
  async #owner(cookie: string): Promise<Principal> {
    const principal = await this.#options.check(cookie)
    if (!principal) throw new AppError('UNAUTHENTICATED', 'The session has ended. Sign in again.')
    if (principal.isExternal) {
      throw new AppError('CONFLICT', 'You sign in through a provider: set up the second factor there.')
    }
    return principal
  }

  #audit(action: string, user: Principal): Promise<void> {
    return this.#options.auditTrail.write({ action, entity: `user ${user.name}` })
  }
}

/** As people copy them. */
function withoutSpaces(code: string): string {
  return code.replaceAll(/\s/g, '')
}

function wrongCode(code: 'FORBIDDEN' | 'UNAUTHENTICATED'): AppError {
  return new AppError(code, 'The code is wrong, already used, or too old. Wait for the next code.')
}

/** The token of the session that these cookies begin. */
function tokenIn(cookies: readonly string[]): string | undefined {
  const [, value = ''] = /^[^=]+=([^;]+)/.exec(cookies.find((one) => !/=;|max-age=0/i.test(one)) ?? '') ?? []
  return value === '' ? undefined : decodeURIComponent(value).split('.')[0]
}
