import { LRUCache } from 'lru-cache'

export type FreshCacheOptions = {
  /** The longest an answer is kept though nothing said that it changed, in milliseconds. */
  maxAgeMs: number
  maxEntries: number
}

/**
 * Answers that stay true until something changes; `clear()` is called on every change. Callers that ask the same at
 * once share one load. A load that was under way at a change answers those who asked and is not kept.
 */
export class FreshCache<V> {
  readonly #answers: LRUCache<string, Promise<V>>

  constructor({ maxAgeMs, maxEntries }: FreshCacheOptions) {
    this.#answers = new LRUCache({ max: maxEntries, ttl: maxAgeMs, perf: performance })
  }

  /** @param load asked when nothing fresh is known; a failed load is not kept */
  get(key: string, load: () => Promise<V>): Promise<V> {
    const known = this.#answers.get(key)
    if (known) return known
    const answer = load()
    this.#answers.set(key, answer)
    answer.catch(() => {
      if (this.#answers.peek(key) === answer) this.#answers.delete(key)
    })
    return answer
  }

  /** Forgets everything. */
  clear(): void {
    this.#answers.clear()
  }
}
