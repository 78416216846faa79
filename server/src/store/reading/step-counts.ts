/** Steps next to each other that are counted in an array; the largest number is some ten times as many from the smallest. */
const MAX_WINDOW = 4096
const FIRST_WINDOW = 64

/** An entry of a map. */
const ENTRY_BYTES = 40

/** How many numbers there are in each step of their size, see `stepOf`. */
export class StepCounts {
  #first = 0
  #window = new Float64Array(0)
  /** Those far from the others. */
  readonly #others = new Map<number, number>()

  get bytes(): number {
    return this.#window.length * 8 + this.#others.size * ENTRY_BYTES
  }

  add(step: number, count: number): void {
    const place = step - this.#first
    if (place >= 0 && place < this.#window.length)
      this.#window[place] = (this.#window[place] as number) + count
    else if (this.#widen(step, step)) this.add(step, count)
    else this.#others.set(step, (this.#others.get(step) ?? 0) + count)
  }

  addAll({ first, window, others }: StepCounts): void {
    const lowest = window.findIndex((count) => count > 0)
    if (lowest !== -1) {
      const highest = window.findLastIndex((count) => count > 0)
      if (this.#widen(first + lowest, first + highest)) {
        const shift = first - this.#first
        for (let place = lowest; place <= highest; place++) {
          const own = place + shift
          this.#window[own] = (this.#window[own] as number) + (window[place] as number)
        }
      } else {
        for (let place = lowest; place <= highest; place++) {
          const count = window[place] as number
          if (count > 0) this.add(first + place, count)
        }
      }
    }
    for (const [step, count] of others) this.add(step, count)
  }

  private get first(): number {
    return this.#first
  }

  private get window(): Float64Array {
    return this.#window
  }

  private get others(): ReadonlyMap<number, number> {
    return this.#others
  }

  /** Steps and counts, the lowest step first. */
  ascending(): [step: number, count: number][] {
    const entries = [...this.#others]
    for (const [place, count] of this.#window.entries())
      if (count > 0) entries.push([this.#first + place, count])
    return this.#others.size === 0 ? entries : entries.sort(([a], [b]) => a - b)
  }

  /** Makes room for the steps in the window. @returns whether there can be any */
  #widen(lowest: number, highest: number): boolean {
    const length = this.#window.length
    const low = length === 0 ? lowest : Math.min(lowest, this.#first)
    const high = length === 0 ? highest : Math.max(highest, this.#first + length - 1)
    if (length > 0 && low === this.#first && high === this.#first + length - 1) return true
    if (high - low >= MAX_WINDOW) return false
    const wanted = Math.min(MAX_WINDOW, Math.max(FIRST_WINDOW, Math.ceil((high - low + 1) * 1.25)))
    const first = Math.floor((low + high + 1 - wanted) / 2)
    const window = new Float64Array(wanted)
    window.set(this.#window, length === 0 ? 0 : this.#first - first)
    this.#first = first
    this.#window = window
    return true
  }
}
