// `<_> timeout after <n> seconds`: captures between literal texts, as LogQL's `| pattern` and `|>` have them.

type Piece = { literal: string } | { capture: string }

export type LinePattern = {
  /** The texts of the named captures of a line, as far as it matches. */
  extract: (line: string) => [name: string, value: string][]
  /** Whether all of the line matches. */
  test: (line: string) => boolean
}

/** A pattern whose captures become labels. @throws {Error} in Loki's words */
export function compileLinePattern(text: string): LinePattern {
  const pieces = piecesOf(text)
  const names = pieces.flatMap((piece) =>
    'capture' in piece && piece.capture !== '_' ? [piece.capture] : [],
  )
  if (names.length === 0) throw new Error('at least one capture is required')
  checkNeighbours(pieces)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`duplicate capture name (${twice}): invalid expression`)
  return { extract: (line) => extract(pieces, line), test: (line) => test(pieces, line) }
}

/** A pattern that lines are filtered by, with captures that have no name. @throws {Error} in Loki's words */
export function compileFilterPattern(text: string): LinePattern {
  const pieces = piecesOf(text)
  checkNeighbours(pieces)
  const named = pieces.find((piece) => 'capture' in piece && piece.capture !== '_')
  if (named && 'capture' in named)
    throw new Error(`named captures are not allowed: found '<${named.capture}>'`)
  return { extract: (line) => extract(pieces, line), test: (line) => test(pieces, line) }
}

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const found of text.matchAll(/<([A-Za-z_]\w*)>/g)) {
    if (found.index > end) pieces.push({ literal: text.slice(end, found.index) })
    pieces.push({ capture: found[1] ?? '' })
    end = found.index + found[0].length
  }
  if (end < text.length) pieces.push({ literal: text.slice(end) })
  return pieces
}

function checkNeighbours(pieces: readonly Piece[]): void {
  for (const [index, piece] of pieces.entries()) {
    const next = pieces[index + 1]
    if (next && 'capture' in piece && 'capture' in next)
      throw new Error(`found consecutive capture '<${piece.capture}><${next.capture}>': invalid expression`)
  }
}

function extract(all: readonly Piece[], line: string): [string, string][] {
  const found: [string, string][] = []
  if (line === '') return found
  let pieces = all
  let rest = line
  const [first] = pieces
  if (first && 'literal' in first) {
    if (!line.startsWith(first.literal)) return found
    rest = line.slice(first.literal.length)
    pieces = pieces.slice(1)
  }
  for (let index = 0; index < pieces.length; index += 2) {
    const piece = pieces[index]
    const after = pieces[index + 1]
    if (piece === undefined || !('capture' in piece)) return found
    const literal = after && 'literal' in after ? after.literal : undefined
    const end = literal === undefined ? -1 : rest.indexOf(literal)
    if (piece.capture !== '_') found.push([piece.capture, end < 0 ? rest : rest.slice(0, end)])
    if (end < 0) return found
    rest = rest.slice(end + (literal?.length ?? 0))
  }
  return found
}

function test(pieces: readonly Piece[], line: string): boolean {
  if (line === '' || pieces.length === 0) return line === '' && pieces.length === 0
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    if (!('literal' in piece)) continue
    const found = line.indexOf(piece.literal, at)
    // Behind a capture something has to have been captured.
    if (found < 0 || (index !== 0 && found === at)) return false
    at = found + piece.literal.length
  }
  const last = pieces.at(-1)
  return (last !== undefined && 'capture' in last) === (at !== line.length)
}
