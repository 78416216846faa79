import { endOfText } from './body-limits.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const BRACKET = 0x5b
const BRACE = 0x7b
const CLOSING_BRACKET = 0x5d
const CLOSING_BRACE = 0x7d
const WHITE_SPACE = new Set([0x20, 0x09, 0x0a, 0x0d])

/**
 * Finds the elements of a JSON array without looking into them. A last undefined marks an array that breaks off or has
 * text behind it.
 *
 * @param from where its bracket stands
 */
export function* elementsOf(
  body: Uint8Array,
  from: number,
): Generator<{ start: number; end: number } | undefined> {
  let depth = 0
  let start = from + 1
  for (let at = from; at < body.length; at++) {
    const byte = body[at] as number
    if (byte === QUOTE) at = endOfText(body, at)
    else if (byte === BRACKET || byte === BRACE) depth++
    else if (byte === COMMA && depth === 1) {
      yield { start, end: at }
      start = at + 1
    } else if ((byte === CLOSING_BRACKET || byte === CLOSING_BRACE) && --depth === 0) {
      const isEmpty = start === from + 1 && isWhite(body, start, at)
      if (!isEmpty) yield { start, end: at }
      if (byte !== CLOSING_BRACKET || !isWhite(body, at + 1, body.length)) yield undefined
      return
    }
  }
  // It breaks off.
  yield undefined
}

function isWhite(body: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!WHITE_SPACE.has(body[at] as number)) return false
  return true
}
