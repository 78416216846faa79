import { RE2JS } from 're2js'
import { AppError } from '../../app-error.ts'
import type { Matcher } from '../language/syntax.ts'
import { LogqlError } from '../language/tokens.ts'

/** Instructions of a pattern at most; the time for a character grows with them. */
const MAX_PROGRAM = 2000
/** The work that a text may cost, characters times instructions: some tenths of a second at worst. */
const MAX_STEPS = 20_000_000

/** Characters that a replacement may make. */
const MAX_REPLACED = 1_000_000

/** A regular expression of a query, on RE2: its time is linear in any text. */
export class UserPattern {
  readonly #compiled: RE2JS
  readonly #size: number
  /** Named groups by their number. */
  readonly names: readonly (readonly [name: string, group: number])[]
  readonly groups: number

  /** @throws {Error} in Go's words */
  constructor(pattern: string) {
    this.#compiled = RE2JS.compile(pattern)
    this.#size = this.#compiled.programSize()
    if (this.#size > MAX_PROGRAM)
      throw new Error(`expression is too large: ${this.#size} steps a character, ${MAX_PROGRAM} are the most`)
    this.names = Object.entries(this.#compiled.namedGroups()).sort(([, one], [, other]) => one - other)
    this.groups = this.#compiled.groupCount()
  }

  test(text: string): boolean {
    this.#check(text)
    return this.#compiled.test(text)
  }

  /** The texts of its groups where it is first found; undefined when it is not. */
  find(text: string): ((group: number | string) => string | null) | undefined {
    this.#check(text)
    const matcher = this.#compiled.matcher(text)
    return matcher.find() ? (group) => matcher.group(group) : undefined
  }

  /** How often it is found. */
  count(text: string): number {
    this.#check(text)
    const matcher = this.#compiled.matcher(text)
    let count = 0
    while (matcher.find()) count += 1
    return count
  }

  /** @param by as Go expands it: `$1`, `${name}`, `$$` */
  replaceAll(text: string, by: string): string {
    return this.#replace(text, (group) => expand(by, group))
  }

  replaceAllLiteral(text: string, by: string): string {
    return this.#replace(text, () => by)
  }

  #replace(text: string, by: (group: (group: number | string) => string | null) => string): string {
    this.#check(text)
    const matcher = this.#compiled.matcher(text)
    const pieces: string[] = []
    let end = 0
    let length = text.length
    while (matcher.find()) {
      const piece = by(groupOf(matcher, this))
      length += piece.length
      if (length > MAX_REPLACED) throw new Error(`more than ${MAX_REPLACED} characters were made`)
      pieces.push(text.slice(end, matcher.start()), piece)
      end = matcher.end()
    }
    return pieces.join('') + text.slice(end)
  }

  #check(text: string): void {
    if (text.length * this.#size <= MAX_STEPS) return
    throw new AppError(
      'INVALID_REQUEST',
      `a line of ${text.length} characters is too long for a regular expression of ${this.#size} steps; use a simpler one`,
    )
  }
}

/** A group of the match, null for a missing group. */
function groupOf(
  matcher: ReturnType<RE2JS['matcher']>,
  { names, groups }: UserPattern,
): (group: number | string) => string | null {
  return (group) => {
    const isKnown = typeof group === 'number' ? group <= groups : names.some(([name]) => name === group)
    return isKnown ? matcher.group(group) : null
  }
}

/** A replacement of Go: the longest name of letters, digits and `_` behind a `$` is the group. */
export function expand(replacement: string, group: (group: number | string) => string | null): string {
  return replacement.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, plain?: string, braced?: string) => {
    if (whole === '$$') return '$'
    const name = plain ?? braced ?? ''
    return group(/^\d+$/.test(name) ? Number(name) : name) ?? ''
  })
}

/** @throws {Error} in Go's words */
export function compilePattern(pattern: string): UserPattern {
  return new UserPattern(pattern)
}

/** Whether a label's value matches; a label that is not there is empty. @throws {LogqlError} */
export function compileMatcher({ operator, value }: Matcher): (text: string) => boolean {
  switch (operator) {
    case '=':
      return (text) => text === value
    case '!=':
      return (text) => text !== value
    default: {
      if (value === '.*') return operator === '=~' ? () => true : () => false
      if (value === '.+') return operator === '=~' ? (text) => text !== '' : (text) => text === ''
      let pattern: UserPattern
      try {
        // The error has to name the pattern itself, not the anchors that are put around it.
        compilePattern(value)
        pattern = compilePattern(`^(?s:${value})$`)
      } catch (error) {
        throw new LogqlError((error as Error).message)
      }
      return operator === '=~' ? (text) => pattern.test(text) : (text) => !pattern.test(text)
    }
  }
}
