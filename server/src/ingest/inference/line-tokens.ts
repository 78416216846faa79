// A line's words by their place; text between brackets or quotes is a single word.

/** Where a word stands, without the brackets around it. */
export type Token = { start: number; end: number }

const CLOSERS: Readonly<Record<number, number>> = { 91: 93, 40: 41, 123: 125, 60: 62, 34: 34 }
/** Longer ones are text that happens to begin with a bracket. */
const MAX_BRACKET = 80
const SPACE = 32

/**
 * The word of this index behind `from`, or undefined. Behind a word its own punctuation is passed over; a sign that stands alone
 * is a word, so that an empty column keeps its place.
 */
export function tokenAt(line: string, from: number, index: number): Token | undefined {
  let token = nextToken(line, from)
  for (let number = 0; number < index && token !== undefined; number += 1) token = nextToken(line, token.end)
  return token
}

/** The words behind `from`, at most `most`. */
export function tokensOf(line: string, from: number, most: number): Token[] {
  const tokens: Token[] = []
  for (let token = nextToken(line, from); token !== undefined && tokens.length < most; ) {
    tokens.push(token)
    token = nextToken(line, token.end)
  }
  return tokens
}

function nextToken(line: string, from: number): Token | undefined {
  let at = passOver(line, from)
  while (at < line.length && (line.charCodeAt(at) <= SPACE || isSeparator(line.charCodeAt(at)))) at += 1
  if (at >= line.length) return undefined
  const closer = CLOSERS[line.charCodeAt(at)]
  if (closer !== undefined) {
    const close = indexWithin(line, closer, at + 1)
    if (close !== -1) return { start: at + 1, end: close }
  }
  let end = at + 1
  while (end < line.length && !endsWord(line.charCodeAt(end))) end += 1
  return { start: at, end }
}

function indexWithin(line: string, code: number, start: number): number {
  const most = Math.min(line.length, start + MAX_BRACKET)
  for (let at = start; at < most; at += 1) if (line.charCodeAt(at) === code) return at
  return -1
}

function passOver(line: string, start: number): number {
  let at = start
  while (at < line.length && isTrailing(line.charCodeAt(at))) at += 1
  return at
}

/** , ; | and tab */
function isSeparator(code: number): boolean {
  return code === 44 || code === 59 || code === 124
}

function endsWord(code: number): boolean {
  return code <= SPACE || isSeparator(code) || code === 91 || code === 40
}

/** : ] ) } > " ' */
function isTrailing(code: number): boolean {
  return (
    code === 58 || code === 93 || code === 41 || code === 125 || code === 62 || code === 34 || code === 39
  )
}
