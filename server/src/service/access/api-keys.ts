import { timingSafeEqual } from 'node:crypto'
import type { Level } from '@timelapser/logger'
import type pg from 'pg'
import * as store from '../../store/accounts/api-keys.ts'
import { AppError } from '../app-error.ts'
import { parseLevelName } from '../logs/log-query.ts'
import type { Principal, Role } from './access.ts'
import type { AuditTrail } from './audit-trail.ts'
import { randomSecret, sha256 } from './random-secret.ts'

/** So that people, and programs that look for leaked secrets, know one when they see it. */
const PREFIX = 'tl_'
/** `tl_` and eight more: enough to distinguish keys, and 208 bits stay unknown. */
const SHOWN_CHARACTERS = 11
/** How long a change is missed at most when its notice gets lost, in milliseconds. */
const MAX_AGE_MS = 30_000
/** The last uses are written this often, in milliseconds. */
const FLUSH_MS = 60_000
/** Time to bring a new secret to the places that use the old secret. */
const GRACE_HOURS = 24

const ROLES: Readonly<Record<store.KeyScope, Role>> = { ingest: 'ingest', read: 'viewer', admin: 'admin' }

export type KeyInput = {
  name: string
  scope: store.KeyScope
  cameras?: readonly number[] | null | undefined
  /** A level, as ingest takes it. */
  min_level?: string | undefined
  /** Requests a minute, beside the limits for everybody. */
  rate_limit?: number | undefined
  /** Only with the scope `ingest`: the sites whose pages send by it. */
  origins?: readonly string[] | null | undefined
  expires_in_days?: number | undefined
}

export type RotationInput = {
  /** How long the old secret opens what it did. */
  grace_hours?: number | undefined
  expires_in_days?: number | undefined
}

/** A key, and the key that replaced it while it is in its grace period. */
export type ListedKey = store.ApiKey & { replaced_by: number | null }

export type ApiKeysOptions = {
  pool: pg.Pool
  auditTrail: AuditTrail
  /** A key of the operator's own that is never stored. */
  adminApiKey: string | undefined
  /** Called when the last uses could not be written; they are tried again. */
  onFlushFailed: (error: unknown) => void
}

/**
 * The keys of programs. All of them are kept in memory, so that neither a right nor a wrong key costs a statement;
 * a notice, or 30 seconds, makes them be read anew.
 */
export class ApiKeys {
  readonly #options: ApiKeysOptions
  readonly #operatorsHash: Buffer | undefined
  readonly #lastUses = new Map<number, number>()
  readonly #timer: NodeJS.Timeout
  #known: Promise<Map<string, store.StoredKey>> | undefined
  #readAt = 0

  constructor(options: ApiKeysOptions) {
    this.#options = options
    this.#operatorsHash = options.adminApiKey === undefined ? undefined : sha256(options.adminApiKey)
    this.#timer = setInterval(() => this.#flush().catch(options.onFlushFailed), FLUSH_MS)
    this.#timer.unref()
  }

