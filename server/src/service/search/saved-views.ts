import { repairText } from '@timelapser/logger'
import type pg from 'pg'
import { errorCode } from '../../startup-error.ts'
import * as store from '../../store/accounts/views.ts'
import type { Principal } from '../access/access.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import { asSeenBy, mayEdit, nameOf, ownerOf, withKnownLevels } from './ownership.ts'

/** A view as one reader sees it. */
export type SavedView = Omit<store.StoredView, 'owner'> & { is_own: boolean; may_edit: boolean }

export type ViewInput = { name: string; query: string; shared?: boolean | undefined }
export type ViewChange = {
  name?: string | undefined
  query?: string | undefined
  shared?: boolean | undefined
}

/** All of them are listed at once. */
const MAX_OWN = 200
const MAX_SHARED = 1000

/**
 * Searches kept under a name: a user's own, and those that others share. A shared search is changed by its owner and by
 * administrators; an unshared search is its owner's alone.
 */
export class SavedViews {
  readonly #pool: pg.Pool
  readonly #auditTrail: AuditTrail

  constructor(pool: pg.Pool, auditTrail: AuditTrail) {
    this.#pool = pool
    this.#auditTrail = auditTrail
  }

  /** By name. */
  async list(reader: Principal): Promise<SavedView[]> {
    const views = await store.listViews(this.#pool, ownerOf(reader))
    return views.map((view) => asSeenBy(reader, view))
  }

  /** @throws {AppError} CONFLICT when the name is taken or there are too many */
  async create(input: ViewInput, author: Principal): Promise<SavedView> {
    const fields = {
      name: nameOf(input.name),
      query: withKnownLevels(repairText(input.query)),
      shared: input.shared ?? false,
    }
    const view = await this.#auditTrail.change(async (client) => {
      await this.#makeRoom(client, author, fields.shared, true)
      const result = await store.createView(client, {
        ...fields,
        owner: ownerOf(author),
        owner_name: author.name,
      })
      if (!result) throw taken(fields.name)
      return { result, entry: { action: 'view.create', entity: `view ${result.id}`, after: fields } }
    })
    return asSeenBy(author, view)
  }

  /** @throws {AppError} NOT_FOUND, FORBIDDEN for somebody else's shared search, CONFLICT when the name is taken */
  async change(id: number, change: ViewChange, author: Principal): Promise<SavedView> {
    const view = await this.#auditTrail.change(async (client) => {
      const before = await this.#lock(client, id, author)
      const after = {
        name: change.name === undefined ? before.name : nameOf(change.name),
        query: change.query === undefined ? before.query : withKnownLevels(repairText(change.query)),
        shared: change.shared ?? before.shared,
      }
      if (after.shared && !before.shared) await this.#makeRoom(client, author, true, false)
      const result = await store.saveView(client, { id, ...after }).catch((error: unknown) => {
        // Another one got the name between the look and the change.
        throw errorCode(error) === '23505' ? taken(after.name) : error
      })
      if (!result) throw taken(after.name)
      return {
        result,
        entry: { action: 'view.update', entity: `view ${id}`, before: fieldsOf(before), after },
      }
    })
    return asSeenBy(author, view)
  }

  /** @throws {AppError} NOT_FOUND, FORBIDDEN for somebody else's shared search */
  async delete(id: number, author: Principal): Promise<SavedView> {
    const view = await this.#auditTrail.change(async (client) => {
      const result = await this.#lock(client, id, author)
      await store.deleteView(client, id)
      return { result, entry: { action: 'view.delete', entity: `view ${id}`, before: fieldsOf(result) } }
    })
    return asSeenBy(author, view)
  }

  async #lock(client: pg.PoolClient, id: number, author: Principal): Promise<store.StoredView> {
    const view = await store.lockView(client, id)
    if (!view || (!view.shared && view.owner !== ownerOf(author))) {
      throw new AppError('NOT_FOUND', `There is no view ${id}.`)
    }
    if (mayEdit(author, view)) return view
    throw new AppError('FORBIDDEN', `The view ${id} belongs to ${view.owner_name}; save one of your own.`)
  }

  async #makeRoom(
    client: pg.PoolClient,
    author: Principal,
    isShared: boolean,
    isNew: boolean,
  ): Promise<void> {
    const { own, shared } = await store.countViews(client, ownerOf(author))
    if (isNew && own >= MAX_OWN) {
      throw new AppError('CONFLICT', `You have ${own} views, the maximum. Delete one first.`)
    }
    if (isShared && shared >= MAX_SHARED) {
      throw new AppError('CONFLICT', `${shared} views are shared, the maximum. Delete one first.`)
    }
  }
}

function fieldsOf({ name, query, shared }: store.StoredView): store.ViewFields {
  return { name, query, shared }
}

function taken(name: string): AppError {
  return new AppError('CONFLICT', `There is already a view named "${name}". Change it, or use another name.`)
}
