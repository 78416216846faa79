import { LogqlError, nameOf, type Token, tokenize } from './tokens.ts'

/** More brackets within each other are refused. */
const MAX_DEPTH = 100

/** Reads tokens one after the other, and words errors as Loki does. */
export class TokenReader {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  /** @throws {LogqlError} */
  constructor(text: string) {
    this.#tokens = tokenize(text)
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token
  }

  next(): Token {
    const token = this.peek()
    this.#at += 1
    return token
  }

  /** Whether the next token is one of these symbols or words. */
  isAt(...texts: string[]): boolean {
    const { kind, text } = this.peek()
    return (kind === 'symbol' || kind === 'word') && texts.includes(text)
  }

  /** Takes the next token if it is one of these symbols or words. */
  take(...texts: string[]): string | undefined {
    return this.isAt(...texts) ? this.next().text : undefined
  }

  /** @param expected what Loki's error lists when the token is another one; nothing where it lists nothing */
  expect(text: string, expected: readonly string[] = [text]): void {
    if (this.take(text) === undefined) throw this.unexpected(expected)
  }

  expectKind(kind: Token['kind'], expected: readonly string[] = [kind.toUpperCase()]): Token {
    if (this.peek().kind !== kind) throw this.unexpected(expected)
    return this.next()
  }

  unexpected(expected: readonly string[] = []): LogqlError {
    const { line, column } = this.peek()
    const listed = expected.length === 0 ? '' : `, expecting ${expected.join(' or ')}`
    return new LogqlError(`syntax error: unexpected ${nameOf(this.peek())}${listed}`, line, column)
  }

  /** Reads something that may hold itself. */
  nested<T>(read: () => T): T {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH)
      throw new LogqlError(`more than ${MAX_DEPTH} expressions lie within each other`)
    try {
      return read()
    } finally {
      this.#depth -= 1
    }
  }
}
