import { randomUUID } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { BatchFiles } from './batch-files.ts'

type Owner = { pid: number; host: string; destination: string; released: boolean }

/** How often an owner shows that it is there. */
const SIGN_OF_LIFE_MS = 15_000
/** After so long without one its number means nothing: the machine gave it to another process, or it is another machine's. */
const PRESUMED_DEAD_MS = 5 * 60_000

/** Senders of this very process: in a container its number is that of the process before it. */
const ours = new Set<string>()

/** A folder of the spool: one sender's batches, and who looks after them. Several processes may share a spool. */
export class SenderFolder {
  readonly sender: string
  readonly files: BatchFiles
  readonly #path: string
  readonly #owner: Owner
  readonly #signs: NodeJS.Timeout

  private constructor(directory: string, sender: string, destination: string) {
    this.sender = sender
    this.#path = join(directory, sender)
    this.#owner = { pid: process.pid, host: hostname(), destination, released: false }
    writeOwner(this.#path, this.#owner)
    ours.add(sender)
    this.files = new BatchFiles(this.#path)
    this.#signs = setInterval(() => this.#showLife(), SIGN_OF_LIFE_MS).unref()
  }

  /** A new sender's. */
  static create(directory: string, destination: string): SenderFolder {
    const sender = randomUUID()
    mkdirSync(join(directory, sender), { recursive: true, mode: 0o700 })
    return new SenderFolder(directory, sender, destination)
  }

  /** Takes on the folders for a destination whose owners are gone; of several processes one gets each. */
  static adopt(directory: string, destination: string): SenderFolder[] {
    return readdirSync(directory).flatMap((sender) => {
      const path = join(directory, sender)
      const owner = readOwner(path)
      if (!owner || owner.destination !== destination || !isGone(sender, path, owner)) return []
      const claim = join(path, `owner.${randomUUID()}`)
      try {
        // A name can be taken away once.
        renameSync(join(path, 'owner'), claim)
      } catch {
        return []
      }
      const folder = new SenderFolder(directory, sender, destination)
      rmSync(claim, { force: true })
      return [folder]
    })
  }

  /** Leaves the folder to whoever comes next; nothing is left of an empty one. */
  release(): void {
    clearInterval(this.#signs)
    ours.delete(this.sender)
    if (this.files.rows === 0) rmSync(this.#path, { recursive: true, force: true })
    else writeOwner(this.#path, { ...this.#owner, released: true })
  }

  #showLife(): void {
    try {
      const now = new Date()
      utimesSync(join(this.#path, 'owner'), now, now)
    } catch {
      // Somebody cleared the folder away; the next write tells.
    }
  }
}

function writeOwner(path: string, owner: Owner): void {
  writeFileSync(join(path, 'owner'), JSON.stringify(owner), { mode: 0o600 })
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(path, 'owner'), 'utf8')) as Owner
  } catch {
    return undefined
  }
}

function isGone(sender: string, path: string, owner: Owner): boolean {
  if (ours.has(sender)) return false
  if (owner.released) return true
  if (owner.host === hostname() && (owner.pid === process.pid || !isRunning(owner.pid))) return true
  return Date.now() - statSync(join(path, 'owner')).mtimeMs > PRESUMED_DEAD_MS
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
