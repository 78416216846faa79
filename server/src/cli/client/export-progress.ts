import { once } from 'node:events'
import { createGunzip, type Gunzip } from 'node:zlib'
import { Presets, SingleBar } from 'cli-progress'

const NEWLINE = 10

/** The remaining time is estimated from the last fifty of these steps. */
const SHOW_MS = 100

/** A bar of the rows that have come. They are counted in the text itself, unpacked for that when it is packed. */
export class ExportProgress {
  readonly #bar: SingleBar
  readonly #gunzip: Gunzip | undefined
  #rows = 0
  #shownAt = 0

  /** @param total rows to come; undefined when that is not known exactly */
  constructor(total: number | undefined, isPacked: boolean) {
    const counts =
      total === undefined
        ? '{value} rows'
        : '{bar} {percentage} % {value} of {total} rows, {eta_formatted} to go'
    const options = { format: `  ${counts}`, stream: process.stderr, etaBuffer: 50 }
    this.#bar = new SingleBar(options, Presets.rect)
    this.#bar.start(total ?? 0, 0)
    if (!isPacked) return
    this.#gunzip = createGunzip()
    this.#gunzip.on('data', (text: Buffer) => this.#count(text))
    // Damage of the file shows elsewhere; here its rows are only counted.
    this.#gunzip.on('error', () => undefined)
  }

  /** Counts what has come; resolves when more can be taken. */
  async add(chunk: Buffer): Promise<void> {
    if (!this.#gunzip) this.#count(chunk)
    else if (!this.#gunzip.write(chunk)) await once(this.#gunzip, 'drain')
  }

  stop(): void {
    this.#gunzip?.destroy()
    this.#bar.update(this.#rows)
    this.#bar.stop()
  }

  #count(text: Buffer): void {
    for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) this.#rows++
    const now = performance.now()
    if (now - this.#shownAt < SHOW_MS) return
    this.#shownAt = now
    this.#bar.update(this.#rows)
  }
}
