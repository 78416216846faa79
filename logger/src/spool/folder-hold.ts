import { closeSync, existsSync, openSync, readdirSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fateOf, nameOf, newHolder, parseHolder } from './holder.ts'

/** How often a holder renews its hold. */
export const HEARTBEAT_MS = 10_000
/** A hold that was not renewed for this time is over, where nothing else says whether its holder runs. */
const LEASE_MS = 60_000
/** A hold is trusted for this time after it was renewed: far less than the lease, so nobody can have taken it. */
const TRUSTED_MS = 5_000
/** The name of the file when nobody holds the folder. */
const FREE = 'free'

/**
 * The exclusive hold on a folder: a file in it whose name names the holder. A process that takes the folder over
 * renames that file, which succeeds for one process; the former holder, should it still run, no longer finds its file
 * and knows.
 */
export class FolderHold {
  readonly #folder: string
  readonly #file: string
  #renewedMs = 0

  private constructor(folder: string, name: string) {
    this.#folder = folder
    this.#file = join(folder, name)
  }

  /** Holds a new folder. @throws when it cannot be written to */
  static create(folder: string): FolderHold {
    const hold = new FolderHold(folder, nameOf(newHolder()))
    const descriptor = openSync(hold.#file, 'wx', 0o600)
    try {
      writeSync(descriptor, '.')
    } finally {
      closeSync(descriptor)
    }
    hold.#renewedMs = Date.now()
    return hold
  }

  /**
   * Takes over a folder whose holder is gone; undefined when somebody holds it, or takes it at this moment.
   *
   * @param nowMs the file system's time: clocks of two machines differ
   */
  static take(folder: string, nowMs: number): FolderHold | undefined {
    try {
      const found = findToken(folder)
      if (!found || !isOver(found, nowMs)) return undefined
      const { token, renewedMs } = found
      const hold = new FolderHold(folder, nameOf(newHolder()))
      renameSync(join(folder, token), hold.#file)
      if (statSync(hold.#file).mtimeMs !== renewedMs) {
        // The holder has renewed its hold since: it runs.
        renameSync(hold.#file, join(folder, token))
        return undefined
      }
      return hold.renew() ? hold : undefined
    } catch {
      // Somebody else was quicker, or the folder is gone.
      return undefined
    }
  }

  /** Whether the folder is still held. A process that was paused may have lost it. */
  isHeld(): boolean {
    const ageMs = Date.now() - this.#renewedMs
    return (ageMs >= 0 && ageMs < TRUSTED_MS) || this.renew()
  }

  /** The time of the last renewal as the file system has it; undefined when the folder is no longer held. */
  renewedAt(): number | undefined {
    if (!this.renew()) return undefined
    try {
      return statSync(this.#file).mtimeMs
    } catch {
      return undefined
    }
  }

  /** Leaves the folder to the next process that looks. */
  release(): void {
    try {
      renameSync(this.#file, join(this.#folder, FREE))
    } catch {
      // Somebody has taken it over, or has removed it.
    }
  }

  /** Renews the hold; false when it was lost. */
  renew(): boolean {
    const beganMs = Date.now()
    try {
      // A write sets the time by the file system's clock, and opening fails when the file was renamed.
      const descriptor = openSync(this.#file, 'r+')
      try {
        writeSync(descriptor, '.', 0)
      } finally {
        closeSync(descriptor)
      }
    } catch {
      // A disk that takes nothing, or too many open files, says nothing about the hold.
      if (!existsSync(this.#file)) return false
    }
    this.#renewedMs = beganMs
    return true
  }
}

/** Whether a folder has no holder, or a holder that is gone. */
export function isAbandoned(folder: string, nowMs: number): boolean {
  try {
    const found = findToken(folder)
    return found !== undefined && isOver(found, nowMs)
  } catch {
    return false
  }
}

/**
 * Whether a folder was left before anybody held it, or while it was being removed: it holds no lines.
 *
 * @param names the files in it
 */
export function isRemnant(folder: string, names: readonly string[], nowMs: number): boolean {
  return !names.some(isToken) && nowMs - statSync(folder).mtimeMs > LEASE_MS
}

type Found = { token: string; renewedMs: number }

function findToken(folder: string): Found | undefined {
  const token = readdirSync(folder).find(isToken)
  return token === undefined ? undefined : { token, renewedMs: statSync(join(folder, token)).mtimeMs }
}

function isToken(name: string): boolean {
  return name === FREE || parseHolder(name) !== undefined
}

function isOver({ token, renewedMs }: Found, nowMs: number): boolean {
  const holder = parseHolder(token)
  if (!holder) return true
  const fate = fateOf(holder)
  return fate === 'unknown' ? nowMs - renewedMs > LEASE_MS : fate === 'ended'
}
