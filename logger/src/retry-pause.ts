/** The pauses between attempts: each about twice as long as the one before, until something works. */
export class RetryPause {
  readonly #baseMs: number
  readonly #maxMs: number
  #failures = 0
  #endsAtMs: number | undefined
  #wake: (() => void) | undefined

  constructor(baseMs: number, maxMs: number) {
    this.#baseMs = baseMs
    this.#maxMs = maxMs
  }

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.#failures > 0
  }

  /** When the next attempt is, as far as it is known. */
  get nextAttemptAt(): string | null {
    return this.#endsAtMs === undefined ? null : new Date(this.#endsAtMs).toISOString()
  }

  /** An attempt begins. */
  end(): void {
    this.#endsAtMs = undefined
  }

  /** An attempt worked. */
  reset(): void {
    this.#failures = 0
  }

  /** After a failure: resolves when it is time for the next attempt, or on `wake()`. */
  async wait(atLeastMs = 0): Promise<void> {
    const ceiling = Math.min(this.#maxMs, this.#baseMs * 2 ** Math.min(this.#failures++, 20))
    // Half of it by chance, so that many clients do not come back in step.
    const delayMs = Math.max(atLeastMs, ceiling / 2 + (Math.random() * ceiling) / 2)
    this.#endsAtMs = Date.now() + delayMs
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  /** Ends the pause early. */
  wake(): void {
    this.#wake?.()
  }
}
