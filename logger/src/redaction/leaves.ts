import { CLOSING, codeAt, is, isSpace, OPENING, QUOTE } from './characters.ts'
import { isEmptyValue } from './ordinary-values.ts'
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
  const { text, codes } = scan
  let depth = 0
  let at = from
  while (at < text.length && !scan.isSpent) {
    const code = codeAt(codes, at)
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
  if (end > start && !isKey(scan, after) && !isEmptyValue(scan, start, end)) scan.hide(start, end)
  // A quote that does not close: where the structure ends is not known any more.
  return isClosed ? after : -1
}

function hideBare(scan: Scan, start: number, quote: string): number {
  const { text, codes } = scan
  let end = start
  for (let code = codeAt(codes, end); end < text.length && !isBetween(code); code = codeAt(codes, ++end));
  if (isKey(scan, end) || isEmptyValue(scan, start, end)) return end
  scan.hide(start, end, quote + MASK + quote)
  return end
}

function isKey(scan: Scan, after: number): boolean {
  const { codes } = scan
  let at = after
  while (codeAt(codes, at) === 32) at++
  scan.steps += at - after
  const code = codeAt(codes, at)
  return code === 58 || code === 61
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
