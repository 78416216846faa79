import { once } from 'node:events'
import { createGunzip, type Gunzip } from 'node:zlib'
import { Presets, SingleBar } from 'cli-progress'

const NEWLINE = 10

/** A bar of the rows that have come. They are counted in the text itself, unpacked for that when it is packed. */
export class ExportProgress {
  readonly #bar: SingleBar
  readonly #gunzip: Gunzip | undefined
  #rows = 0

  /** @param total rows to come; undefined when that is not known exactly */
  constructor(total: number | undefined, isPacked: boolean) {
    const counts =
      total === undefined
        ? '{value} rows'
        : '{bar} {percentage} % {value} of {total} rows, {eta_formatted} to go'
    this.#bar = new SingleBar({ format: `  ${counts}`, stream: process.stderr }, Presets.rect)
    this.#bar.start(total ?? 0, 0)
    if (!isPacked) return
    this.#gunzip = createGunzip()
    this.#gunzip.on('data', (text: Buffer) => this.#count(text))
    // What is wrong with the file shows elsewhere; it is only counted here.
    this.#gunzip.on('error', () => undefined)
  }

  /** Counts what has come; resolves when more can be taken. */
  async add(chunk: Buffer): Promise<void> {
    if (!this.#gunzip) this.#count(chunk)
    else if (!this.#gunzip.write(chunk)) await once(this.#gunzip, 'drain')
  }

  stop(): void {
    this.#gunzip?.destroy()
    this.#bar.stop()
  }

  #count(text: Buffer): void {
    for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) this.#rows++
    this.#bar.update(this.#rows)
  }
}
