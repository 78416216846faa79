import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
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
import { DiskSync, type SpoolFsync, syncFolder } from './disk-sync.ts'

type Owner = {
  pid: number
  /** When it started, as Linux counts it: the machine gives numbers of processes again. Null elsewhere. */
  started: string | null
  host: string
  destination: string
  released: boolean
}

/** Of a spool: what is put into it is meant for one destination. */
export type Place = {
  directory: string
  destination: string
  fsync: SpoolFsync
  onProblem(sentence: string): void
}

/** How much others say they keep in the spool, and how many of them keep anything. */
export type OthersUse = { bytes: number; senders: number }

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
  readonly #fsync: SpoolFsync
  readonly #sync: DiskSync
  readonly #signs: NodeJS.Timeout
  #toldBytes = 0

  private constructor({ directory, destination, fsync, onProblem }: Place, sender: string) {
    this.sender = sender
    this.#path = join(directory, sender)
    this.#fsync = fsync
    const started = startOf(process.pid)
    this.#owner = { pid: process.pid, started, host: hostname(), destination, released: false }
    this.#writeOwner(this.#owner)
    if (fsync) syncFolder(directory)
    ours.add(sender)
    this.#sync = new DiskSync(this.#path, fsync, onProblem)
    this.files = new BatchFiles(this.#path, this.#sync)
    this.#signs = setInterval(() => this.#showLife(), SIGN_OF_LIFE_MS).unref()
  }

  /** A new sender's. */
  static create(place: Place): SenderFolder {
    const sender = randomUUID()
    mkdirSync(join(place.directory, sender), { recursive: true, mode: 0o700 })
    return new SenderFolder(place, sender)
  }

  /** Takes on the folders for a destination whose owners are gone; of several processes one gets each. */
  static adopt(place: Place): SenderFolder[] {
    const { directory, destination } = place
    return readdirSync(directory).flatMap((sender) => {
      const path = join(directory, sender)
      const file = join(path, abandonedClaim(path) ?? 'owner')
      const owner = readOwner(file)
      if (!owner || owner.destination !== destination || !isGone(sender, file, owner)) return []
      const claim = join(path, `owner.${randomUUID()}`)
      try {
        // A name can be taken away once.
        renameSync(file, claim)
        if (!isSame(readOwner(claim), owner)) {
          // Since the look somebody took the folder over: the name taken away is that of one who lives.
          renameSync(claim, join(path, 'owner'))
          return []
        }
      } catch {
        return []
      }
      const folder = new SenderFolder(place, sender)
      rmSync(claim, { force: true })
      return [folder]
    })
  }

  /** What the others in a spool keep, as they told of late. */
  static usedBesides(directory: string, own: ReadonlySet<string>): OthersUse {
    const used = { bytes: 0, senders: 0 }
    for (const sender of readdirSync(directory)) {
      const bytes = own.has(sender) ? 0 : bytesOf(join(directory, sender))
      used.bytes += bytes
      if (bytes > 0) used.senders++
    }
    return used
  }

  /**
   * Tells the others how much is kept here, when that has changed by more than so many bytes. A listing of the files
   * would cost them more the longer the outage.
   */
  tellBytes(leastChange = 0): void {
    if (Math.abs(this.files.bytes - this.#toldBytes) <= leastChange) return
    try {
      writeFileSync(join(this.#path, 'bytes'), String(this.files.bytes), { mode: 0o600 })
      this.#toldBytes = this.files.bytes
    } catch {
      // A full disk, or the folder is gone: the next write of lines tells.
    }
  }

  /** Leaves the folder to whoever comes next; nothing is left of an empty one. */
  release(): void {
    clearInterval(this.#signs)
    ours.delete(this.sender)
    this.#sync.close()
    if (this.files.rows === 0) {
      rmSync(this.#path, { recursive: true, force: true })
      return
    }
    this.tellBytes()
    this.#writeOwner({ ...this.#owner, released: true })
  }

  /** Whole or not at all: a folder whose owner cannot be read would be nobody's for ever. */
  #writeOwner(owner: Owner): void {
    const part = join(this.#path, 'owner-part')
    const descriptor = openSync(part, 'w', 0o600)
    try {
      writeFileSync(descriptor, JSON.stringify(owner))
      if (this.#fsync) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(part, join(this.#path, 'owner'))
    if (this.#fsync) syncFolder(this.#path)
  }

  #showLife(): void {
    this.tellBytes()
    try {
      const now = new Date()
      utimesSync(join(this.#path, 'owner'), now, now)
    } catch {
      // Somebody cleared the folder away; the next write tells.
    }
  }
}

function bytesOf(path: string): number {
  try {
    return Number(readFileSync(join(path, 'bytes'), 'utf8')) || 0
  } catch {
    // It keeps nothing yet, or went away just now.
    return 0
  }
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

function isSame(a: Owner | undefined, b: Owner): boolean {
  return a?.pid === b.pid && a.started === b.started && a.host === b.host && a.released === b.released
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
