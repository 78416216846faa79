/** What of a message a row shows; the panel shows all of it. */
export type Preview = { text: string; moreLines: number; moreCharacters: number }

/** Folded, a row draws this much at most: 256 kB in one row would stop the page. */
const FOLDED_CHARACTERS = 1000
const UNFOLDED_CHARACTERS = 20_000

/** The first line of a message that has something in it, or, unfolded, the message up to a bound. */
export function previewOf(message: string, unfolded: boolean): Preview {
  const trimmed = message.trimEnd()
  if (unfolded) {
    const text = cut(trimmed, UNFOLDED_CHARACTERS)
    return { text, moreLines: 0, moreCharacters: trimmed.length - text.length }
  }
  const body = trimmed.slice(trimmed.lastIndexOf('\n', trimmed.search(/\S/)) + 1)
  const end = body.indexOf('\n')
  const line = (end === -1 ? body : body.slice(0, end)).replace(/\r$/, '')
  const text = cut(line, FOLDED_CHARACTERS)
  return {
    text,
    moreLines: end === -1 ? 0 : body.slice(end).split('\n').length - 1,
    moreCharacters: line.length - text.length,
  }
}

/** Never between the halves of a surrogate pair. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const end = /[\ud800-\udbff]/.test(text.charAt(length - 1)) ? length - 1 : length
  return text.slice(0, end)
}
