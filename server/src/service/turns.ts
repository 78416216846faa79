/**
 * Waits for the same thing again and again, each time for a while. `Promise.race` would leave a reaction on the pending
 * promise each time, and these grow for as long as it is pending: for weeks, on a system where nothing happens.
 */
export class Turns {
  readonly #waiting = new Set<() => void>()
  #isOver = false

  /** @param promise may fail; a caller that needs to know awaits it as well */
  constructor(promise: Promise<unknown>) {
    const end = () => {
      this.#isOver = true
      for (const go of this.#waiting) go()
    }
    promise.then(end, end)
  }

  /** Resolves when the promise has settled, with true, or after a while or when the signal aborts, with false. */
  within(millis: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#isOver || signal?.aborted) return Promise.resolve(this.#isOver)
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer)
        this.#waiting.delete(go)
        signal?.removeEventListener('abort', go)
        resolve(this.#isOver)
      }
      const timer = setTimeout(go, millis)
      this.#waiting.add(go)
      signal?.addEventListener('abort', go, { once: true })
    })
  }
}
