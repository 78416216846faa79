import { SEPARATOR } from '../../../store/alerts/entry-messages.ts'

const SEPARATOR_CODE = SEPARATOR.charCodeAt(0)

/** Characters that the database may take for `i` or `k` or `s` in another case. */
const FOLDED = new Set([0x130, 0x17f, 0x212a])

/** Room: a state has an entry for each character that occurs. */
const MAX_STATES = 50_000

/**
 * Finds many texts in one pass (Aho and Corasick, 1975), ASCII without regard to case. The place after a character is one
 * look into a table, however many texts there are.
 */
export class LiteralAutomaton {
  /** The class of each ASCII character: 0 for those in no text. */
  readonly #classes = new Uint8Array(128)
  readonly #width: number
  /** By state and class: twice the place of the next state in this table, and one more where texts end in it. */
  readonly #next: Int32Array
  /** The texts that end in a state. */
  readonly #found: (readonly number[])[]

  /** @param texts in lower case; found by their index. Those beyond the room are not looked for, see `capacityOf` */
  constructor(texts: readonly string[]) {
    let classes = 0
    for (const code of new Set(texts.flatMap((text) => [...text].map((one) => one.charCodeAt(0))))) {
      this.#classes[code] = ++classes
      const upper = String.fromCharCode(code).toUpperCase().charCodeAt(0)
      if (upper < 128) this.#classes[upper] = classes
    }
    this.#width = classes + 1
    const { next, found } = trieOf(texts, this.#classes, this.#width)
    link(next, found, this.#width)
    const width = this.#width
    this.#next = Int32Array.from(next, (state) => 2 * state * width + (found[state]?.length ? 1 : 0))
    this.#found = found
  }

  /**
   * Tells of the texts in each of several messages that are joined by the separator.
   *
   * @param onFound the index of a text and that of the message, once or more often
   * @param onUnsure the message has characters whose case this does not know
   */
  scan(
    joined: string,
    onFound: (text: number, message: number) => void,
    onUnsure: (message: number) => void,
  ): void {
    const [next, found, classes, width] = [this.#next, this.#found, this.#classes, this.#width]
    let state = 0
    let message = 0
    for (let index = 0; index < joined.length; index++) {
      const code = joined.charCodeAt(index)
      if (code > 127) {
        state = 0
        if (FOLDED.has(code)) onUnsure(message)
        continue
      }
      if (code === SEPARATOR_CODE) {
        state = 0
        message++
        continue
      }
      const entry = next[state + (classes[code] as number)] as number
      state = entry >> 1
      if ((entry & 1) === 0) continue
      for (const text of found[state / width] ?? []) onFound(text, message)
    }
  }
}

/** How many of the texts, from the first on, one automaton takes. */
export function capacityOf(texts: readonly string[]): number {
  let states = 1
  const beyond = texts.findIndex((text) => {
    states += text.length
    return states > MAX_STATES
  })
  return beyond === -1 ? texts.length : beyond
}

/** The texts as a tree of states: 0 is the root, and where no text goes on. */
function trieOf(texts: readonly string[], classes: Uint8Array, width: number) {
  const next: number[] = new Array<number>(width).fill(0)
  const found: number[][] = [[]]
  for (const [text, characters] of texts.entries()) {
    let state = 0
    for (let index = 0; index < characters.length; index++) {
      const at = state * width + (classes[characters.charCodeAt(index)] as number)
      if (next[at] === 0) {
        next[at] = found.length
        found.push([])
        for (let one = 0; one < width; one++) next.push(0)
      }
      state = next[at] as number
    }
    found[state]?.push(text)
  }
  return { next, found }
}

/** Where no text goes on, the state of the longest end of what was read that begins a text: breadth first. */
function link(next: number[], found: number[][], width: number): void {
  const fallback = new Int32Array(found.length)
  const queue: number[] = []
  for (let one = 0; one < width; one++) {
    const state = next[one] as number
    if (state !== 0) queue.push(state)
  }
  for (const state of queue) {
    const shorter = fallback[state] as number
    found[state]?.push(...(found[shorter] ?? []))
    for (let one = 0; one < width; one++) {
      const at = state * width + one
      const further = next[at] as number
      const other = next[shorter * width + one] as number
      if (further === 0) next[at] = other
      else {
        fallback[further] = other
        queue.push(further)
      }
    }
  }
}
