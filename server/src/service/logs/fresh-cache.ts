export type FreshCacheOptions = {
  /** The longest an answer is kept though nothing said that it changed. */
  maxAgeMs: number
  maxEntries: number
}

/**
 * Answers that stay true until something changes: whoever hears of a change calls `clear()`. Callers that ask the same
 * at once share one load. What was being loaded when a change came is given to who asked, and kept for nobody.
 */
export class FreshCache<V> {
  readonly #options: FreshCacheOptions
  readonly #entries = new Map<string, { value: Promise<V>; until: number }>()

  constructor(options: FreshCacheOptions) {
    this.#options = options
  }

  get(key: string, load: () => Promise<V>): Promise<V> {
    const known = this.#entries.get(key)
    if (known && performance.now() < known.until) return known.value
    const value = load()
    const entry = { value, until: performance.now() + this.#options.maxAgeMs }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    })
    const oldest = this.#entries.keys().next().value
    if (this.#entries.size > this.#options.maxEntries && oldest !== undefined) this.#entries.delete(oldest)
    return value
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear()
  }
}
