import type pg from 'pg'
import type { Client } from '../../caller.ts'
import { findPasswordHash, replacePasswordHash } from '../../store/accounts/passwords.ts'
import { endSession, endSessions, type ListedSession, listSessions } from '../../store/accounts/sessions.ts'
import { AppError } from '../app-error.ts'
import type { Principal } from './access.ts'
import type { AuditTrail } from './audit-trail.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'
import { uniqueForm } from './username.ts'

export type OwnAccountOptions = {
  pool: pg.Pool
  auditTrail: AuditTrail
  throttle: SignInThrottle
  passwords: () => Promise<{
    hash: (password: string) => Promise<string>
    verify: (input: { hash: string; password: string }) => Promise<boolean>
  }>
  /** The owner of a cookie's session now. */
  check: (cookie: string) => Promise<Principal | undefined>
  /** Called when sessions have ended, so that this server need not wait for the notice. */
  onChange: () => void
}

/** The actions of people on their own sessions and password; a cookie identifies them. */
export class OwnAccount {
  readonly #options: OwnAccountOptions

  constructor(options: OwnAccountOptions) {
    this.#options = options
  }

  /** One's own sessions, newest first. */
  async listSessions(cookie: string): Promise<ListedSession[]> {
    const user = await this.#owner(cookie)
    return listSessions(this.#options.pool, user.id, tokenOf(cookie))
  }

  /** Ends one of one's own sessions, on every server. @throws {AppError} NOT_FOUND */
  async endSession(cookie: string, id: string): Promise<void> {
    const user = await this.#owner(cookie)
    await this.#options.auditTrail.change(async (client) => {
      if (!(await endSession(client, user.id, id))) {
        throw new AppError('NOT_FOUND', `You have no session ${id}, or it has already ended.`)
      }
      return { result: undefined, entry: { action: 'session.end', entity: `user ${user.name}` } }
    })
    this.#options.onChange()
  }

  /** Ends one's own other sessions, with `includeCurrent` this one too; answers with how many there were. */
  async signOutEverywhere(cookie: string, includeCurrent: boolean): Promise<number> {
    const user = await this.#owner(cookie)
    const ended = await this.#options.auditTrail.change(async (client) => {
      const result = await endSessions(client, user.id, includeCurrent ? null : tokenOf(cookie))
      const entry = {
        action: includeCurrent ? 'sign-out.everywhere' : 'sign-out.elsewhere',
        entity: `user ${user.name}`,
        after: { sessions: result },
      }
      return { result, entry }
    })
    this.#options.onChange()
    return ended
  }

  /**
   * Changes one's own password and ends all other sessions.
   *
   * @throws {AppError} FORBIDDEN when the current password is wrong; RATE_LIMITED after too many failures
   */
  async changePassword(
    cookie: string,
    input: { current_password: string; new_password: string },
    client: Client,
  ): Promise<void> {
    const user = await this.#owner(cookie)
    if (uniqueForm(input.new_password) === uniqueForm(user.name)) {
      throw new AppError('INVALID_REQUEST', 'new_password must not be the name.')
    }
    const succeed = this.#options.throttle.begin(client.address, uniqueForm(user.name))
    const password = await this.#options.passwords()
    const hash = await findPasswordHash(this.#options.pool, user.id)
    if (!hash || !(await password.verify({ hash, password: input.current_password }))) {
      await this.#options.auditTrail.write({ action: 'password.refused', entity: `user ${user.name}` })
      throw new AppError('FORBIDDEN', 'The current password is wrong.')
    }
    succeed()
    const to = await password.hash(input.new_password)
    await this.#options.auditTrail.change(async (connection) => {
      if (!(await replacePasswordHash(connection, { userId: user.id, from: hash, to }))) {
        throw new AppError('CONFLICT', 'The password has been changed meanwhile.')
      }
      const sessions = await endSessions(connection, user.id, tokenOf(cookie))
      const entry = {
        action: 'password.change',
        entity: `user ${user.name}`,
        after: { ended_sessions: sessions },
      }
      return { result: undefined, entry }
    })
    this.#options.onChange()
  }

  /** The owner of the session. */
  async #owner(cookie: string): Promise<Principal> {
    const principal = await this.#options.check(cookie)
    if (principal) return principal
    throw new AppError('UNAUTHENTICATED', 'The session has ended. Sign in again.')
  }
}

/** The session's token: the cookie is that, a dot and its signature, which was checked before. */
export function tokenOf(cookie: string): string {
  return decodeURIComponent(cookie).split('.')[0] ?? ''
}
