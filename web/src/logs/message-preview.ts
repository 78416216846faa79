/** The part of a message that a row shows; the panel shows all of it. */
export type Preview = { text: string; moreLines: number; moreCharacters: number }

/** Folded, a row draws this much at most: 256 kB in one row would stop the page. */
const FOLDED_CHARACTERS = 1000
const UNFOLDED_CHARACTERS = 20_000

/** Python writes the error last, and the same first line for each traceback. */
const TRACEBACK = /^Traceback \(most recent call last\):/

/** The line of a message that says most: its first with something in it, of a traceback the error; unfolded, all up to a bound. */
export function previewOf(message: string, unfolded: boolean): Preview {
  const trimmed = message.trimEnd()
  if (unfolded) {
    const text = cut(trimmed, UNFOLDED_CHARACTERS)
    return { text, moreLines: 0, moreCharacters: trimmed.length - text.length }
  }
  const body = trimmed.slice(trimmed.lastIndexOf('\n', trimmed.search(/\S/)) + 1)
  const end = body.indexOf('\n')
  const first = end === -1 ? body : body.slice(0, end)
  const line = ((TRACEBACK.test(body) && errorOf(body)) || first).replace(/\r$/, '')
  const text = cut(line, FOLDED_CHARACTERS)
  return {
    text,
    moreLines: end === -1 ? 0 : body.slice(end).split('\n').length - 1,
    moreCharacters: line.length - text.length,
  }
}

/** The last line that is not indented, behind the frames. */
function errorOf(traceback: string): string | undefined {
  return traceback
    .slice(-UNFOLDED_CHARACTERS)
    .split('\n')
    .findLast((line) => /^\S/.test(line))
}

/** Never between the halves of a surrogate pair. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const end = /[\ud800-\udbff]/.test(text.charAt(length - 1)) ? length - 1 : length
  return text.slice(0, end)
}
