/** Repeatable chance: the same seed gives the same numbers on every machine. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** In [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number of [low, high]. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  /** One of them; there has to be one. */
  pick<const T extends readonly unknown[]>(values: T): T[number] {
    return values[Math.floor(this.next() * values.length)]
  }

  isOneIn(count: number): boolean {
    return this.next() * count < 1
  }

  /** Returns `digits` hexadecimal digits, at most eight. */
  hex(digits: number): string {
    const text = Math.floor(this.next() * 0x1_0000_0000).toString(16)
    return text.padStart(8, '0').slice(0, digits)
  }
}
