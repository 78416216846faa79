import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { waiting } from '../log-lines.ts'
import type { ProblemReporter } from '../loss-record.ts'
import { type ClassedLine, SPOOL_CLASSES } from './batch-files.ts'
import type { SpoolFsync } from './disk-sync.ts'
import { type Place, SenderFolder } from './sender-folder.ts'
import { sizeOfLine } from './spool-lines.ts'

export type SpoolOptions = {
  /** A folder of its own, made if need be; processes and handlers may share one. */
  directory: string
  /**
   * Limit of the folder with all who share it; they should set the same. Default 256 MB. When it is full the oldest
   * DEBUG and INFO lines go, then the oldest others; a log line says how many.
   */
  maxBytes?: number
  /**
   * Keeps lines through a loss of power: with `line` each is on the disk before its call returns (with `durable`; else
   * each batch that is put there), with `interval` it is a second later. Default false: the kernel writes when it likes,
   * which a crash of the process survives and a loss of power may not.
   */
  fsync?: SpoolFsync
}

export type BatchName = { sender: string; number: number }

/** A batch that waits on disk: its items in order, and how many more are no longer readable. */
export type SpooledBatch = BatchName & { texts: string[]; broken: number; isForeign: boolean }

type Dropped = { own: number; foreign: number }

const MAX_BYTES = 256 * 1024 * 1024
/** How often folders are looked for whose processes have ended. */
const ADOPT_MS = 30_000
/** How often it is looked how much of the folder others take. */
const USE_MS = 1_000
/** Use is reported to the others in steps of this share of the folder: each step writes a small file. */
const TOLD_SHARE = 64

/**
 * Batches on disk until they are delivered: this process's, and those that earlier ones left. Each folder in it is a
 * sender's; the numbers and lines of its batches never change, so that the receiver recognises a repeat.
 */
export class Spool {
  readonly directory: string
  readonly #maxBytes: number
  readonly #place: Place
  readonly #looks: NodeJS.Timeout
  readonly #toldOf = new Set<string>()
  #own: SenderFolder
  #adopted: SenderFolder[] = []
  #onAdopted: () => void = () => {}
  #allowance = { bytes: 0, untilMs: Number.NEGATIVE_INFINITY }
  /** The batch under way, which nothing may be taken from. */
  #underWay: BatchName | undefined
  #dropped: Dropped | undefined
  #takenOver = 0

  /** @throws when the folder cannot be made or written to */
  constructor(
    { directory, maxBytes = MAX_BYTES, fsync = false }: SpoolOptions,
    destination: string,
    onProblem: ProblemReporter,
  ) {
    this.directory = directory
    this.#maxBytes = maxBytes
    this.#place = { directory, destination, fsync, onProblem }
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#own = SenderFolder.create(this.#place)
    this.#adopt()
    this.#looks = setInterval(() => this.#look(), ADOPT_MS).unref()
  }

  /** Calls when batches of a process that has ended were found later than at the start. */
  onAdopted(listener: () => void): void {
    this.#onAdopted = listener
  }

  /**
   * The sender of this thread's folder; lines that are not spooled are sent under its name too. It changes with the
   * folder.
   */
  get sender(): string {
    return this.#own.sender
  }

  /** Rows of this process. */
  get ownRows(): number {
    return this.#own.files.rows
  }

  get rows(): number {
    return this.#folders.reduce((sum, { files }) => sum + files.rows, 0)
  }

  get bytes(): number {
    return this.#folders.reduce((sum, { files }) => sum + files.bytes, 0)
  }

  /** Rows of the batch that `append` adds to. */
  get openRows(): number {
    return this.#own.files.openRows
  }

  /** Adds a line to batch `number`; on disk when it returns, as far as the kernel is concerned. */
  append(number: number, line: ClassedLine): void {
    this.#keepOwn()
    this.#makeRoom(sizeOfLine(line.text))
    this.#own.files.append(number, line)
    // Held afterwards means held during the write: a process that takes the folder over from now on finds the line.
    if (!this.#own.isHeld()) {
      this.#replaceOwn()
      this.#own.files.append(number, line)
    }
    this.#own.tellBytes(this.#maxBytes / TOLD_SHARE)
  }

  /** Completes the batch that `append` adds to. */
  seal(): void {
    this.#own.files.seal()
  }

  /**
   * Adds a whole batch. False when its sender's folder was taken over: the batch may have been sent under that name, and
   * must not get another.
   */
  write({ sender, number }: BatchName, lines: readonly ClassedLine[]): boolean {
    this.#keepOwn()
    if (sender !== this.sender) return false
    this.#makeRoom(lines.reduce((sum, { text }) => sum + sizeOfLine(text), 0))
    this.#own.files.write(number, lines)
    this.#own.tellBytes(this.#maxBytes / TOLD_SHARE)
    return true
  }

  /** The next batch of this process, whose numbers have to arrive in order. */
  nextOwn(): SpooledBatch | undefined {
    this.#keepOwn()
    return this.#take(this.#own, false)
  }

  /** The next batch of a process that has ended. */
  nextForeign(): SpooledBatch | undefined {
    const lost = this.#adopted.filter((folder) => !folder.isHeld())
    for (const folder of lost) folder.abandon()
    if (lost.length > 0) this.#adopted = this.#adopted.filter((folder) => !lost.includes(folder))
    for (let folder = this.#adopted[0]; folder; folder = this.#adopted[0]) {
      const batch = this.#take(folder, true)
      if (batch) return batch
      folder.release()
      this.#adopted.shift()
    }
    return undefined
  }

