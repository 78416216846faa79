// Patterns of one's own for what must not be stored. JavaScript's engine tries again and again where a pattern can match
// in several ways; here only patterns are taken for which the work stays in proportion to the text, whatever that says.

/** Why a pattern is not taken. */
export class RedactionPatternError extends Error {
  override name = 'RedactionPatternError'
  /** The character of the pattern it is about, 1 being the first. */
  readonly position: number

  constructor(message: string, index: number) {
    super(message)
    this.position = index + 1
  }
}

const MAX_CHARACTERS = 500
/** How far a repeat that is not the end of the pattern reaches. */
const MAX_REACH = 1000
/** Ways through all groups together: each alternative multiplies. */
const MAX_WAYS = 64

type Kind = 'atom' | 'assertion' | 'open' | 'close' | 'or'
type Token = { kind: Kind; text: string; index: number; min: number; max: number; lazy: boolean }

/**
 * Compiles a pattern, without regard to case. Taken are characters, classes, groups, alternatives and repeats of single
 * characters or classes. Not taken are backreferences, lookaround, repeated groups (an optional one is fine), and a
 * repeat from which the next one is not told apart: what follows the first has to be something it cannot match, as in
 * `id=\d+ key=\S+`.
 *
 * @throws {RedactionPatternError} with the position of what is not taken
 */
export function compileRedactionPattern(pattern: string): RegExp {
  if (pattern.length > MAX_CHARACTERS) {
    throw new RedactionPatternError(`longer than ${MAX_CHARACTERS} characters`, MAX_CHARACTERS)
  }
  const tokens = tokenise(pattern)
  parses(pattern)
  checkGroups(tokens)
  checkRepeats(tokens)
  const compiled = new RegExp(
    tokens.map((token, index) => sourceOf(token, tokens[index + 1])).join(''),
    'giu',
  )
  if (compiled.test('')) throw new RedactionPatternError('matches where nothing is', 0)
  compiled.lastIndex = 0
  return compiled
}

function parses(pattern: string): void {
  try {
    new RegExp(pattern, 'u')
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error)
    throw new RedactionPatternError(`not a regular expression: ${reason}`, 0)
  }
}

const PIECE =
  /\\(?:u\{[^}]*\}|u[\da-f]{4}|x[\da-f]{2}|[pP]\{[^}]*\}|c[a-z]|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?[^:]?|\(|[)|^$]|[\s\S]/giuy
const REPEAT = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y

function tokenise(pattern: string): Token[] {
  const tokens: Token[] = []
  for (let index = 0; index < pattern.length; ) {
    PIECE.lastIndex = index
    const text = PIECE.exec(pattern)?.[0] ?? (pattern[index] as string)
    const kind = kindOf(text, index)
    const end = kind === 'open' && text === '(?' ? index + 3 : index + text.length
    REPEAT.lastIndex = end
    const repeat = REPEAT.exec(pattern)?.[0] ?? ''
    if (repeat && kind !== 'atom' && kind !== 'close') {
      throw new RedactionPatternError('a repeat of nothing', end)
    }
    tokens.push({ kind, text: pattern.slice(index, end), index, ...boundsOf(repeat, end) })
    index = end + repeat.length
  }
  return tokens
}

function kindOf(text: string, index: number): Kind {
  if (/^\\[1-9k]/.test(text)) throw new RedactionPatternError('a backreference', index)
  if (/^\\[bB]$|^[$^]$/.test(text)) return 'assertion'
  if (text === ')') return 'close'
  if (text === '|') return 'or'
  if (text === '(' || text === '(?') return 'open'
  if (text.startsWith('(?')) throw new RedactionPatternError('lookaround or another special group', index)
  return 'atom'
}

function boundsOf(repeat: string, index: number): Pick<Token, 'min' | 'max' | 'lazy'> {
  const lazy = repeat.length > 1 && repeat.endsWith('?')
  const [, from, comma, to] = /^\{(\d+)(,?)(\d*)\}/.exec(repeat) ?? []
  if (from !== undefined) {
    const min = Number(from)
    const max = to ? Number(to) : comma ? Number.POSITIVE_INFINITY : min
    if (min > MAX_REACH || (max > MAX_REACH && max !== Number.POSITIVE_INFINITY)) {
      throw new RedactionPatternError(`a repeat of more than ${MAX_REACH}`, index)
    }
    return { min, max, lazy }
  }
  const min = repeat.startsWith('*') || repeat.startsWith('?') ? 0 : 1
  return { min, max: /^[*+]/.test(repeat) ? Number.POSITIVE_INFINITY : 1, lazy }
}

function checkGroups(tokens: readonly Token[]): void {
  const open: { alternatives: number; index: number }[] = []
  let ways = 1
  for (const { kind, max, min, index } of tokens) {
    if (kind === 'open') open.push({ alternatives: 1, index })
    const group = open.at(-1)
    if (kind === 'or' && group) group.alternatives++
    if (kind !== 'close' || !group) continue
    open.pop()
    if (max > 1) throw new RedactionPatternError('a repeated group; a group can only be optional', index)
    ways *= group.alternatives + (min === 0 ? 1 : 0)
    if (ways > MAX_WAYS) {
      throw new RedactionPatternError(`more than ${MAX_WAYS} ways through the groups`, group.index)
    }
  }
}

/** Each alternative of the whole pattern by itself: they are tried one after the other. */
function checkRepeats(tokens: readonly Token[]): void {
  for (const branch of branchesOf(tokens)) {
    const varying = branch.flatMap((token, at) =>
      token.kind === 'atom' && token.min !== token.max ? [at] : [],
    )
    for (const at of varying.slice(0, -1)) {
      const token = branch[at] as Token
      const next = branch.slice(at + 1).find(({ kind }) => kind !== 'assertion')
      if (next?.kind === 'atom' && next.min > 0 && !overlap(token.text, next.text)) continue
      throw new RedactionPatternError(
        'a repeat whose end is not told by what follows: put something behind it that it cannot match',
        token.index,
      )
    }
  }
}

function branchesOf(tokens: readonly Token[]): Token[][] {
  const branches: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    if (token.kind === 'open') depth++
    if (token.kind === 'close') depth--
    if (token.kind === 'or' && depth === 0) branches.push([])
    else branches.at(-1)?.push(token)
  }
  return branches
}

/** Latin, Greek and Cyrillic, and some of each kind from further on. */
const SAMPLE = [
  ...Array.from({ length: 0x500 }, (_, code) => String.fromCharCode(code)),
  ...'中ｆ٣\u2003\u2028😀ſK',
]

function overlap(one: string, other: string): boolean {
  const [first, second] = [new RegExp(`^${one}$`, 'iu'), new RegExp(`^${other}$`, 'iu')]
  return SAMPLE.some((character) => first.test(character) && second.test(character))
}

/** The token as it is compiled: repeats that have no end get one, unless nothing follows that could fail. */
function sourceOf({ kind, text, min, max, lazy }: Token, next: Token | undefined): string {
  if (min === 1 && max === 1) return text
  if (kind === 'close') return `${text}?`
  const end = max !== Number.POSITIVE_INFINITY ? max : next ? min + MAX_REACH : ''
  return `${text}{${min},${end}}${lazy ? '?' : ''}`
}
