import { AppError } from '../app-error.ts'

/** @returns an error that says what is wrong with a query, where (1 is its first character), and what to do */
export function queryError(problem: string, at: number, hint: string): AppError {
  const position = at + 1
  return new AppError('INVALID_QUERY', `${problem} at position ${position}. ${hint}`, { position })
}

const SPACE = /\s/

/** Walks over the text of a search: spaces, words, quoted phrases and regular expressions. */
export class SearchScanner {
  readonly text: string
  at = 0
  /** How many brackets are open. */
  depth = 0

  constructor(text: string) {
    this.text = text
  }

  get next(): string | undefined {
    return this.text[this.at]
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** Whether a bracket that is open ends here. */
  get isAtClosing(): boolean {
    return this.depth > 0 && this.next === ')'
  }

  skipSpace(): void {
    while (!this.isAtEnd && SPACE.test(this.text.charAt(this.at))) this.at++
  }

  /** Whether there is a space, a closing bracket or the end `offset` characters on. */
  isBoundary(offset: number): boolean {
    const character = this.text[this.at + offset]
    return character === undefined || SPACE.test(character) || (this.depth > 0 && character === ')')
  }

  /** Moves over a run of non-space text; within brackets up to the `)` that closes them and not one of its own. */
  word(): string {
    const from = this.at
    let open = 0
    for (; !this.isAtEnd; this.at++) {
      const character = this.text.charAt(this.at)
      if (SPACE.test(character)) break
      if (character === '(') open++
      if (character !== ')') continue
      if (open > 0) open--
      else if (this.depth > 0) break
    }
    return this.text.slice(from, this.at)
  }

  /** Moves over `"…"`; `\"` and `\\` stand for the character, any other backslash for itself. */
  phrase(): string {
    const from = this.at
    const match = /"((?:[^"\\]|\\.)*)"/sy
    match.lastIndex = from
    const found = match.exec(this.text)
    if (!found) {
      throw queryError(
        'A quote is opened',
        from,
        'Close it with ", or write \\" inside quotes for the character itself.',
      )
    }
    this.at = match.lastIndex
    return (found[1] as string).replace(/\\(["\\])/g, '$1')
  }

  /** Moves over `/…/` when it stands here; a path like `/var/log` is a word. */
  regex(): string | undefined {
    const match = /\/((?![\s/])(?:[^/\\]|\\.)+)\//sy
    match.lastIndex = this.at
    const found = match.exec(this.text)
    if (!found || !this.isBoundary(match.lastIndex - this.at)) return undefined
    this.at = match.lastIndex
    return found[1]
  }
}
