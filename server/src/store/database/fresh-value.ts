/**
 * A value that is read once and then kept, until somebody says that it changed or it reaches its age. All who ask
 * meanwhile share one reading. A reading that began before a change is given to those who asked for it and kept for
 * nobody, and its failure takes nothing from those who read after the change.
 */
export class FreshValue<V> {
  readonly #maxAgeMs: number
  #current: { value: Promise<V>; until: number } | undefined

  /** @param maxAgeMs how long a value is believed though nobody said that it changed */
  constructor(maxAgeMs = Number.POSITIVE_INFINITY) {
    this.#maxAgeMs = maxAgeMs
  }

  /** The value that is kept; otherwise what `read` gives, kept from now on unless it fails. */
  get(read: () => Promise<V>): Promise<V> {
    const known = this.#current
    if (known && performance.now() < known.until) return known.value
    const reading = { value: read(), until: performance.now() + this.#maxAgeMs }
    this.#current = reading
    reading.value.catch(() => {
      if (this.#current === reading) this.#current = undefined
    })
    return reading.value
  }

  /** Forgets the value; the next `get` reads it anew. */
  reload(): void {
    this.#current = undefined
  }
}
