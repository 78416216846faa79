/** First in, first out, with the bytes of each item; taking from the front costs nothing per item left behind. */
export class ItemQueue<Item> {
  #items: Item[] = []
  #sizes: number[] = []
  #head = 0
  #bytes = 0

  get rows(): number {
    return this.#items.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  push(item: Item, bytes: number): void {
    this.#items.push(item)
    this.#sizes.push(bytes)
    this.#bytes += bytes
  }

  /** Takes the oldest item off. */
  shift(): void {
    if (this.rows === 0) return
    this.#bytes -= this.#sizes[this.#head] ?? 0
    // Lets the item be collected though its place is kept until the array is cut.
    this.#items[this.#head] = undefined as Item
    this.#head++
    if (this.#head >= 1_024 && this.#head * 2 >= this.#items.length) this.#cut()
  }

  /** Takes the oldest items, at least one and within both limits. */
  take(maxRows: number, maxBytes: number): { items: Item[]; bytes: number } {
    const start = this.#head
    let bytes = 0
    while (this.#head < this.#items.length && this.#head - start < maxRows) {
      const size = this.#sizes[this.#head] ?? 0
      if (this.#head > start && bytes + size > maxBytes) break
      bytes += size
      this.#head++
    }
    const items = this.#items.slice(start, this.#head)
    this.#bytes -= bytes
    this.#cut()
    return { items, bytes }
  }

  /** Puts a taken batch back to the front; its items count as equally large. */
  putBack(items: readonly Item[], bytes: number): void {
    this.#cut()
    this.#items = [...items, ...this.#items]
    this.#sizes = [...items.map(() => bytes / items.length), ...this.#sizes]
    this.#bytes += bytes
  }

  clear(): void {
    this.#items = []
    this.#sizes = []
    this.#head = 0
    this.#bytes = 0
  }

  #cut(): void {
    this.#items.splice(0, this.#head)
    this.#sizes.splice(0, this.#head)
    this.#head = 0
  }
}