  /** Forgets a batch that was delivered, or can never be. */
  remove(batch: BatchName): void {
    this.#underWay = undefined
    const folder = this.#folderOf(batch)
    if (!folder?.isHeld()) return
    folder.files.remove(batch.number)
    folder.tellBytes(this.#maxBytes / TOLD_SHARE)
  }

  /** Whether a batch is in a folder of this thread; any other batch was taken over, and others send it. */
  keeps(batch: BatchName): boolean {
    return this.#folderOf(batch)?.isHeld() ?? false
  }

  /** Keeps a batch that is under way from being dropped for want of room. */
  hold({ sender, number }: BatchName): void {
    this.#underWay = { sender, number }
  }

  /**
   * Puts the halves of a batch in its place that was refused as too large: it was not stored, so the first takes its
   * number, and the second takes a number between it and the next. False when no number is left.
   */
  halve(batch: BatchName, lines: readonly ClassedLine[], endOfRoom: number): boolean {
    const files = this.#folderOf(batch)?.files
    if (!files) return false
    const end = Math.min(files.numberAfter(batch.number) ?? endOfRoom, endOfRoom)
    const between = batch.number + Math.floor((end - batch.number) / 2)
    if (between === batch.number) return false
    const middle = lines.length >> 1
    this.remove(batch)
    files.write(batch.number, lines.slice(0, middle))
    files.write(between, lines.slice(middle))
    return true
  }

  /** Rows dropped for want of room since it was last asked, if any. */
  takeDropped(): Dropped | undefined {
    const dropped = this.#dropped
    this.#dropped = undefined
    return dropped
  }

  /** Rows that another process has taken over since it was last asked. */
  takeTakenOver(): number {
    const rows = this.#takenOver
    this.#takenOver = 0
    return rows
  }

  /** Leaves what is there to the next process. */
  close(): void {
    clearInterval(this.#looks)
    this.seal()
    for (const folder of this.#folders) folder.release()
  }

  get #folders(): SenderFolder[] {
    return [...this.#adopted, this.#own]
  }

  #folderOf({ sender }: BatchName): SenderFolder | undefined {
    return this.#folders.find((folder) => folder.sender === sender)
  }

  #take({ sender, files }: SenderFolder, isForeign: boolean): SpooledBatch | undefined {
    const number = files.oldest()
    if (number === undefined) return undefined
    this.#underWay = { sender, number }
    return { sender, number, ...files.read(number), isForeign }
  }

  #adopt(): number {
    const nowMs = this.#own.now()
    if (nowMs === undefined) return 0
    const adopted = SenderFolder.adopt(this.#place, nowMs)
    for (const one of adopted) this.#adopted.push(one)
    this.#tellStranded(nowMs)
    return adopted.length
  }

  #look(): void {
    try {
      const adopted = this.#adopt()
      // Other senders came since: a sender that logs nothing gives up their share, too.
      this.#trim(0)
      if (adopted > 0) this.#onAdopted()
    } catch {
      // The folder is gone or cannot be read for now: the next write reports it.
    }
  }

  /** Lines for another address would wait for ever, unnoticed. */
  #tellStranded(nowMs: number): void {
    const { directory, destination } = this.#place
    for (const { sender, destination: other, rows } of SenderFolder.stranded(this.#place, nowMs)) {
      if (this.#toldOf.has(sender)) continue
      this.#toldOf.add(sender)
      this.#place.onProblem(
        `${waiting(rows)} in ${join(directory, sender)} for ${other}, and this handler sends to ${destination}: ` +
          `a handler for ${other} with this spool sends them; remove the folder to give them up`,
        true,
      )
    }
  }

  /** Begins a folder anew when this one was taken over. */
  #keepOwn(): void {
    if (!this.#own.isHeld()) this.#replaceOwn()
  }

  #replaceOwn(): void {
    const lost = this.#own
    this.#own = SenderFolder.create(this.#place)
    const { files } = lost
    const underWay = this.#underWay?.sender === lost.sender ? files.rowsOf(this.#underWay.number) : 0
    const rows = files.rows - underWay
    // Taken over, or removed with the spool.
    if (lost.exists()) this.#takenOver += rows
    else this.#countDropped('own', rows)
    lost.abandon()
  }

  #countDropped(whose: 'own' | 'foreign', rows: number): void {
    this.#dropped ??= { own: 0, foreign: 0 }
    this.#dropped[whose] += rows
  }

  #makeRoom(bytes: number): void {
    if (!this.#trim(bytes)) throw new Error(`the spool ${this.directory} is full`)
  }

  /** Drops lines until `bytes` more bytes fit; false when no line is left that may go. */
  #trim(bytes: number): boolean {
    const allowed = this.#allowedBytes()
    while (this.bytes > 0 && this.bytes + bytes > allowed) if (!this.#dropOldest()) return false
    return true
  }

  /** The bytes that others leave of the folder, and never less than an equal share: a late sender has room, too. */
  #allowedBytes(): number {
    const now = performance.now()
    if (now < this.#allowance.untilMs) return this.#allowance.bytes
    for (const folder of this.#folders) folder.tellBytes()
    const own = new Set(this.#folders.map(({ sender }) => sender))
    const others = SenderFolder.usedBesides(this.directory, own)
    const untold = (this.#maxBytes / TOLD_SHARE) * others.senders
    const left = this.#maxBytes - others.bytes - untold
    const bytes = Math.max(left, this.#maxBytes / (others.senders + 1))
    this.#allowance = { bytes, untilMs: now + USE_MS }
    return bytes
  }

  #dropOldest(): boolean {
    for (const kind of SPOOL_CLASSES) {
      for (const folder of this.#folders) {
        const kept = this.#underWay?.sender === folder.sender ? this.#underWay.number : undefined
        const rows = folder.files.dropOldest(kind, kept)
        if (rows === 0) continue
        this.#countDropped(folder === this.#own ? 'own' : 'foreign', rows)
        return true
      }
    }
    return false
  }
}
