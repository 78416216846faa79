import type pg from 'pg'
import { findActiveUser } from '../../store/accounts/accounts.ts'
import { listKeys } from '../../store/accounts/api-keys.ts'
import { type Principal, SEES_EVERYTHING, type Visibility } from '../access/access.ts'

/** How a rule names its owner: a key and those that take its place are one. */
export function ownerOf({ lineage }: Pick<Principal, 'lineage'>): string {
  return lineage
}

/** The visibility of an owner, and whether the owner is an administrator. */
export type Sight = { visibility: Visibility; isAdmin: boolean }

/** The present visibility of the owners of rules, each read once; undefined for an owner who may not read any more. */
export class OwnerSight {
  readonly #pool: pg.Pool
  readonly #known = new Map<string, Sight | undefined>()
  #keys: Map<string, Sight> | undefined

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async of(owner: string): Promise<Sight | undefined> {
    if (!this.#known.has(owner)) this.#known.set(owner, await this.#look(owner))
    return this.#known.get(owner)
  }

  async #look(owner: string): Promise<Sight | undefined> {
    if (owner === 'key operator') return { visibility: SEES_EVERYTHING, isAdmin: true }
    const [kind, id = ''] = owner.split(' ', 2)
    if (kind === 'key') {
      this.#keys ??= await this.#readKeys()
      return this.#keys.get(id)
    }
    const user = await findActiveUser(this.#pool, id)
    if (!user) return undefined
    const isAdmin = user.role === 'admin'
    return { visibility: isAdmin ? SEES_EVERYTHING : { cameras: user.cameras }, isAdmin }
  }

  async #readKeys(): Promise<Map<string, Sight>> {
    const keys = await listKeys(this.#pool)
    const readers = keys.filter(
      ({ scope, expires_at }) =>
        scope !== 'ingest' && (expires_at === null || Date.parse(expires_at) > Date.now()),
    )
    // The newest of a lineage comes first, and is to win.
    return new Map(
      readers
        .toReversed()
        .map(({ lineage, scope, cameras, min_level }) => [
          String(lineage),
          { visibility: { cameras, ...(min_level && { min_level }) }, isAdmin: scope === 'admin' },
        ]),
    )
  }
}
