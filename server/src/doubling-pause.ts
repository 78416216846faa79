/** The pauses between attempts at something that is away: each twice as long as the one before, up to the longest. */
export class DoublingPause {
  readonly #firstMs: number
  readonly #longestMs: number
  #nextMs: number

  constructor(firstMs: number, longestMs: number) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
    this.#nextMs = firstMs
  }

  /** Milliseconds to wait after another failure. */
  next(): number {
    const pauseMs = this.#nextMs
    this.#nextMs = Math.min(pauseMs * 2, this.#longestMs)
    return pauseMs
  }

  /** An attempt worked. */
  reset(): void {
    this.#nextMs = this.#firstMs
  }
}
