import { RECORD_LIMITS } from '@timelapser/logger'

/** Parts of a stack trace, in Java's, JavaScript's, .NET's and Python's way of writing them. */
const TRACE_LINE = /^(?:\s+at \S|\s+File "|\s*\.\.\. \d+ (?:more|common frames)|Caused by: |\s+Suppressed: )/
const TRACE_START = 'Traceback (most recent call last)'

/**
 * Tells which lines continue the record before them: parts of a stack trace, and behind a dated line every
 * undated one that is indented. Anything less certain is a record of its own.
 */
export class LineJoin {
  readonly #isOn: boolean
  #isDated = false
  #inTraceback = false

  constructor(isOn: boolean) {
    this.#isOn = isOn
  }

  /** Notes the line a new record begins with. */
  start(line: string, isDated: boolean): void {
    this.#isDated = isDated
    this.#inTraceback = line.startsWith(TRACE_START)
  }

  /** @param length of the message so far; it is not led beyond what is kept of one. */
  continues(line: string, isDated: boolean, length: number): boolean {
    if (!this.#isOn || isDated || length + line.length > RECORD_LIMITS.messageBytes) return false
    const isIndented = line.charCodeAt(0) === 32 || line.charCodeAt(0) === 9
    if (this.#inTraceback) {
      // The first line that is not indented names the exception and ends the traceback.
      this.#inTraceback = isIndented
      return true
    }
    if (line.startsWith(TRACE_START)) {
      this.#inTraceback = this.#isDated
      return this.#isDated
    }
    return (isIndented && this.#isDated) || TRACE_LINE.test(line)
  }
}
