import type pg from 'pg'
import { hasAdministrator } from '../../store/accounts/accounts.ts'
import { endSession, endSessions, type ListedSession, listSessions } from '../../store/accounts/sessions.ts'
import { removeTwoFactor } from '../../store/accounts/two-factor.ts'
import * as store from '../../store/accounts/users.ts'
import { AppError } from '../app-error.ts'
import type { AuditTrail } from './audit-trail.ts'

/** People as administrators manage them. A change takes effect at once, on every server, for open streams too. */
export class Users {
  readonly #pool: pg.Pool
  readonly #auditTrail: AuditTrail
  readonly #onChange: () => void

  /** @param options.onChange called after every change, so that this server need not wait for the notice */
  constructor(options: { pool: pg.Pool; auditTrail: AuditTrail; onChange: () => void }) {
    this.#pool = options.pool
    this.#auditTrail = options.auditTrail
    this.#onChange = options.onChange
  }

  /** Everybody, by name, without secrets. */
  list(): Promise<store.ListedUser[]> {
    return store.listUsers(this.#pool)
  }

  /** @throws {AppError} NOT_FOUND; CONFLICT for the last administrator, or cameras of an administrator */
  async change(id: string, { role, cameras, disabled }: store.UserChange): Promise<store.ListedUser> {
    return this.#onUser(id, 'user.update', async (client, user) => {
      if (user.is_external && (role !== undefined || cameras !== undefined)) {
        throw new AppError(
          'CONFLICT',
          `${user.name} signs in through the provider, whose groups set role and cameras. Change the groups there.`,
        )
      }
      const changed = {
        ...user,
        role: role ?? user.role,
        cameras: cameras === undefined ? user.cameras : cameras && [...cameras],
        disabled: disabled ?? user.disabled,
      }
      if (changed.role === 'admin') {
        if (cameras)
          throw new AppError(
            'CONFLICT',
            'An administrator sees every camera; cameras is only allowed for viewers.',
          )
        changed.cameras = null
      }
      await store.saveUser(client, changed)
      // A user who is enabled again has to sign in again.
      if (changed.disabled) await endSessions(client, id)
      return changed
    })
  }

  /** @throws {AppError} NOT_FOUND; CONFLICT for the last administrator */
  async delete(id: string): Promise<store.ListedUser> {
    return this.#onUser(id, 'user.delete', async (client, user) => {
      await store.deleteUser(client, id)
      return user
    })
  }

  /** Signs a user out everywhere. @throws {AppError} NOT_FOUND */
  async endSessions(id: string): Promise<store.ListedUser> {
    return this.#onUser(id, 'user.sign-out', async (client, user) => {
      await endSessions(client, id)
      return user
    })
  }

  /**
   * Takes the second factor from a user who lost it; they sign in with the password alone until they set up another.
   *
   * @throws {AppError} NOT_FOUND; CONFLICT without a second factor
   */
  async resetTwoFactor(id: string): Promise<store.ListedUser> {
    return this.#onUser(id, 'two-factor.reset', async (client, user) => {
      if (await removeTwoFactor(client, id)) return { ...user, two_factor: false }
      throw new AppError('CONFLICT', `${user.name} has no second factor.`)
    })
  }

  /** The sessions of a user, newest first. @throws {AppError} NOT_FOUND */
  async listSessions(id: string, ownToken: string | undefined): Promise<ListedSession[]> {
    if (!(await store.findUser(this.#pool, id))) throw unknown(id)
    return listSessions(this.#pool, id, ownToken ?? '')
  }

  /** Ends one session of a user. @throws {AppError} NOT_FOUND */
  async endSession(id: string, sessionId: string): Promise<store.ListedUser> {
    return this.#onUser(id, 'session.end', async (client, user) => {
      if (await endSession(client, id, sessionId)) return user
      throw new AppError('NOT_FOUND', `${user.name} has no session ${sessionId}, or it has already ended.`)
    })
  }

  async #onUser(
    id: string,
    action: 'user.update' | 'user.delete' | 'user.sign-out' | 'session.end' | 'two-factor.reset',
    work: (client: pg.PoolClient, user: store.ListedUser) => Promise<store.ListedUser>,
  ): Promise<store.ListedUser> {
    const result = await this.#auditTrail.change(async (client) => {
      const user = await store.lockUser(client, id)
      if (!user) throw unknown(id)
      const changed = await work(client, user)
      if (canAdminister(user) && !(await hasAdministrator(client))) {
        throw new AppError(
          'CONFLICT',
          `${user.name} is the last administrator who can sign in. Make another user administrator first.`,
        )
      }
      await store.tellServers(client)
      const after = action === 'user.update' ? described(changed) : undefined
      return {
        result: changed,
        entry: { action, entity: `user ${user.name}`, before: described(user), after },
      }
    })
    this.#onChange()
    return result
  }
}

function unknown(id: string): AppError {
  return new AppError('NOT_FOUND', `There is no user ${id}.`)
}

function canAdminister({ role, disabled, has_password, is_external }: store.ListedUser): boolean {
  return role === 'admin' && !disabled && (has_password || is_external)
}

function described({ role, cameras, disabled }: store.ListedUser) {
  return { role, cameras, disabled }
}
