/** In so long a time entries that repeat are counted. */
const WINDOW_MS = 60 * 60_000

/** Kinds of entries that are watched at a time. */
const MAX_KINDS = 10_000

type Window = { seen: number; timer: NodeJS.Timeout }

/**
 * Separates entries that a caller may cause without end, for example downloads by a read key, from entries that are
 * each written: after `atMost` in an hour the others are counted, and the hour ends with an entry that says how many
 * they were.
 */
export class RepeatedEntries {
  readonly #windows = new Map<string, Window>()

  /**
   * Whether an entry is written by itself.
   *
   * @param kind the kind of entry, and its actor
   * @param atMost the number written in an hour
   * @param onEnd receives at the end of the hour the number of entries that were not written
   */
  isWritten(kind: string, atMost: number, onEnd: (repeated: number) => void): boolean {
    const known = this.#windows.get(kind)
    if (known) return ++known.seen <= atMost
    // Beyond this number of kinds no hour is kept; each is written.
    if (this.#windows.size >= MAX_KINDS) return true
    const timer = setTimeout(() => {
      const repeated = (this.#windows.get(kind)?.seen ?? 0) - atMost
      this.#windows.delete(kind)
      if (repeated > 0) onEnd(repeated)
    }, WINDOW_MS)
    timer.unref()
    this.#windows.set(kind, { seen: 1, timer })
    return true
  }
}
