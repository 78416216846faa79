/**
 * Bytes that a kind of work may hold in memory at a time, in total and per holder. The bounds are figures of account,
 * not of the heap: each user of a budget says what it weighs.
 */
export class ByteBudget {
  /** As `/metrics` names it. */
  readonly name: string
  readonly limitBytes: number
  /** The most that a single holder may have, so that others find room. */
  readonly shareBytes: number
  readonly #holders = new Map<string, number>()
  readonly #line: Waiting[] = []
  #usedBytes = 0
  #refused = 0

  constructor(name: string, limitBytes: number, shareBytes = limitBytes) {
    this.name = name
    this.limitBytes = limitBytes
    this.shareBytes = shareBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** How often somebody was refused since the start. */
  get refused(): number {
    return this.#refused
  }

  /** The bytes of the holder. */
  heldBy(holder: string): number {
    return this.#holders.get(holder) ?? 0
  }

  /** Takes room, or counts a refusal and returns false. */
  take(holder: string, bytes: number): boolean {
    if (!this.#fits(holder, bytes)) {
      this.#refused++
      return false
    }
    this.#add(holder, bytes)
    return true
  }

  /** Waits in line for room. Those before in the line go first, unless their own share is used up. */
  async wait(holder: string, bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#line.length === 0 && this.#fits(holder, bytes)) return this.#add(holder, bytes)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = { holder, bytes, go: resolve }
    const leave = () => {
      const place = this.#line.indexOf(waiting)
      if (place === -1) return
      this.#line.splice(place, 1)
      reject(signal.reason)
      this.#admit()
    }
    this.#line.push(waiting)
    signal.addEventListener('abort', leave, { once: true })
    this.#admit()
    await promise.finally(() => signal.removeEventListener('abort', leave))
  }

  /** Gives room back. */
  give(holder: string, bytes: number): void {
    this.#add(holder, -bytes)
    if (this.heldBy(holder) <= 0) this.#holders.delete(holder)
    this.#admit()
  }

  /** A part of the budget that grows and is given back as one. */
  open(holder: string): Hold {
    return new Hold(this, holder)
  }

  #fits(holder: string, bytes: number): boolean {
    // A holder without any bytes may take a piece of any size: else a large piece could never be held.
    const held = this.heldBy(holder)
    const isWithinShare = held === 0 || held + bytes <= this.shareBytes
    return isWithinShare && (this.#usedBytes === 0 || this.#usedBytes + bytes <= this.limitBytes)
  }

  #add(holder: string, bytes: number): void {
    this.#usedBytes += bytes
    this.#holders.set(holder, this.heldBy(holder) + bytes)
  }

  #admit(): void {
    for (let place = 0; place < this.#line.length; ) {
      const { holder, bytes, go } = this.#line[place] as Waiting
      if (this.#fits(holder, bytes)) {
        this.#line.splice(place, 1)
        this.#add(holder, bytes)
        go()
      } else if (this.heldBy(holder) > 0) place++
      // No request overtakes a request that waits for total room: it would wait for ever.
      else return
    }
  }
}

type Waiting = { holder: string; bytes: number; go: () => void }

/** The share of a budget that a piece of work holds. */
export class Hold {
  readonly #budget: ByteBudget
  readonly #holder: string
  #bytes = 0

  constructor(budget: ByteBudget, holder: string) {
    this.#budget = budget
    this.#holder = holder
  }

  /** Takes more room, or returns false and keeps what it has. */
  grow(bytes: number): boolean {
    if (!this.#budget.take(this.#holder, bytes)) return false
    this.#bytes += bytes
    return true
  }

  /** Becomes as large as this; false when there is no room for that. */
  resize(bytes: number): boolean {
    if (bytes > this.#bytes) return this.grow(bytes - this.#bytes)
    this.#budget.give(this.#holder, this.#bytes - bytes)
    this.#bytes = bytes
    return true
  }

  /** Gives all of it back; a second time does nothing. */
  release(): void {
    if (this.#bytes > 0) this.#budget.give(this.#holder, this.#bytes)
    this.#bytes = 0
  }
}