  /** The owner of this secret; undefined for an unknown secret. */
  async identify(secret: string): Promise<Principal | undefined> {
    const hash = sha256(secret)
    if (this.#operatorsHash && timingSafeEqual(hash, this.#operatorsHash)) return OPERATOR
    // The map is searched by hash: how long that takes says nothing about a secret that comes near.
    const key = (await this.#load()).get(hash.toString('hex'))
    if (!key || hasExpired(key)) return undefined
    this.#lastUses.set(key.id, Date.now())
    return {
      kind: 'key',
      id: String(key.id),
      name: key.name,
      role: ROLES[key.scope],
      visibility: { cameras: key.cameras, ...(key.min_level && { min_level: key.min_level }) },
      lineage: `key ${key.lineage}`,
      ...(key.rate_limit !== null && { rate_limit: key.rate_limit }),
      ...(key.origins && { origins: key.origins }),
    }
  }

  /** Forgets what is known; called on every notice that a key changed. */
  reload(): void {
    this.#known = undefined
  }

  /** All keys that are not revoked, newest first, without their hashes. */
  async list(): Promise<ListedKey[]> {
    await this.#flush()
    const keys = await store.listKeys(this.#options.pool)
    // Newest first: the last entry that is set is the first of its lineage.
    const newest = new Map(keys.toReversed().map(({ id, lineage }) => [lineage, id]))
    return keys.map(({ hash: _, lineage, ...key }) => {
      const last = newest.get(lineage) as number
      return { ...key, replaced_by: last === key.id ? null : last }
    })
  }

  /** Whether pages of a site may send by some key; asked before they have said by which. */
  async isKnownOrigin(origin: string): Promise<boolean> {
    for (const key of (await this.#load()).values()) {
      if (key.origins?.includes(origin) && !hasExpired(key)) return true
    }
    return false
  }

  /**
   * Makes a key. Its secret is in the answer and nowhere else.
   *
   * @throws {AppError} INVALID_REQUEST for cameras with another scope than `read`, or for origins that are none; CONFLICT at
   * 10,000 keys
   */
  async create(input: KeyInput): Promise<{ key: ListedKey; secret: string }> {
    const name = input.name.trim()
    if (name === '') throw new AppError('INVALID_REQUEST', 'name must not be blank.')
    if (input.scope !== 'read' && (input.cameras || input.min_level)) {
      const field = input.cameras ? 'cameras' : 'min_level'
      throw new AppError('INVALID_REQUEST', `${field} is only allowed with the scope read.`)
    }
    if (input.origins && input.scope !== 'ingest') {
      throw new AppError('INVALID_REQUEST', 'origins is only allowed with the scope ingest.')
    }
    const origins = input.origins ? input.origins.map(readOrigin) : null
    const min_level = input.min_level === undefined ? undefined : parseLevelName(input.min_level)
    const secret = `${PREFIX}${randomSecret()}`
    const key = await this.#store(name, secret, { ...input, min_level, origins })
    return { key: { ...key, replaced_by: null }, secret }
  }

  /**
   * Makes a new secret for what a key is for: a key that may do the same and to which the marks of its senders belong. The old
   * secret goes on for a while.
   *
   * @throws {AppError} NOT_FOUND; CONFLICT when another key took its place already, or at 10,000 keys
   */
  async rotate(
    id: number,
    { grace_hours = GRACE_HOURS, expires_in_days }: RotationInput,
  ): Promise<{ key: ListedKey; secret: string; replaced: ListedKey }> {
    const secret = `${PREFIX}${randomSecret()}`
    const rotation = {
      ...{ prefix: secret.slice(0, SHOWN_CHARACTERS), hash: sha256(secret) },
      ...{ grace_hours, expires_in_days: expires_in_days ?? null },
    }
    const rotated = await this.#options.auditTrail.change(async (client) => {
      const known = await store.lockKey(client, id)
      if (!known) throw noSuchKey(id)
      const newest = await store.newestOfLineage(client, known.lineage)
      if (newest !== id) {
        throw new AppError('CONFLICT', `Key ${newest} has already replaced key ${id}. Rotate that key.`)
      }
      const result = await store.rotateKey(client, id, rotation)
      if (!result) throw tooManyKeys()
      const { key, replaced } = result
      const after = { ...described(key), key: key.id, old_expires_at: replaced.expires_at }
      return {
        result,
        entry: { action: 'key.rotate', entity: `key ${id}`, before: described(known), after },
      }
    })
    this.reload()
    const { key, replaced } = rotated
    return {
      secret,
      key: { ...key, replaced_by: null },
      replaced: { ...replaced, replaced_by: key.id },
    }
  }

  /**
   * Makes a secret open everything that was made by an earlier start and kept on this machine, if this database has
   * never seen it. False when it was revoked or is not one of ours: then it opens nothing.
   */
  async adopt(name: string, secret: string): Promise<boolean> {
    if (!IS_KEY.test(secret)) return false
    const state = await store.findKeyState(this.#options.pool, sha256(secret))
    if (state === 'unknown') await this.#store(name, secret, { scope: 'admin' })
    return state !== 'ended'
  }

  /** @throws {AppError} NOT_FOUND */
  async revoke(id: number): Promise<ListedKey> {
    const key = await this.#options.auditTrail.change(async (client) => {
      const result = await store.revokeKey(client, id)
      return {
        result,
        entry: result && { action: 'key.revoke', entity: `key ${id}`, before: described(result) },
      }
    })
    this.reload()
    if (key) return { ...key, replaced_by: null }
    throw noSuchKey(id)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#flush()
  }

  async #store(
    name: string,
    secret: string,
    input: Omit<KeyInput, 'name' | 'min_level'> & { min_level?: Level | undefined },
  ): Promise<store.ApiKey> {
    const key = await this.#options.auditTrail.change(async (client) => {
      const result = await store.createKey(client, {
        name,
        prefix: secret.slice(0, SHOWN_CHARACTERS),
        hash: sha256(secret),
        scope: input.scope,
        cameras: input.cameras ?? null,
        min_level: input.min_level ?? null,
        rate_limit: input.rate_limit ?? null,
        origins: input.origins ?? null,
        expires_in_days: input.expires_in_days ?? null,
      })
      const entry = result && { action: 'key.create', entity: `key ${result.id}`, after: described(result) }
      return { result, entry }
    })
    this.reload()
    if (key) return key
    throw tooManyKeys()
  }

  #load(): Promise<Map<string, store.StoredKey>> {
    if (this.#known && Date.now() - this.#readAt < MAX_AGE_MS) return this.#known
    this.#readAt = Date.now()
    const reading = store
      .listKeys(this.#options.pool)
      .then((keys) => new Map(keys.map((key) => [key.hash.toString('hex'), key])))
    this.#known = reading
    reading.catch(() => {
      if (this.#known === reading) this.reload()
    })
    return reading
  }

  async #flush(): Promise<void> {
    if (this.#lastUses.size === 0) return
    const uses = new Map(this.#lastUses)
    this.#lastUses.clear()
    try {
      await store.writeLastUses(this.#options.pool, uses)
    } catch (error) {
      for (const [id, used] of uses) if (!this.#lastUses.has(id)) this.#lastUses.set(id, used)
      throw error
    }
  }
}

const IS_KEY = /^tl_[\w-]{43}$/

const OPERATOR: Principal = {
  kind: 'key',
  id: 'operator',
  name: 'ADMIN_API_KEY',
  role: 'admin',
  visibility: { cameras: null },
  lineage: 'key operator',
}

function hasExpired(key: store.ApiKey): boolean {
  return key.expires_at !== null && Date.parse(key.expires_at) <= Date.now()
}

function described({ name, scope, cameras, min_level, rate_limit, origins, expires_at }: store.ApiKey) {
  return { name, scope, cameras, min_level, rate_limit, ...(origins && { origins }), expires_at }
}

/** An origin as browsers write it. @throws {AppError} INVALID_REQUEST */
function readOrigin(text: string): string {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol) && url.origin === text.replace(/\/$/, '').toLowerCase()) {
    return url.origin
  }
  const example = url && /^https?:$/.test(url.protocol) ? url.origin : 'https://shop.example'
  throw new AppError(
    'INVALID_REQUEST',
    `origins: "${text.slice(0, 100)}" is not an origin. Give only scheme, host and port, such as ${example}.`,
  )
}

const noSuchKey = (id: number) =>
  new AppError('NOT_FOUND', `There is no API key ${id}, or it is already revoked.`)

const tooManyKeys = () =>
  new AppError('CONFLICT', 'The limit of 10,000 API keys is reached. Revoke unused keys.')
