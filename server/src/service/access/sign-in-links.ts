import type pg from 'pg'
import {
  findOrInviteUser,
  findUserByName,
  hasAdministrator,
  type UserRole,
} from '../../store/accounts/accounts.ts'
import { createLink, redeemLink } from '../../store/accounts/one-time-links.ts'
import { AppError } from '../app-error.ts'
import type { AuditTrail } from './audit-trail.ts'
import { randomSecret, sha256 } from './random-secret.ts'
import { uniqueForm, validName } from './username.ts'

const LINK_HOURS = 24

/** Entries of links that were refused, by whomever. */
const REFUSALS_AN_HOUR = 1000

export type UserLinkRequest = {
  username: string
  role?: UserRole | undefined
  cameras?: number[] | null | undefined
}

/** A one-time link that is still to be put into a URL. */
export type UserLink = { username: string; role: UserRole; secret: string; expires_at: string }

/** One-time links: how people come in who have no password, or not any more. */
export class SignInLinks {
  readonly #pool: pg.Pool
  readonly #auditTrail: AuditTrail

  constructor({ pool, auditTrail }: { pool: pg.Pool; auditTrail: AuditTrail }) {
    this.#pool = pool
    this.#auditTrail = auditTrail
  }

  /**
   * Uses a link up: its owner's name and password are these from now on, and their sessions have ended.
   *
   * @throws {AppError} FORBIDDEN for a link that is unknown, used or too old; CONFLICT for a name that is taken: the
   * link stays good then
   */
  async redeem(input: { secret: string; name: string; passwordHash: string }): Promise<void> {
    const { secret, name, passwordHash } = input
    const redemption = { hash: sha256(secret), name, username: uniqueForm(name), passwordHash }
    const entity = `user ${name}`
    try {
      await this.#auditTrail.change(async (client) => {
        const redeemed = await redeemLink(client, redemption)
        if (redeemed === 'invalid_link') throw REFUSED()
        if (redeemed === 'name_taken') throw new AppError('CONFLICT', `The name "${name}" is taken.`)
        return {
          result: undefined,
          entry: { action: 'link.redeemed', entity, after: { role: redeemed.role } },
        }
      })
    } catch (error) {
      if (error instanceof AppError && error.code === 'FORBIDDEN')
        await this.#auditTrail.writeOften(
          { action: 'link.refused', entity: 'unknown user' },
          REFUSALS_AN_HOUR,
        )
      throw error
    }
  }

  /**
   * A new link for a user. With a role, or cameras, a name that nobody has is invited; without, it is refused: a typing
   * error at a password reset must not let somebody in who sees all logs.
   *
   * @throws {AppError} NOT_FOUND for a name that nobody has, and no role; CONFLICT when the user exists with another role or other cameras than the given ones
   */
  async create(input: UserLinkRequest): Promise<UserLink> {
    const name = validName(input.username)
    const cameras = input.cameras ?? null
    if (cameras && input.role === 'admin') {
      throw new AppError('INVALID_REQUEST', 'cameras is only allowed with the role viewer.')
    }
    const wanted = { name, username: uniqueForm(name), role: input.role ?? 'viewer', cameras }
    const secret = randomSecret()
    return this.#auditTrail.change(async (client) => {
      const isInvitation = input.role !== undefined || cameras !== null
      const user = isInvitation
        ? await findOrInviteUser(client, wanted)
        : await findUserByName(client, wanted.username)
      if (!user) {
        const sentence = `There is no user "${name}". To invite a new user, give a role: viewer or admin.`
        throw new AppError('NOT_FOUND', sentence)
      }
      if (user.is_external) {
        const sentence = `${user.name} signs in through the provider and has no password here. Restore access at the provider.`
        throw new AppError('CONFLICT', sentence)
      }
      if (cameras && JSON.stringify(user.cameras) !== JSON.stringify(cameras)) {
        throw new AppError('CONFLICT', `${user.name} exists with other cameras. Change the user instead.`)
      }
      if (input.role && user.role !== input.role) {
        throw new AppError('CONFLICT', `${user.name} exists with the role ${user.role}.`)
      }
      const link = { hash: sha256(secret), userId: user.id, hours: LINK_HOURS }
      const expires_at = await createLink(client, link)
      const after = { role: user.role, cameras: user.cameras, expires_at }
      return {
        result: { username: user.name, role: user.role, secret, expires_at },
        entry: { action: 'user.link', entity: `user ${user.name}`, after },
      }
    })
  }

  /** The secret of a link that makes the first administrator; undefined when an administrator exists. */
  async createFirst(): Promise<string | undefined> {
    if (await hasAdministrator(this.#pool)) return undefined
    const secret = randomSecret()
    await createLink(this.#pool, { hash: sha256(secret), userId: null, hours: LINK_HOURS })
    return secret
  }
}

const REFUSED = () =>
  new AppError('FORBIDDEN', 'This link has already been used, is older than a day or was never valid.')
