/** In so long a time entries that repeat are counted. */
const WINDOW_MS = 60 * 60_000

/** Kinds of entries that are watched at a time. */
const MAX_KINDS = 10_000

type Window = { seen: number; timer: NodeJS.Timeout }

/**
 * Tells entries that one caller may cause without end, such as downloads by a read key, from those that are written each:
 * after so many in an hour the others are counted, and the hour ends with one entry that says how many they were.
 */
export class RepeatedEntries {
  readonly #windows = new Map<string, Window>()

  /**
   * Whether an entry is written by itself.
   *
   * @param kind what repeats, and whose doing it is
   * @param atMost how many are, an hour
   * @param onEnd told at the end of the hour how many were not
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
