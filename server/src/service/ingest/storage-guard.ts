import { statfs } from 'node:fs/promises'
import type { SettingsStore } from '../../store/settings/settings.ts'
import { AppError } from '../app-error.ts'

/** How long a look at the disk is believed; at full speed some 20 MB are written in it. */
const LOOK_INTERVAL_MS = 500

/** How long writes are refused after PostgreSQL had no room, before a write is tried again. */
const REFUSED_FOR_MS = 5000

/** The advice to senders: retention, started at once, has given back room by then, if it can. */
const RETRY_AFTER_SECONDS = 30

/** While it stays full, room is looked for this often. */
const RELIEF_INTERVAL_MS = 60_000

/** Free room has to be this much over the reserve before writing goes on, or it would be on and off all the time. */
const RECOVERY_SHARE = 1.05

export type StorageGuardOptions = {
  settings: SettingsStore
  /** Free bytes where the database is; unset when that is another machine. */
  freeBytes?: (() => Promise<number>) | undefined
  /** Makes room. */
  relieve: () => Promise<void>
  /** Called when the disk became full and when it no longer is. */
  onChange: (state: 'full' | 'back', freeBytes: number | null) => void
  clock?: () => number
}

/** Keeps the disk from filling up: below the reserve nothing is stored, reads go on, and retention runs at once. */
export class StorageGuard {
  readonly #options: StorageGuardOptions
  readonly #clock: () => number
  #isFull = false
  #free: number | null = null
  #lookedAt = Number.NEGATIVE_INFINITY
  #refusedUntil = Number.NEGATIVE_INFINITY
  #relievedAt = Number.NEGATIVE_INFINITY

  constructor(options: StorageGuardOptions) {
    this.#options = options
    this.#clock = options.clock ?? Date.now
  }

  /** Whether nothing is stored for want of room, and the free bytes where they are known. */
  async state(): Promise<{ isFull: boolean; freeBytes: number | null }> {
    if (this.#clock() - this.#lookedAt >= LOOK_INTERVAL_MS) await this.#look()
    return { isFull: this.#isFull, freeBytes: this.#free }
  }

  /** @throws {AppError} STORAGE_FULL */
  async check(): Promise<void> {
    if (this.#clock() - this.#lookedAt >= LOOK_INTERVAL_MS) await this.#look()
    if (!this.#isFull) return
    this.#startRelief()
    throw full()
  }

  /** The error to give for one of the database's: its 53100 is STORAGE_FULL, others stay what they are. */
  translate(error: unknown): unknown {
    if ((error as { code?: unknown }).code !== '53100') return error
    this.#refusedUntil = this.#clock() + REFUSED_FOR_MS
    this.#become(true)
    this.#startRelief()
    return full(error)
  }

  async #look(): Promise<void> {
    this.#lookedAt = this.#clock()
    const { settings, freeBytes } = this.#options
    const { disk_reserve_bytes } = await settings.get()
    this.#free = freeBytes && disk_reserve_bytes > 0 ? await freeBytes() : null
    const wanted = this.#isFull ? disk_reserve_bytes * RECOVERY_SHARE : disk_reserve_bytes
    const isLow = this.#free !== null && this.#free < wanted
    this.#become(isLow || this.#clock() < this.#refusedUntil)
  }

  #become(isFull: boolean): void {
    if (isFull === this.#isFull) return
    this.#isFull = isFull
    this.#options.onChange(isFull ? 'full' : 'back', this.#free)
  }

  #startRelief(): void {
    if (this.#clock() - this.#relievedAt < RELIEF_INTERVAL_MS) return
    this.#relievedAt = this.#clock()
    void this.#options.relieve()
  }
}

/** Bytes that an ordinary user may still write on the disk of the directory. */
export async function freeBytesAt(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

function full(cause?: unknown): AppError {
  return new AppError(
    'STORAGE_FULL',
    'Free disk space of the database is below the reserve; nothing of this batch was stored. Free disk space, or lower retention_days, retention_max_bytes or disk_reserve_bytes.',
    { retryAfter: RETRY_AFTER_SECONDS, ...(cause === undefined ? {} : { cause }) },
  )
}
