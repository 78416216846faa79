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

type Owner = {
  pid: number
  /** When it started, as Linux counts it: the machine gives numbers of processes again. Null elsewhere. */
  started: string | null
  host: string
  destination: string
  released: boolean
}

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
    const started = startOf(process.pid)
    this.#owner = { pid: process.pid, started, host: hostname(), destination, released: false }
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
      const file = join(path, abandonedClaim(path) ?? 'owner')
      const owner = readOwner(file)
      if (!owner || owner.destination !== destination || !isGone(sender, file, owner)) return []
      const claim = join(path, `owner.${randomUUID()}`)
      try {
        // A name can be taken away once.
        renameSync(file, claim)
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

/** Whole or not at all: a folder whose owner cannot be read would be nobody's for ever. */
function writeOwner(path: string, owner: Owner): void {
  const part = join(path, 'owner-part')
  writeFileSync(part, JSON.stringify(owner), { mode: 0o600 })
  renameSync(part, join(path, 'owner'))
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

/** What a process left that ended in the middle of taking a folder over. */
function abandonedClaim(path: string): string | undefined {
  try {
    const names = readdirSync(path)
    if (names.includes('owner')) return undefined
    return names.find(
      (name) =>
        name.startsWith('owner.') && Date.now() - statSync(join(path, name)).ctimeMs > PRESUMED_DEAD_MS,
    )
  } catch {
    return undefined
  }
}

function isGone(sender: string, file: string, owner: Owner): boolean {
  if (ours.has(sender)) return false
  if (owner.released) return true
  if (owner.host === hostname()) {
    if (owner.pid === process.pid || !isRunning(owner.pid)) return true
    // One that is held up, or sleeps with its machine, is still there.
    if (owner.started !== null) return startOf(owner.pid) !== owner.started
  }
  return Date.now() - statSync(file).mtimeMs > PRESUMED_DEAD_MS
}

function startOf(pid: number): string | null {
  try {
    const facts = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before may hold anything; the time is the twentieth field after it.
    return facts.slice(facts.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
