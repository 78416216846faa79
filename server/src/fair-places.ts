import type { Caller } from './caller.ts'

type Waiting = { caller: Caller | undefined; go: () => void }

/**
 * Places for work of which a limited number may run at once. A caller has at most a third of them. A waiting caller is
 * let in by how few places they have, then by how long ago they were let in: the first request of one caller passes the
 * sixty that another caller has waiting. An administrator without a place gets a place at once, beyond the number if
 * need be; the system's own work waits for a free place alone.
 */
export class FairPlaces {
  readonly total: number
  /** Places that a caller may have at a time. */
  readonly share: number
  readonly #held = new Map<string, number>()
  /** In the order they came. */
  readonly #waiting: Waiting[] = []
  /** When a caller who has or waits for places took the last one, by the number of places taken so far. */
  readonly #served = new Map<string, number>()
  #taken = 0
  #times = 0

  /** @param share places that a caller may have at a time, a third of all when unset */
  constructor(total: number, share = Math.max(1, Math.floor(total / 3))) {
    this.total = total
    this.share = share
  }

  /** Places taken now. */
  get taken(): number {
    return this.#taken
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** The places that the caller holds. */
  heldBy(caller: Caller | undefined): number {
    return caller ? (this.#held.get(caller.id) ?? 0) : 0
  }

  /** Takes a place, or returns undefined. @returns gives the place back; a second time does nothing */
  tryTake(caller: Caller | undefined): (() => void) | undefined {
    return this.#fits(caller) ? this.#take(caller) : undefined
  }

  /**
   * Waits for a place.
   *
   * @returns gives the place back; a second time does nothing
   * @throws the signal's reason when it aborts before
   */
  take(caller: Caller | undefined, signal: AbortSignal | undefined): Promise<() => void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#fits(caller)) return Promise.resolve(this.#take(caller))
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        caller,
        go: () => {
          signal?.removeEventListener('abort', leave)
          resolve(this.#take(caller))
        },
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        this.#forget(caller)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.push(waiting)
    })
  }

  /** Runs `work` when there is a place. @throws the signal's reason when it aborts before */
  async use<T>(
    caller: Caller | undefined,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const giveBack = await this.take(caller, signal)
    try {
      return await work()
    } finally {
      giveBack()
    }
  }

  #fits(caller: Caller | undefined): boolean {
    const held = this.heldBy(caller)
    if (caller?.isAdmin && held === 0) return true
    return this.#taken < this.total && (caller === undefined || held < this.share)
  }

  #take(caller: Caller | undefined): () => void {
    this.#taken++
    if (caller) {
      this.#held.set(caller.id, this.heldBy(caller) + 1)
      this.#served.set(caller.id, ++this.#times)
    }
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#taken--
      if (caller) this.#giveBack(caller)
      this.#admit()
    }
  }

  #giveBack(caller: Caller): void {
    const left = this.heldBy(caller) - 1
    if (left > 0) this.#held.set(caller.id, left)
    else this.#held.delete(caller.id)
    this.#forget(caller)
  }

  #forget(caller: Caller | undefined): void {
    if (!caller || this.#held.has(caller.id)) return
    if (!this.#waiting.some((waiting) => waiting.caller?.id === caller.id)) this.#served.delete(caller.id)
  }

  #admit(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1)
      next.go()
    }
  }

  /** The first waiting request of the caller that has the fewest places and was let in longest ago. */
  #next(): Waiting | undefined {
    let best: Waiting | undefined
    const seen = new Set<string | undefined>()
    for (const waiting of this.#waiting) {
      if (seen.has(waiting.caller?.id)) continue
      seen.add(waiting.caller?.id)
      if (this.#fits(waiting.caller) && (!best || this.#isBefore(waiting.caller, best.caller))) best = waiting
    }
    return best
  }

  #isBefore(one: Caller | undefined, other: Caller | undefined): boolean {
    const difference = this.heldBy(one) - this.heldBy(other)
    return difference < 0 || (difference === 0 && this.#lastOf(one) < this.#lastOf(other))
  }

  #lastOf(caller: Caller | undefined): number {
    return caller ? (this.#served.get(caller.id) ?? 0) : 0
  }
}
