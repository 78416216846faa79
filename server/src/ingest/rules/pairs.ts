// Names and values in a text: logfmt, and pairs with other separators.

/** More pairs of one line are not read; it is no line of pairs. */
const MAX_PAIRS = 500

export type Pair = readonly [name: string, value: string | true]

const NAME = /[A-Za-z_@][\w.@/-]{0,199}/y

/**
 * `level=info msg="it works" retry`: quoted values may hold what is escaped by a backslash, a name alone is true. Words
 * that are no pair stand between them, as in `GET /x status=200`; only names before `=` make it a line of pairs.
 *
 * @returns undefined when there is not one pair
 */
export function readLogfmt(text: string): Pair[] | undefined {
  const pairs: Pair[] = []
  let isLogfmt = true
  for (let at = 0; at < text.length && pairs.length < MAX_PAIRS; ) {
    const code = text.charCodeAt(at)
    if (code === 32 || code === 9 || code === 10 || code === 13) {
      at += 1
      continue
    }
    NAME.lastIndex = at
    const name = NAME.exec(text)?.[0]
    const end = at + (name?.length ?? 0)
    if (name !== undefined && text[end] === '=') {
      const value = readValue(text, end + 1, ' ')
      pairs.push([name, value.text])
      at = value.end
      continue
    }
    const word = wordEnd(text, at)
    // In `GET /x status=200` words are words; in a line that begins with a pair they are names without a value.
    if (name !== undefined && end === word && pairs.length > 0) pairs.push([name, true])
    else isLogfmt = false
    at = word
  }
  if (pairs.length === 0) return undefined
  return isLogfmt ? pairs : pairs.filter(([, value]) => value !== true)
}

/**
 * Pairs between separators, for example `user: anna; took: 12 ms`. Text between separators that is no pair is skipped.
 *
 * @returns undefined when there is not one pair
 */
export function readPairs(text: string, between: string, behindName: string): Pair[] | undefined {
  const pairs: Pair[] = []
  let middle = -1
  for (let at = 0; at < text.length && pairs.length < MAX_PAIRS; ) {
    if (text.startsWith(between, at)) {
      at += between.length
      continue
    }
    const stop = indexOrEnd(text, between, at)
    // Looked for anew only when it was passed, so that no piece of the text is looked through twice.
    if (middle < at) middle = indexOrEnd(text, behindName, at)
    const name = middle >= stop ? '' : text.slice(at, middle).trim()
    if (name === '' || name.length > 200) {
      at = stop
      continue
    }
    let from = middle + behindName.length
    while (from < text.length && text[from] === ' ' && !text.startsWith(between, from)) from += 1
    const value = readValue(text, from, between)
    pairs.push([name, value.text.trim()])
    at = Math.max(value.end, middle + behindName.length)
  }
  return pairs.length === 0 ? undefined : pairs
}

/** A value in quotes with what is escaped in it, or up to the separator. */
function readValue(text: string, at: number, between: string): { text: string; end: number } {
  const quote = text[at]
  if (quote !== '"' && quote !== "'") {
    const end = between === ' ' ? wordEnd(text, at) : indexOrEnd(text, between, at)
    return { text: text.slice(at, end), end }
  }
  let value = ''
  let from = at + 1
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === '\\' && index + 1 < text.length) {
      value += text.slice(from, index) + unescaped(text[index + 1] as string)
      index += 1
      from = index + 1
    } else if (text[index] === quote) {
      return { text: value + text.slice(from, index), end: index + 1 }
    }
  }
  // The quote is never closed: it is a character as others.
  const end = between === ' ' ? wordEnd(text, at) : indexOrEnd(text, between, at)
  return { text: text.slice(at, end), end }
}

function unescaped(character: string): string {
  if (character === 'n') return '\n'
  if (character === 't') return '\t'
  return character === 'r' ? '\r' : character
}

function wordEnd(text: string, at: number): number {
  let end = at
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end)
    if (code === 32 || code === 9 || code === 10 || code === 13) break
  }
  return Math.max(end, at)
}

function indexOrEnd(text: string, part: string, at: number): number {
  const index = text.indexOf(part, at)
  return index === -1 ? text.length : index
}
