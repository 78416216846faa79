import { CLOSING, codeAt, is, isSpace, OPENING, QUOTE } from './characters.ts'
import { saysNothing } from './ordinary-values.ts'
import type { Scan } from './scan.ts'
import { MASK } from './secret-names.ts'

/**
 * Masks every value of a structure in the text and keeps its keys, from the opening bracket to the closing bracket:
 * JSON, also within a string of JSON, and the objects that programs print.
 *
 * @param quote of the name before it; a number is masked in the same, as JSON knows no bare stars
 * @returns the place behind the structure
 */
export function hideLeaves(scan: Scan, from: number, quote: string): number {
  const { text } = scan
  let depth = 0
  let at = from
  while (at < text.length) {
    const code = codeAt(text, at)
    if (is(code, OPENING)) depth++
    else if (is(code, CLOSING) && --depth === 0) break
    const own = is(code, QUOTE) || code === 92 ? scan.quoteAt(at) : ''
    if (own !== '') {
      // The quote that encloses all of this: the structure was cut off.
      if (own.length < quote.length || (quote === '' && own === '"' && scan.isJson)) break
      const after = hideText(scan, at, own)
      if (after < 0) break
      at = after
    } else if (code === 92) {
      // `\n` within a string of JSON
      at += 2
    } else if (isBetween(code)) at++
    else at = hideBare(scan, at, quote)
  }
  scan.steps += at - from
  return Math.min(Math.max(at, scan.done), text.length)
}

function hideText(scan: Scan, at: number, own: string): number {
  const start = at + own.length
  const end = scan.closing(start, own)
  const { isClosed } = scan
  const after = scan.behind(end, own)
  if (
    end > start &&
    !isKey(scan, after) &&
    !scan.text.slice(start, Math.min(end, start + 64)).includes(MASK)
  ) {
    if (!saysNothing(scan.text.slice(start, Math.min(end, start + 32)))) scan.hide(start, end)
  }
  // A quote that does not close: where the structure ends is not known any more.
  return isClosed ? after : -1
}

function hideBare(scan: Scan, start: number, quote: string): number {
  const { text } = scan
  let end = start
  for (let code = codeAt(text, end); end < text.length && !isBetween(code); code = codeAt(text, ++end));
  const value = text.slice(start, Math.min(end, start + 32))
  if (isKey(scan, end) || value.includes(MASK) || saysNothing(value)) return end
  scan.hide(start, end, quote + MASK + quote)
  return end
}

function isKey(scan: Scan, after: number): boolean {
  const { text } = scan
  let at = after
  while (codeAt(text, at) === 32) at++
  scan.steps += at - after
  return text[at] === ':' || text[at] === '='
}

/** Neither within a bare value nor in quotes. */
function isBetween(code: number): boolean {
  return (
    isSpace(code) ||
    is(code, OPENING | CLOSING | QUOTE) ||
    code === 44 ||
    code === 58 ||
    code === 61 ||
    code === 92
  )
}
