import { RECORD_LIMITS } from '@timelapser/logger'
import {
  endsNodeCrash,
  isChained,
  isException,
  isTraceback,
  isTracePart,
  type TraceKind,
  traceStart,
} from './trace-lines.ts'

/** The facts about a line before it is decided where it belongs. */
export type LineFacts = {
  isDated: boolean
  /** Whether it begins with a level of its own, `error: …`. */
  isLeveled: boolean
}

/** The facts about the record that a line may continue. */
type Head = {
  isDated: boolean
  /** Whether it may announce a trace: it has no level, or one of warning and above. */
  mayAnnounce: boolean
  isDotNet: boolean
  isJul: boolean
}

/**
 * `join`: the line goes on with the record. `start`: it begins one. `wait`: it goes on with it if a trace follows, and begins
 * one otherwise.
 */
export type Belonging = 'join' | 'start' | 'wait'

/** .NET's console has the level and the logger on one line and the text, indented, on the next ones. */
const DOT_NET = /^(?:trce|dbug|info|warn|fail|crit): \S+\[-?\d+\]$/
/** java.util.logging has the level at the start of the second line. */
const JUL = /^(?:SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST): /
/** Lines without a time that may stand between a line and the trace it announces. */
const MAX_WAITING = 20
/** Lines of one record; more are rather a file that is not understood. */
const MAX_LINES = 5000

/**
 * Decides which lines continue the record before them: a trace belongs to the line that announces it, indented lines to
 * the dated line before them, and in a file whose records are known to begin with a time every line without one.
 * Anything less certain is a record of its own.
 */
export class LineJoin {
  readonly #isOn: boolean
  #head: Head | undefined
  #trace: TraceKind | 'frames' | undefined
  #afterTraceback = false
  #braces = false
  #lines = 0
  #waiting = 0
  #isFull = false

  constructor(isOn: boolean) {
    this.#isOn = isOn
  }

  /** Whether the record that is held has or is a trace. */
  get hasTrace(): boolean {
    return this.#trace !== undefined || this.#afterTraceback
  }

  /** Whether the line that was placed last begins a record only since the one before it has no room for more. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Notes the line a new record begins with. */
  start(line: string, { isDated, mayAnnounce }: { isDated: boolean; mayAnnounce: boolean }): void {
    this.#head = { isDated, mayAnnounce, isDotNet: !isDated && DOT_NET.test(line), isJul: isDated }
    this.#trace = isDated ? undefined : traceStart(line)
    this.#afterTraceback = false
    this.#braces = false
    this.#lines = 1
    this.#waiting = 0
    if (!isDated && this.#trace === undefined && isException(line)) this.#head.mayAnnounce = true
  }

  /**
   * @param length of the message so far; it is not led beyond what is kept of one.
   * @param startsAreDated whether the file's records are known to begin with a time.
   */
  place(line: string, facts: LineFacts, length: number, startsAreDated: boolean): Belonging {
    const head = this.#head
    this.#isFull = false
    if (!this.#isOn || head === undefined || facts.isDated) return 'start'
    const belongs = this.#belongs(line, facts, head, startsAreDated)
    this.#isFull =
      belongs === 'join' && (length + line.length > RECORD_LIMITS.messageBytes || this.#lines >= MAX_LINES)
    if (this.#isFull) return 'start'
    if (belongs === 'join') {
      this.#lines += 1
      this.#waiting = 0
    }
    if (belongs === 'wait') this.#waiting += 1
    return belongs
  }

  #belongs(line: string, facts: LineFacts, head: Head, startsAreDated: boolean): Belonging {
    const isIndented = line.charCodeAt(0) === 32 || line.charCodeAt(0) === 9
    if (this.#braces) {
      this.#braces = !line.startsWith('}')
      if (isIndented || line.startsWith('}')) return 'join'
    }
    if (isTracePart(line)) {
      if (this.#trace === undefined) this.#trace = 'frames'
      this.#braces = line.endsWith(' {')
      return 'join'
    }
    if (this.#trace === 'traceback') {
      // The first line that is not indented names the exception and ends the traceback.
      if (!isIndented) {
        this.#trace = undefined
        this.#afterTraceback = true
      }
      return 'join'
    }
    if (this.#trace === 'crash') return facts.isLeveled && !isException(line) ? 'start' : 'join'
    if (this.#trace === 'node') {
      if (endsNodeCrash(line)) this.#trace = 'frames'
      return 'join'
    }
    if (this.#afterTraceback && isChained(line)) return 'join'
    if (isTraceback(line)) {
      if (!head.mayAnnounce || !(head.isDated || this.#afterTraceback)) return 'start'
      this.#trace = 'traceback'
      this.#afterTraceback = false
      return 'join'
    }
    if (traceStart(line) !== undefined) return 'start'
    if (isIndented && (head.isDated || head.isDotNet || this.#trace === 'frames')) return 'join'
    if (head.isJul && this.#lines === 1 && JUL.test(line)) return 'join'
    if (head.isDated && head.mayAnnounce && isException(line)) return 'join'
    if (facts.isLeveled || line.startsWith('{"') || !head.isDated) return 'start'
    if (isException(line)) return 'start'
    if (startsAreDated) return 'join'
    return head.mayAnnounce && this.#waiting < MAX_WAITING ? 'wait' : 'start'
  }
}
