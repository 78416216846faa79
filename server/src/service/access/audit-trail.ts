import { AsyncLocalStorage } from 'node:async_hooks'
import type pg from 'pg'
import {
  type AuditFilter,
  type AuditRow,
  appendAudit,
  listAudit,
  type WrittenEntry,
} from '../../store/accounts/audit.ts'
import { type AuditCheck, checkAudit, type KnownHash } from '../../store/accounts/audit-check.ts'
import { inTransaction } from '../../store/database/transaction.ts'
import { RepeatedEntries } from './repeated-entries.ts'

/** The caller of an action, and their address. */
export type Actor = { name: string; address: string | null; request_id: string | null }

/** The action, and its object; the values before and after without secrets. */
export type AuditDetails = { action: string; entity: string; before?: unknown; after?: unknown }

/** Keeps hashes where a person who can change the database cannot change them. */
type HashKeeper = { read: () => Promise<KnownHash[]>; keep: (hash: KnownHash) => void }

export type AuditTrailOptions = {
  pool: pg.Pool
  /** Receives each entry once it is committed, for the server's own log. */
  onEntry: (entry: AuditRow) => void
  hashes: HashKeeper
}

const SYSTEM: Actor = { name: 'system', address: null, request_id: null }

/**
 * Records each action with actor, object and address: written with the change or right after it, and never changed
 * (spec: "Audit Logging").
 */
export class AuditTrail {
  readonly #options: AuditTrailOptions
  // The way from a request to the change it makes goes through services that have no other use for who asked.
  readonly #actors = new AsyncLocalStorage<Actor>()
  readonly #repeated = new RepeatedEntries()

  constructor(options: AuditTrailOptions) {
    this.#options = options
  }

  /** Runs `work` on behalf of this actor; work outside counts as the system's. */
  as<T>(actor: Actor, work: () => T): T {
    return this.#actors.run(actor, work)
  }

  /** As whose doing what runs now is written down. */
  get actor(): string {
    return (this.#actors.getStore() ?? SYSTEM).name
  }

  /**
   * Makes a change and writes its entry in one transaction: either both are there or none.
   *
   * @param change does it, on this client; without an entry there was nothing to change
   */
  async change<T>(
    change: (client: pg.PoolClient) => Promise<{ result: T; entry: AuditDetails | undefined }>,
  ): Promise<T> {
    let row: WrittenEntry | undefined
    const result = await inTransaction(this.#options.pool, async (client) => {
      const done = await change(client)
      row = done.entry && (await appendAudit(client, this.#complete(done.entry)))
      return done.result
    })
    if (row) this.#tell(row)
    return result
  }

  /** Writes an entry of something that has just happened. */
  async write(entry: AuditDetails, actor?: Actor): Promise<void> {
    this.#tell(await appendAudit(this.#options.pool, this.#complete(entry, actor)))
  }

  /**
   * Writes an entry that readers, or anybody, may cause without end: `atMost` an hour for each actor, then an entry
   * with the number of further ones.
   */
  async writeOften(entry: AuditDetails, atMost: number): Promise<void> {
    const actor = this.#actors.getStore() ?? SYSTEM
    // An anonymous caller may use any number of addresses.
    const kind = `${actor.name} ${entry.action}`
    const tellRest = (repeated: number) => {
      const rest = { action: entry.action, entity: entry.entity, after: { repeated, within_hours: 1 } }
      this.write(rest, { ...actor, request_id: null }).catch(() => undefined)
    }
    if (this.#repeated.isWritten(kind, atMost, tellRest)) await this.write(entry)
  }

  /** Writes that long work begins, and how it ended: `….started`, then the action itself or `….failed`. */
  async around<T>(entry: AuditDetails, work: () => Promise<T>, describe: (result: T) => unknown): Promise<T> {
    await this.write({ ...entry, action: `${entry.action}.started` })
    try {
      const result = await work()
      await this.write({ ...entry, after: { ...objectOf(entry.after), ...objectOf(describe(result)) } })
      return result
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      await this.write({
        ...entry,
        action: `${entry.action}.failed`,
        after: { ...objectOf(entry.after), error: reason.slice(0, 500) },
      })
      throw error
    }
  }

  /** Entries that match, newest first. */
  list(filter: AuditFilter, range: { offset: number; limit: number }) {
    return listAudit(this.#options.pool, filter, range)
  }

  /** Whether every entry is still there as it was written. */
  async verify(): Promise<AuditCheck> {
    return checkAudit(this.#options.pool, await this.#options.hashes.read())
  }

  #complete(entry: AuditDetails, actor = this.#actors.getStore() ?? SYSTEM) {
    const { name, address, request_id } = actor
    return { before: null, after: null, ...entry, actor: name, address, request_id }
  }

  #tell({ trail, ...row }: WrittenEntry): void {
    this.#options.hashes.keep({ trail, id: row.id, hash: row.hash })
    this.#options.onEntry(row)
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
