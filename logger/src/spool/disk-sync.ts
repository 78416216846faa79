import { closeSync, fdatasync, fdatasyncSync, fsyncSync, openSync } from 'node:fs'

/**
 * When lines are forced past the kernel's memory to the disk, so that a loss of power keeps them: each before its call
 * returns, all of them once a second, or when the kernel likes.
 */
export type SpoolFsync = 'line' | 'interval' | false

/**
 * The longest loss at a power failure with `interval`. As Redis' `everysec`: shorter costs the disk more and saves
 * little.
 */
const INTERVAL_MS = 1_000

/** The files of a folder on their way to the disk. */
export class DiskSync {
  readonly #directory: string
  readonly #when: SpoolFsync
  readonly #onProblem: (sentence: string) => void
  /** Descriptors with lines the disk does not have yet. */
  #late = new Set<number>()
  /** Descriptors whose lines are on their way there. */
  readonly #underWay = new Set<number>()
  /** Descriptors from both sets that are no longer written to. */
  readonly #finished = new Set<number>()
  #hasNewNames = false
  #timer: NodeJS.Timeout | undefined

  constructor(directory: string, when: SpoolFsync, onProblem: (sentence: string) => void) {
    this.#directory = directory
    this.#when = when
    this.#onProblem = onProblem
  }

  /** A file was made in the folder: without its name its lines are gone too. */
  created(): void {
    this.#hasNewNames = this.#when !== false
  }

  /** Lines were written. With `line` they are on the disk when this returns. */
  written(descriptor: number): void {
    if (this.#when === false) return
    this.#late.add(descriptor)
    if (this.#when === 'line') this.#now()
    else this.#timer ??= setTimeout(() => this.#later(), INTERVAL_MS).unref()
  }

  /** Nothing more will be written: closes the file, once the disk has it. */
  finished(descriptor: number): void {
    if (this.#late.has(descriptor) || this.#underWay.has(descriptor)) this.#finished.add(descriptor)
    else closeSync(descriptor)
  }

  /** Forces what is left. */
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#now()
  }

  #now(): void {
    for (const descriptor of this.#takeLate()) {
      this.#try(() => fdatasyncSync(descriptor))
      this.#done(descriptor)
    }
    this.#syncNames()
  }

  /** Away from the caller's time: a disk takes milliseconds for it. */
  #later(): void {
    this.#timer = undefined
    for (const descriptor of this.#takeLate()) {
      this.#underWay.add(descriptor)
      fdatasync(descriptor, (error) => {
        this.#underWay.delete(descriptor)
        if (error) this.#tell(error)
        this.#done(descriptor)
      })
    }
    this.#syncNames()
  }

  #takeLate(): Set<number> {
    const late = this.#late
    this.#late = new Set()
    return late
  }

  #done(descriptor: number): void {
    if (this.#late.has(descriptor) || this.#underWay.has(descriptor)) return
    if (this.#finished.delete(descriptor)) closeSync(descriptor)
  }

  #syncNames(): void {
    if (!this.#hasNewNames) return
    this.#hasNewNames = false
    this.#try(() => syncFolder(this.#directory))
  }

  #try(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#tell(error)
    }
  }

  /** Not thrown: the kernel has the line, and it goes out from there. */
  #tell(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#onProblem(`Log lines would not outlast a loss of power: ${reason}`)
  }
}

/** Forces the names in a folder to the disk. */
export function syncFolder(path: string): void {
  // Windows has no sync of a folder, and keeps names in a journal.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
