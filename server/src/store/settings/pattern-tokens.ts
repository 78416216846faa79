/** Why a pattern is not taken. */
export class RedactionPatternError extends Error {
  override name = 'RedactionPatternError'
  /** The character of the pattern that the message is about, 1 being the first. */
  readonly position: number

  constructor(message: string, index: number) {
    super(message)
    this.position = index + 1
  }
}

/** The largest number in a repeat; the linear engine takes no larger one. */
const MAX_REPEAT = 1000

type Kind = 'atom' | 'assertion' | 'open' | 'close' | 'or'

/** A character, class, bracket or assertion of a pattern, with its repeat. */
export type PatternToken = {
  kind: Kind
  text: string
  index: number
  min: number
  max: number
  /** The repeat as it is written; empty without one. */
  repeat: string
}

const PIECE =
  /\\(?:u\{[^}]*\}|ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|u[\da-f]{4}|x[\da-f]{2}|[pP]\{[^}]*\}|c[a-z]|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?:|\(\?|[()|^$]|[\s\S]/giuy
const REPEAT = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y

/**
 * The tokens of a pattern, which are characters, classes, groups, alternatives, assertions of a place, and repeats.
 *
 * @throws {RedactionPatternError} for a back-reference, a look-around and for text that is no regular expression
 */
export function tokenisePattern(pattern: string): PatternToken[] {
  const tokens: PatternToken[] = []
  for (let index = 0; index < pattern.length; ) {
    PIECE.lastIndex = index
    const text = PIECE.exec(pattern)?.[0] ?? (pattern[index] as string)
    const kind = kindOf(text, index)
    const end = index + text.length
    REPEAT.lastIndex = end
    const repeat = REPEAT.exec(pattern)?.[0] ?? ''
    if (repeat && kind !== 'atom' && kind !== 'close') {
      throw new RedactionPatternError('a repeat of nothing', end)
    }
    tokens.push({ kind, text, index, repeat, ...boundsOf(repeat, end) })
    index = end + repeat.length
  }
  return tokens
}

function kindOf(text: string, index: number): Kind {
  if (/^\\[1-9k]/.test(text)) throw new RedactionPatternError('a back-reference', index)
  if (/^\\[bB]$|^[$^]$/.test(text)) return 'assertion'
  if (text === ')') return 'close'
  if (text === '|') return 'or'
  if (text === '(' || text === '(?:') return 'open'
  if (text === '(?') throw new RedactionPatternError('a look-around or another special group', index)
  return 'atom'
}

function boundsOf(repeat: string, index: number): Pick<PatternToken, 'min' | 'max'> {
  const [, from, comma, to] = /^\{(\d+)(,?)(\d*)\}/.exec(repeat) ?? []
  if (from !== undefined) {
    const min = Number(from)
    const max = to ? Number(to) : comma ? Number.POSITIVE_INFINITY : min
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY)) {
      throw new RedactionPatternError(`a repeat of more than ${MAX_REPEAT}`, index)
    }
    return { min, max }
  }
  const min = repeat.startsWith('*') || repeat.startsWith('?') ? 0 : 1
  return { min, max: /^[*+]/.test(repeat) ? Number.POSITIVE_INFINITY : 1 }
}

/** The alternatives of the whole pattern; those inside of groups stay in their branch. */
export function branchesOf(tokens: readonly PatternToken[]): PatternToken[][] {
  const branches: PatternToken[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    if (token.kind === 'open') depth++
    if (token.kind === 'close') depth--
    if (token.kind === 'or' && depth === 0) branches.push([])
    else branches.at(-1)?.push(token)
  }
  return branches
}
