import { unquote } from '../../ingest/loki/labels.ts'
import { AppError } from '../app-error.ts'

const SPACE = /(?:\s|#[^\n]*)*/y
const NAME = /[A-Za-z_][\w.:]*/y
const STRING = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y
const DURATION = /(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w|y))+/y

/** Longer queries are refused; Loki's own limit is 128 kB. */
const MAX_CHARACTERS = 16_384

/** Reads a LogQL query piece by piece. */
export class LogqlScanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    if (text.length > MAX_CHARACTERS)
      throw new AppError('INVALID_REQUEST', `the query is longer than ${MAX_CHARACTERS} characters`)
    this.#text = text
  }

  /** Takes one of the symbols, the longest first; undefined when none of them is next. */
  symbol(...symbols: string[]): string | undefined {
    this.#read(SPACE)
    const found = symbols
      .toSorted((a, b) => b.length - a.length)
      .find((one) => this.#text.startsWith(one, this.#at))
    this.#at += found?.length ?? 0
    return found
  }

  expect(symbol: string): void {
    if (this.symbol(symbol) === undefined) throw this.error(`expecting ${symbol}`)
  }

  name(): string | undefined {
    this.#read(SPACE)
    return this.#read(NAME)
  }

  string(): string {
    this.#read(SPACE)
    const quoted = this.#read(STRING)
    const text = quoted === undefined ? undefined : unquote(quoted)
    if (text === undefined) throw this.error('expecting a string in quotes')
    return text
  }

  /** In milliseconds. */
  duration(): number {
    this.#read(SPACE)
    const ms = parseDuration(this.#read(DURATION) ?? '')
    if (ms === undefined || ms < 1000) throw this.error('expecting a duration of at least 1s, such as 5m')
    return ms
  }

  /** Everything up to the next `|` or bracket that no string holds. */
  skipStage(): void {
    while (this.#at < this.#text.length && !'|)['.includes(this.#text[this.#at] ?? '')) {
      if (this.#read(STRING) === undefined) this.#at += 1
    }
  }

  atEnd(): boolean {
    this.#read(SPACE)
    return this.#at >= this.#text.length
  }

  /** An error in the words Loki has for it. */
  error(what: string): AppError {
    const lines = this.#text.slice(0, this.#at).split('\n')
    const column = (lines.at(-1)?.length ?? 0) + 1
    return new AppError(
      'INVALID_REQUEST',
      `parse error at line ${lines.length}, col ${column}: syntax error: ${what}`,
    )
  }

  #read(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ...{ ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000 },
  ...{ h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 },
}

/** `1h30m` in milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const pieces = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w|y)/g)]
  if (pieces.length === 0 || pieces.map(([piece]) => piece).join('') !== text) return undefined
  return pieces.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0)
}
