import { BACKSLASH, type Codes, codeAt, codesOf, DIGIT, is, NEW_LINE, QUOTE, TOKEN } from './characters.ts'
import { MASK } from './secret-names.ts'

/** In characters: `npm run bench:redaction` shows when one of these is far from the truth. */
export const COST = {
  /** A sign that is looked at. */
  sign: 6,
  /** A piece of the text cut out, a mask put in. */
  mask: 30,
  /** A name found by its characters, and whatever decides that it is none. */
  look: 15,
  /** A piece of the text made and looked up in a set, a regular expression, or as much as these take. */
  word: 30,
} as const

/** A walk over a text: the masked parts so far, and the work they took. */
export class Scan {
  readonly text: string
  /** The characters of the text, until the next scan. */
  readonly codes: Codes
  /**
   * Work besides the walk itself: the characters looked at, and what a look-up or a mask costs in characters (`COST`). The
   * bound on work counts these, never time.
   */
  steps = 0
  /** Beyond these the rest of the text is masked. */
  private readonly maxSteps: number
  /** Up to here the text is in `masked`. */
  done = 0
  /** Names are looked for behind this place alone: no character is looked at by two of them. */
  floor = 0
  /** Behind `name="Authorization"`: where its `value` may follow; -1 when none is awaited. */
  pair = -1
  private masked = ''
  /** Quotes that do not close any more, so that nobody looks to the end of the text twice. */
  private unclosed: Set<string> | undefined
  isClosed = false
  private json: boolean | undefined
  private runEnd = 0
  private runDigit = -1

  constructor(text: string, maxSteps: number) {
    this.text = text
    this.maxSteps = maxSteps
    this.codes = codesOf(text)
  }

  get isSpent(): boolean {
    return this.steps > this.maxSteps
  }

  hide(start: number, end: number, mask: string = MASK): void {
    this.steps += COST.mask
    this.masked += this.text.slice(this.done, start) + mask
    this.done = end
  }

  get result(): string {
    return this.done === 0 ? this.text : this.masked + this.text.slice(this.done)
  }

  /** The quote that opens here with the backslashes before it, which are its level: `"`, `\"`, `\\\"`; or an empty text. */
  quoteAt(at: number): string {
    const { text, codes } = this
    const code = codeAt(codes, at)
    if (code === 34) return '"'
    if (code !== BACKSLASH) return is(code, QUOTE) ? (code === 39 ? "'" : '`') : ''
    let end = at
    while (end - at < 7 && codeAt(codes, end) === BACKSLASH) end++
    // An even number of backslashes stands for themselves.
    const isEscape = end - at === 0 || (end - at) % 2 === 1
    return isEscape && is(codeAt(codes, end), QUOTE) ? text.slice(at, end + 1) : ''
  }

  /** Whether a quote is the end of the text around a name that stands in `own`, and not the start of its value. */
  isAround(quote: string, own: string): boolean {
    return quote.length < own.length || (own === '' && quote === '"' && this.isJson)
  }

  /** Behind the quote that closes at `end`; there itself when what `closing` found last is no quote of this kind. */
  behind(end: number, quote: string): number {
    return this.isClosed ? Math.min(end + quote.length, this.text.length) : end
  }

  /**
   * The place of the quote that closes the content starting at `start`: the end of the line when no quote closes it.
   */
  closing(start: number, quote: string): number {
    const { text, codes } = this
    this.isClosed = false
    const level = quote.length - 1
    const mark = quote.slice(-1)
    const enclosing = mark === '"' || !this.isJson ? -1 : this.enclosingEnd(start)
    if (enclosing >= 0 && this.unclosed?.has(quote)) return enclosing
    if (!this.unclosed?.has(quote)) {
      for (let at = text.indexOf(mark, start); at >= 0; at = text.indexOf(mark, at + 1)) {
        if (enclosing >= 0 && at > enclosing) return enclosing
        let backslashes = 0
        while (at - backslashes > start && codeAt(codes, at - backslashes - 1) === BACKSLASH) backslashes++
        this.steps += backslashes
        // One level in, a quote is written with a backslash more for each before it, and one for itself.
        if (backslashes % (2 * (level + 1)) !== level) {
          if (backslashes >= level && (level === 0 || backslashes % 2 === 1)) continue
          // The text around it ends: this quote does not close.
          this.steps += at - start
          return at - backslashes
        }
        this.steps += at - start
        this.isClosed = true
        return at - level
      }
      this.unclosed ??= new Set()
      this.unclosed.add(quote)
      this.steps += text.length - start
      if (enclosing >= 0) return enclosing
    }
    return this.lineEnd(start)
  }

  /** Whether all of the text is JSON: then its strings end where JSON says. */
  get isJson(): boolean {
    this.json ??= this.parses()
    return this.json
  }

  private parses(): boolean {
    const { text } = this
    if (!/^\s*[[{"]/.test(text)) return false
    this.steps += text.length
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }

  /** Where the string of JSON ends that `start` is in. */
  private enclosingEnd(start: number): number {
    const { text, codes } = this
    let end = text.indexOf('"', start)
    while (end > start && codeAt(codes, end - 1) === BACKSLASH) {
      let backslashes = 0
      while (codeAt(codes, end - backslashes - 1) === BACKSLASH) backslashes++
      if (backslashes % 2 === 0) break
      end = text.indexOf('"', end + 1)
    }
    this.steps += Math.max(end - start, 0)
    return end
  }

  lineEnd(start: number): number {
    const { text, codes } = this
    let end = start
    while (end < text.length && codeAt(codes, end) !== NEW_LINE) end++
    this.steps += end - start
    return end
  }

  /** The end of the letters, digits, `_` and `-` from `start` on; asked again within the same run, it knows. */
  tokenEnd(start: number): number {
    if (start < this.runEnd) return this.runEnd
    const { codes } = this
    this.runDigit = -1
    let end = start
    for (let code = codeAt(codes, end); is(code, TOKEN); code = codeAt(codes, ++end)) {
      if (is(code, DIGIT)) this.runDigit = end
    }
    this.steps += end - start
    this.runEnd = end
    return end
  }

  /** Whether the run that `tokenEnd` found last has a digit behind `start`. */
  hasDigit(start: number): boolean {
    return this.runDigit >= start
  }
}
