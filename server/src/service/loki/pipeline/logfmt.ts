/** One `key=value`; a key alone has the empty value. */
type Pair = { key: string; value: string }

/** A part of a line of logfmt: a pair, or a fault that a strict reader stops at. */
export type Piece = Pair | { problem: string }

/** The pairs of a line in their order; a fault is returned, and reading continues behind the next blank. */
export function* readLogfmt(line: string): Generator<Piece> {
  let at = 0
  const fault = (place: number, what: string): Piece => ({
    problem: `logfmt syntax error at pos ${place + 1} : ${what}`,
  })
  const skip = (from: number) => {
    at = from
    while (at < line.length && !isSpace(line, at)) at += 1
  }
  for (;;) {
    while (at < line.length && isSpace(line, at)) at += 1
    if (at >= line.length) return
    const start = at
    while (at < line.length && !isSpace(line, at) && line[at] !== '=' && line[at] !== '"') at += 1
    const key = line.slice(start, at)
    if (line[at] === '"' || (line[at] === '=' && key === '')) {
      yield fault(at, `unexpected '${line[at]}'`)
      skip(at)
      continue
    }
    if (line[at] !== '=') {
      yield { key, value: '' }
      continue
    }
    at += 1
    if (line[at] === '"') {
      const end = endOfQuoted(line, at)
      if (end === undefined) {
        at = line.length
        yield fault(at, 'unterminated quoted value')
        return
      }
      const value = unquoted(line.slice(at, end))
      at = end
      yield value === undefined ? fault(at, 'invalid quoted value') : { key, value }
      continue
    }
    const from = at
    while (at < line.length && !isSpace(line, at) && line[at] !== '=' && line[at] !== '"') at += 1
    if (at < line.length && !isSpace(line, at)) {
      yield fault(at, `unexpected '${line[at]}'`)
      skip(at)
      continue
    }
    yield { key, value: line.slice(from, at) }
  }
}

function isSpace(line: string, at: number): boolean {
  return line.charCodeAt(at) <= 32
}

/** Right behind the closing quote. */
function endOfQuoted(line: string, start: number): number | undefined {
  for (let at = start + 1; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1
    else if (line[at] === '"') return at + 1
  }
  return undefined
}

function unquoted(quoted: string): string | undefined {
  const inner = quoted.slice(1, -1)
  if (!inner.includes('\\')) return inner
  try {
    const text: unknown = JSON.parse(quoted.replace(/\\'/g, "'").replaceAll('\t', '\\t'))
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}
