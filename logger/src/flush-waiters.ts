type Waiter = { target: number; resolve: () => void }

/** Counts items in and out, and lets callers wait until all that went in by now has come out. */
export class FlushWaiters {
  #waiters: Waiter[] = []
  #added = 0
  #settled = 0
  /** Nobody waits for more than that. */
  #wanted = 0

  add(): void {
    this.#added++
  }

  settle(rows: number): void {
    this.#settled += rows
    for (const waiter of this.#waiters) if (this.#settled >= waiter.target) waiter.resolve()
  }

  /** Items that have not come out. */
  get pending(): number {
    return this.#added - this.#settled
  }

  /** Whether somebody waits for something that has not come out. */
  get isWaitedFor(): boolean {
    return this.#settled < this.#wanted
  }

  /** Resolves when all that was added so far is settled, at the latest after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void> {
    const target = this.#added
    if (this.#settled >= target) return Promise.resolve()
    this.#wanted = target
    return new Promise((resolve) => {
      // Not unref'd: someone waits for it.
      const timer = setTimeout(() => waiter.resolve(), timeoutMs)
      const waiter = {
        target,
        resolve: () => {
          clearTimeout(timer)
          this.#waiters = this.#waiters.filter((one) => one !== waiter)
          resolve()
        },
      }
      this.#waiters.push(waiter)
    })
  }
}
