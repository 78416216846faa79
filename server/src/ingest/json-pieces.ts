/** Characters of one object written over several lines; more is no log record. */
const MAX_CHARACTERS = 4 * 1024 * 1024

/**
 * Puts together objects that are written over several lines, one after another or in one array, as `jq .` and
 * `JSON.stringify(…, null, 2)` print them.
 */
export class JsonPieces {
  #depth = 0
  #inText = false
  #isEscaped = false
  #text = ''
  #firstLine = 0
  /** Outside of all objects nothing but brackets and commas may stand; anything else ends it. */
  #isBroken = false

  /** Whether an object has begun and not ended. */
  get isOpen(): boolean {
    return this.#depth > 0
  }

  /** Whether what came is not JSON after all. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** The objects that end on this line, each with the number of the line it began on. */
  push(line: string, number: number): { text: string; line: number }[] {
    const complete: { text: string; line: number }[] = []
    let start = this.#depth > 0 ? 0 : -1
    for (let at = 0; at < line.length; at += 1) {
      const code = line.charCodeAt(at)
      if (this.#inText) {
        if (this.#isEscaped) this.#isEscaped = false
        else if (code === 92) this.#isEscaped = true
        else if (code === 34) this.#inText = false
        continue
      }
      if (this.#depth === 0 && code !== 123) {
        if (!(code <= 32 || code === 91 || code === 93 || code === 44 || code === 0x1e)) this.#isBroken = true
        continue
      }
      if (code === 34) this.#inText = true
      else if (code === 123 || code === 91) {
        if (this.#depth === 0) {
          start = at
          this.#firstLine = number
        }
        this.#depth += 1
      } else if (code === 125 || code === 93) {
        this.#depth -= 1
        if (this.#depth > 0) continue
        complete.push({ text: this.#text + line.slice(Math.max(start, 0), at + 1), line: this.#firstLine })
        this.#text = ''
        start = -1
      }
    }
    if (this.#depth > 0) this.#text += `${line.slice(Math.max(start, 0))}\n`
    if (this.#text.length > MAX_CHARACTERS) this.#isBroken = true
    return complete
  }

  /** The rest of an object that did not end, a line each. */
  take(): { lines: string[]; line: number } {
    const lines = this.#text.split('\n').filter((line) => line !== '')
    this.#text = ''
    this.#depth = 0
    this.#inText = false
    this.#isBroken = false
    return { lines, line: this.#firstLine }
  }
}
