import type pg from 'pg'
import {
  askToUnpack,
  beginPacking,
  type PackingProgress,
  PackingRefused,
  readPackingProgress,
} from '../../store/partitions/packing-switch.ts'
import type { SettingsStore } from '../../store/settings/settings.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import type { StorageGuard } from '../ingest/storage-guard.ts'

export type Packing = PackingProgress & { pack_after_days: number }

export type PackingOptions = {
  pool: pg.Pool
  settings: SettingsStore
  auditTrail: AuditTrail
  storageGuard: Pick<StorageGuard, 'state'>
}

/** Packing: what it came to, and its end. The work itself is done in the background by one of the servers. */
export class PackingService {
  readonly #pool: pg.Pool
  readonly #settings: SettingsStore
  readonly #auditTrail: AuditTrail
  readonly #storageGuard: Pick<StorageGuard, 'state'>

  constructor(options: PackingOptions) {
    this.#pool = options.pool
    this.#settings = options.settings
    this.#auditTrail = options.auditTrail
    this.#storageGuard = options.storageGuard
  }

  async progress(): Promise<Packing> {
    const { pack_after_days } = await this.#settings.get()
    return { pack_after_days, ...(await readPackingProgress(this.#pool)) }
  }

  /** @throws {AppError} CONFLICT when the database does not allow packing */
  prepare(): Promise<void> {
    return beginPacking(this.#pool).catch((error: unknown) => {
      throw error instanceof PackingRefused ? new AppError('CONFLICT', error.message) : error
    })
  }

  /**
   * Packs nothing more and has all packed lines made rows again.
   *
   * @throws {AppError} CONFLICT when the disk has no room for them
   */
  async unpack(): Promise<Packing> {
    await this.#checkRoom()
    await this.#auditTrail.change(async (client) => {
      const old = await this.#settings.readForChange(client)
      await this.#settings.update({ pack_after_days: 0 }, client)
      await askToUnpack(client)
      const before = { pack_after_days: old.pack_after_days }
      return {
        result: undefined,
        entry: { action: 'logs.unpack', entity: 'logs', before, after: { pack_after_days: 0 } },
      }
    })
    this.#settings.reload()
    return this.progress()
  }

  async #checkRoom(): Promise<void> {
    const { packed_bytes, unpacked_bytes } = await readPackingProgress(this.#pool)
    const { disk_reserve_bytes } = await this.#settings.get()
    const { freeBytes } = await this.#storageGuard.state()
    const more = unpacked_bytes - packed_bytes
    if (freeBytes === null || more <= 0 || freeBytes - disk_reserve_bytes >= more) return
    throw new AppError(
      'CONFLICT',
      `Packed lines take ${grouped(more)} bytes more as rows, and ${grouped(Math.max(0, freeBytes - disk_reserve_bytes))} are free above disk_reserve_bytes. Free disk space first; unpacking was not started.`,
    )
  }
}

function grouped(bytes: number): string {
  return bytes.toLocaleString('en-US')
}
