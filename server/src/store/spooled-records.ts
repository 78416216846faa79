import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type LogRecord, normaliseRecord } from '@timelapser/logger'
import type { SenderMark } from './writing/senders.ts'

/** Files a folder may hold; a process that waits its whole deadline for each makes 17,000 a day. */
const MAX_FILES = 10_000
const NAME = /^(\d{13})-([0-9a-f-]{36})-(\d{12})\.json$/

export type SpooledRecord = { file: string; mark: SenderMark; record: LogRecord }

/** Records that could not be stored in time, one file each, until they are. */
export class SpooledRecords {
  readonly #directory: string
  /**
   * Names are in the order of records, also when the clock is set back: a sender's record that is stored after a later
   * record is taken for a repeat, and lost.
   */
  #lastStamp = 0

  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  }

  /** Keeps a record; it is on the disk when this returns. @throws when the folder is full or cannot be written to */
  keep(record: LogRecord, { sender, batch }: SenderMark): void {
    const names = readdirSync(this.#directory)
    if (names.length >= MAX_FILES)
      throw new Error(`${this.#directory} holds ${MAX_FILES} records that wait for the database, the maximum`)
    this.#lastStamp = Math.max(Date.now(), this.#lastStamp + 1, newestStamp(names) + 1)
    const file = `${this.#lastStamp}-${sender}-${String(batch).padStart(12, '0')}.json`
    const path = join(this.#directory, file)
    const descriptor = openSync(`${path}.part`, 'w', 0o600)
    try {
      writeSync(descriptor, JSON.stringify(record))
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(`${path}.part`, path)
  }

  /** All that is kept, oldest first. Files that hold no record are set aside. */
  list(): SpooledRecord[] {
    return this.#names().flatMap((file) => {
      const [, , sender = '', batch = ''] = NAME.exec(file) ?? []
      const path = join(this.#directory, file)
      try {
        const record = normaliseRecord(JSON.parse(readFileSync(path, 'utf8')))
        return [{ file, mark: { sender, batch: Number(batch) }, record }]
      } catch (error) {
        // Another process on the same folder may have stored it just now.
        if (error instanceof SyntaxError) renameSync(path, `${path}.broken`)
        return []
      }
    })
  }

  remove(file: string): void {
    rmSync(join(this.#directory, file), { force: true })
  }

  isEmpty(): boolean {
    return this.#names().length === 0
  }

  #names(): string[] {
    return readdirSync(this.#directory)
      .filter((file) => NAME.test(file))
      .sort()
  }
}

function newestStamp(names: readonly string[]): number {
  return names.reduce((newest, name) => Math.max(newest, Number(NAME.exec(name)?.[1] ?? 0)), 0)
}
