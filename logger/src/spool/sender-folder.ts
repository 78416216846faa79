import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { ProblemReporter } from '../loss-record.ts'
import { BatchFiles, countRowsIn, isBatchFile } from './batch-files.ts'
import { DiskSync, type SpoolFsync, syncFolder } from './disk-sync.ts'
import { FolderHold, HEARTBEAT_MS, isAbandoned, isRemnant } from './folder-hold.ts'

/** Where the folders of a spool are, and the one destination of what is put into them. */
export type Place = {
  directory: string
  destination: string
  fsync: SpoolFsync
  onProblem: ProblemReporter
}

/** How much others say they keep in the spool, and how many of them keep anything. */
export type OthersUse = { bytes: number; senders: number }

/** Rows that nobody sends: their destination is not that of this process, and their process is gone. */
export type Stranded = { sender: string; destination: string; rows: number }

/** A folder of the spool: the batches of one sender, held by one thread. Processes and their threads may share a spool. */
export class SenderFolder {
  readonly sender: string
  readonly files: BatchFiles
  readonly #path: string
  readonly #hold: FolderHold
  readonly #sync: DiskSync
  readonly #heartbeat: NodeJS.Timeout
  #toldBytes = 0

  private constructor({ directory, fsync, onProblem }: Place, sender: string, hold: FolderHold) {
    this.sender = sender
    this.#path = join(directory, sender)
    this.#hold = hold
    this.#sync = new DiskSync(this.#path, fsync, onProblem)
    this.files = new BatchFiles(this.#path, this.#sync)
    this.#heartbeat = setInterval(() => {
      this.#hold.renew()
      this.tellBytes()
    }, HEARTBEAT_MS).unref()
  }

  /** Makes the folder of a new sender. */
  static create(place: Place): SenderFolder {
    const sender = randomUUID()
    const path = join(place.directory, sender)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    writeDestination(path, place)
    const hold = FolderHold.create(path)
    if (place.fsync) {
      syncFolder(path)
      syncFolder(place.directory)
    }
    return new SenderFolder(place, sender, hold)
  }

  /**
   * Takes over the folders for a destination whose holders are gone; of several processes only one gets each folder.
   */
  static adopt(place: Place, nowMs: number): SenderFolder[] {
    const { directory, destination } = place
    return readdirSync(directory).flatMap((sender) => {
      const path = join(directory, sender)
      removeRemnant(path, nowMs)
      convertEarlierFolder(path, nowMs)
      if (readText(join(path, 'destination')) !== destination) return []
      const hold = FolderHold.take(path, nowMs)
      return hold ? [new SenderFolder(place, sender, hold)] : []
    })
  }

  /** Finds what processes that are gone have left for other destinations. */
  static stranded({ directory, destination }: Place, nowMs: number): Stranded[] {
    return readdirSync(directory).flatMap((sender) => {
      const path = join(directory, sender)
      const other = readText(join(path, 'destination'))
      if (other === undefined || other === destination || !isAbandoned(path, nowMs)) return []
      const rows = countRowsIn(path)
      return rows > 0 ? [{ sender, destination: other, rows }] : []
    })
  }

  /** The bytes and senders that the others in a spool last reported. */
  static usedBesides(directory: string, own: ReadonlySet<string>): OthersUse {
    const used = { bytes: 0, senders: 0 }
    for (const sender of readdirSync(directory)) {
      const bytes = own.has(sender) ? 0 : Number(readText(join(directory, sender, 'bytes'))) || 0
      used.bytes += bytes
      if (bytes > 0) used.senders++
    }
    return used
  }

  /** Whether this process still holds the folder: it may have been paused until others took it for dead. */
  isHeld(): boolean {
    return this.#hold.isHeld()
  }

  /** The file system's time; undefined when the folder is no longer held. */
  now(): number | undefined {
    return this.#hold.renewedAt()
  }

  /** Whether the folder is there, held by whomever. */
  exists(): boolean {
    return existsSync(this.#path)
  }

  /**
   * Reports to the others how much is kept here, when that has changed by more than `leastChange` bytes. A listing of
   * the files would cost them more the longer the outage.
   */
  tellBytes(leastChange = 0): void {
    if (Math.abs(this.files.bytes - this.#toldBytes) <= leastChange) return
    try {
      writeFileSync(join(this.#path, 'bytes'), String(this.files.bytes), { mode: 0o600 })
      this.#toldBytes = this.files.bytes
    } catch {
      // A full disk, or the folder is gone: the next write of lines reports it.
    }
  }

  /** Leaves the folder to the next process; removes it when it is empty. */
  release(): void {
    const isHeld = this.#hold.isHeld()
    this.abandon()
    if (!isHeld) return
    if (this.files.rows === 0) {
      rmSync(this.#path, { recursive: true, force: true })
      return
    }
    this.tellBytes()
    this.#hold.release()
  }

  /** Lets go of a folder that somebody else holds by now. */
  abandon(): void {
    clearInterval(this.#heartbeat)
    this.files.close()
    this.#sync.close()
  }
}

/** Written once, before the first holder: a folder whose destination cannot be read would be nobody's for ever. */
function writeDestination(path: string, { destination, fsync }: Place): void {
  const descriptor = openSync(join(path, 'destination'), 'w', 0o600)
  try {
    writeFileSync(descriptor, destination)
    if (fsync) fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It is not there yet, or went away just now.
    return undefined
  }
}

function removeRemnant(path: string, nowMs: number): void {
  try {
    const names = readdirSync(path)
    if (names.some(isBatchFile) || !isRemnant(path, names, nowMs)) return
    rmSync(path, { recursive: true, force: true })
  } catch {
    // A file among the folders, or another process removes it.
  }
}

/** A hold of the earlier form that was not renewed for this time is over; it was renewed every 15 seconds. */
const PRESUMED_DEAD_MS = 5 * 60_000

/**
 * Gives a folder that an earlier version has left the form of today: its holder was a file `owner`, with the
 * destination in it.
 */
function convertEarlierFolder(folder: string, nowMs: number): void {
  const file = join(folder, 'owner')
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8')) as { destination?: unknown; released?: unknown }
    if (typeof owner.destination !== 'string') return
    if (owner.released !== true && nowMs - statSync(file).mtimeMs < PRESUMED_DEAD_MS) return
    writeFileSync(join(folder, 'destination'), owner.destination, { mode: 0o600 })
    renameSync(file, join(folder, 'free'))
  } catch {
    // A folder of the current format has no owner file, and of two processes one converts it.
  }
}
