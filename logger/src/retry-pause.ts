/** The share of an asked pause by which it may be longer: clients that were refused together do not come back so. */
const ASKED_SPREAD = 0.25

/** The pauses between attempts: each about twice as long as the one before, until something works. */
export class RetryPause {
  readonly #baseMs: number
  readonly #maxMs: number
  #failures = 0
  #endsAtMs: number | undefined
  /** Whether the other side said how long this pause has to be. */
  #isAsked = false
  #wake: (() => void) | undefined

  constructor(baseMs: number, maxMs: number) {
    this.#baseMs = baseMs
    this.#maxMs = maxMs
  }

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.#failures > 0
  }

  /** Whether it ends only after this many milliseconds from now. */
  isLongerThan(millis: number): boolean {
    return this.#endsAtMs !== undefined && this.#endsAtMs > Date.now() + millis
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

  /**
   * After a failure: resolves when it is time for the next attempt, or on `wake()`.
   *
   * @param atLeastMs the pause that the other side asked for; 0 when it asked for none
   */
  async wait(atLeastMs = 0): Promise<void> {
    const ceiling = Math.min(this.#maxMs, this.#baseMs * 2 ** Math.min(this.#failures++, 20))
    // Half of it by chance, so that many clients do not come back in step.
    const spread = 1 + Math.random() * ASKED_SPREAD
    const delayMs = Math.max(atLeastMs * spread, ceiling / 2 + (Math.random() * ceiling) / 2)
    this.#isAsked = atLeastMs > 0
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

  /** Ends the pause early, unless the other side asked for it. */
  wake(): void {
    if (!this.#isAsked) this.#wake?.()
  }

  /** Ends the pause early, also one that the other side asked for. */
  cut(): void {
    this.#wake?.()
  }
}
