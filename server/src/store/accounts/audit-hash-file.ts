import { appendFile, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KnownHash } from './audit-check.ts'

/** Hashes kept: 120 bytes each, and any one of them shows a chain that was written anew before it. */
const MAX_KEPT = 10_000

const LINE = /^([0-9a-f-]{36}) (\d+) ([0-9a-f]{64})$/

/** The hashes of the audit trail in the data folder, where nobody reaches them who has the database alone. */
export class AuditHashFile {
  readonly #path: string
  readonly #onFailure: (error: unknown) => void
  #waiting: KnownHash[] = []
  #writing: Promise<void> = Promise.resolve()
  #lines: number | undefined

  constructor(dataDir: string, onFailure: (error: unknown) => void) {
    this.#path = join(dataDir, 'audit-hashes')
    this.#onFailure = onFailure
  }

  /** All kept hashes, of any database. */
  async read(): Promise<KnownHash[]> {
    await this.#writing
    return (await this.#readLines()).flatMap((line) => {
      const [, trail, id, hash] = LINE.exec(line) ?? []
      return trail && id && hash ? [{ trail, id: Number(id), hash }] : []
    })
  }

  /** Has it written; those that come while the file is being written go together. */
  keep(hash: KnownHash): void {
    this.#waiting.push(hash)
    if (this.#waiting.length > 1) return
    this.#writing = this.#writing.then(() => this.#write()).catch(this.#onFailure)
  }

  /** Waits until everything is written. */
  async close(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    const added = this.#waiting.map(({ trail, id, hash }) => `${trail} ${id} ${hash}\n`)
    this.#waiting = []
    this.#lines ??= (await this.#readLines()).length
    await appendFile(this.#path, added.join(''), { mode: 0o600 })
    this.#lines += added.length
    if (this.#lines <= MAX_KEPT * 2) return
    const newest = (await this.#readLines()).slice(-MAX_KEPT)
    await writeFile(`${this.#path}.new`, `${newest.join('\n')}\n`, { mode: 0o600 })
    await rename(`${this.#path}.new`, this.#path)
    this.#lines = newest.length
  }

  async #readLines(): Promise<string[]> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    return text.split('\n').filter(Boolean)
  }
}
