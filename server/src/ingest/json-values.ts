import { endOfText } from './body-limits.ts'
import { elementsOf } from './json-elements.ts'

const NEWLINE = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const BRACKET = 0x5b
const BRACE = 0x7b
const CLOSING_BRACKET = 0x5d
const CLOSING_BRACE = 0x7d

/**
 * Finds the values of a body: objects one behind the other, with blanks or commas between them, or the elements of
 * arrays. Other text is a value up to the end of its line or the next object; a value that breaks off is the last
 * value.
 */
export function* jsonValuesOf(body: Uint8Array): Generator<{ start: number; end: number }> {
  for (let at = body[0] === 0xef ? 3 : 0; at < body.length; ) {
    const byte = body[at] as number
    if (byte <= 0x20 || byte === COMMA) at++
    else if (byte === BRACKET) {
      const end = endOfValue(body, at)
      let behind = at + 1
      for (const element of elementsOf(body.subarray(0, end), at)) {
        yield element ?? { start: Math.min(behind, end), end }
        behind = (element?.end ?? behind) + 1
      }
      at = end
    } else {
      const end = byte === BRACE ? endOfValue(body, at) : endOfOther(body, at)
      yield { start: at, end }
      at = end
    }
  }
}

/** Behind the bracket that closes the one at `from`; the end of the bytes when none does. */
function endOfValue(body: Uint8Array, from: number): number {
  let depth = 0
  for (let at = from; at < body.length; at++) {
    const byte = body[at] as number
    if (byte === QUOTE) at = endOfText(body, at)
    else if (byte === BRACKET || byte === BRACE) depth++
    else if ((byte === CLOSING_BRACKET || byte === CLOSING_BRACE) && --depth === 0) return at + 1
  }
  return body.length
}

/** A text in quotes ends with them; anything else where its line does, or before an object, array or text on it. */
function endOfOther(body: Uint8Array, from: number): number {
  if (body[from] === QUOTE) return Math.min(endOfText(body, from) + 1, body.length)
  for (let at = from; at < body.length; at++) {
    const byte = body[at]
    if (byte === NEWLINE || byte === BRACE || (byte === BRACKET && at > from)) return at
    if (byte === QUOTE && isTextAt(body, at)) return at
  }
  return body.length
}

/** Whether a text of its own begins there, with blanks or commas around it: brackets in it open nothing. */
function isTextAt(body: Uint8Array, at: number): boolean {
  if (!isBetween(body[at - 1])) return false
  const end = endOfText(body, at)
  return end < body.length && isBetween(body[end + 1])
}

function isBetween(byte: number | undefined): boolean {
  return byte === undefined || byte <= 0x20 || byte === COMMA
}
