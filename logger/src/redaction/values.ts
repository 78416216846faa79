// Where the value behind a name ends, and whether it is a secret at all.
import {
  BACKSLASH,
  BLANK,
  CLOSING,
  type Codes,
  codeAt,
  DIGIT,
  endsValue,
  is,
  isSpace,
  OPENING,
  TRAILING,
  WORD,
} from './characters.ts'
import { hideLeaves } from './leaves.ts'
import type { Name } from './names.ts'
import { isEmptyValue, isHarmless, isNoSecret, isPlaceholder, isProse } from './ordinary-values.ts'
import { COST, type Scan } from './scan.ts'
import { hideAuthorization } from './schemes.ts'
import { MASK } from './secret-names.ts'

/** The name before a value, and how they are joined. */
export type Named = {
  name: Name
  /** Around the name, `"` or `\"`: then this is JSON, and stays JSON. Empty for a bare name. */
  quote: string
  /** `=` and not `:`. Behind a colon there may be a sentence. */
  equals: boolean
  /** The text is part of a query string: `%3D`, and `%26` ends the value. */
  encoded: boolean
}

/** Masks the value that starts at or behind `from`; returns where to go on. */
export function hideValue(scan: Scan, from: number, named: Named): number {
  const { text, codes } = scan
  let at = from
  while (codeAt(codes, at) === 32 || codeAt(codes, at) === 9) at++
  scan.steps += at - from + COST.look
  if (named.encoded && text.startsWith('%22', at)) at += 3
  const quote = scan.quoteAt(at)
  if (quote !== '') {
    return scan.isAround(quote, named.quote) ? at : hideQuoted(scan, at + quote.length, quote, named)
  }
  if (is(codeAt(codes, at), OPENING)) return hideBracketed(scan, at, named)
  return hideRun(scan, at, named)
}

/** @param start of what is in the quotes */
export function hideQuoted(scan: Scan, start: number, quote: string, named: Named): number {
  const end = scan.closing(start, quote)
  const after = scan.behind(end, quote)
  if (end <= start || isNoSecret(scan, start, end)) return after
  if (named.name.isAuthorization && hideAuthorization(scan, start, end, true) >= 0) return after
  scan.hide(start, end)
  return after
}

/** `(hunter2)`, `["a", "b"]`, `{"value": "x"}`. A sentence or structure without quotes is looked at like any text. */
function hideBracketed(scan: Scan, at: number, named: Named): number {
  const { text, codes } = scan
  const isStructure = text[at] === '{' || text[at] === '['
  if (named.quote !== '' && isStructure) return hideLeaves(scan, at, named.quote)
  let start = at
  while (start - at < 4 && is(codeAt(codes, start), OPENING | (isStructure ? BLANK : 0))) start++
  const quote = scan.quoteAt(start)
  if (quote !== '') {
    if (scan.isAround(quote, named.quote)) return start
    return isStructure ? hideLeaves(scan, at, '') : hideQuoted(scan, start + quote.length, quote, named)
  }
  let end = start
  let code = codeAt(codes, end)
  while (end < text.length && !endsValue(code) && !is(code, OPENING | CLOSING) && code !== 58) {
    code = codeAt(codes, ++end)
  }
  scan.steps += end - start
  if (end === start || isPlaceholder(scan, at, Math.min(end + 1, at + 64))) return end
  if (is(code, CLOSING)) {
    if (!isEmptyValue(scan, start, end) && !isHarmless(text, start, codeAt(codes, start)))
      scan.hide(start, end)
    return end
  }
  if (isStructure && !/token$/i.test(named.name.text) && (code === 58 || named.equals)) {
    return hideLeaves(scan, at, '')
  }
  return named.equals ? hideRun(scan, start, named) : start
}

/** A value that nothing encloses. */
export function hideRun(scan: Scan, start: number, named: Named): number {
  const { codes } = scan
  scan.steps += COST.look
  if (isPath(scan, start, named)) return start
  const isCookie = !named.encoded && named.quote === '' && named.name.isCookie
  const run = isCookie ? cookieEnd(scan, start) : runEnd(scan, start, named)
  let end = run
  while (end > start && is(codeAt(codes, end - 1), TRAILING)) end--
  if (end === start) return Math.max(run, start)
  if (isNoSecret(scan, start, end)) return end
  if (isOrdinary(scan, start, end, named)) return start
  if (named.name.isAuthorization) {
    const after = hideAuthorization(scan, start, scan.text.length, false)
    if (after >= 0) return after
  }
  if (named.quote === '') scan.hide(start, end)
  else scan.hide(start, end, named.quote + MASK + named.quote)
  return end
}

/** Seen by how it starts: looking for its end each time would make long paths slow. */
function isPath({ text, codes }: Scan, start: number, { name }: Named): boolean {
  const first = codeAt(codes, start)
  return (name.isPwd && (first === 47 || first === 126 || first === 46)) || isHarmless(text, start, first)
}

function isOrdinary(scan: Scan, start: number, end: number, { name, equals }: Named): boolean {
  const { codes } = scan
  const isNumber = end - start < 4 && areDigits(codes, start, end)
  // The counts of a test run are no passwords.
  if (name.isPass && isNumber) return true
  if (equals) return false
  // "password: 8 characters"
  if (isNumber && end - start < 3 && is(codeAt(codes, end), BLANK)) return true
  return isProse(scan, start, end)
}

function areDigits(codes: Codes, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!is(codeAt(codes, at), DIGIT)) return false
  return true
}

function runEnd(scan: Scan, start: number, { encoded, quote }: Named): number {
  const { text, codes } = scan
  // "password=a,user=b": the next field is not part of the value.
  let next = -1
  let end = start
  for (; end < text.length; end++) {
    const code = codeAt(codes, end)
    if (endsValue(code)) break
    if (encoded && code === 37 && isEncodedEnd(text, end)) break
    if (code === 44 || code === 59 || code === 124 || (quote !== '' && (code === 125 || code === 93))) {
      if (quote !== '') break
      next = end
    } else if (next >= 0 && (code === 61 || code === 58) && end > next + 1) {
      scan.steps += end - start
      return next
    } else if (!is(code, WORD) && code !== 45 && code !== 46) next = -1
  }
  scan.steps += end - start
  return end
}

/** `%26`, `%2526` and the quote `%22`. */
function isEncodedEnd(text: string, at: number): boolean {
  return text.startsWith('%26', at) || text.startsWith('%2526', at) || text.startsWith('%22', at)
}

/** `sid=a; theme=dark; …`: pairs with a semicolon and at most one blank between. */
function cookieEnd(scan: Scan, start: number): number {
  const { text, codes } = scan
  let end = start
  for (; end < text.length; end++) {
    const code = codeAt(codes, end)
    if (code === 38 || code === BACKSLASH) continue
    if (!endsValue(code)) continue
    const isBetween = is(code, BLANK) && end > start && codeAt(codes, end - 1) === 59
    if (!isBetween || isSpace(codeAt(codes, end + 1))) break
  }
  scan.steps += end - start
  return end
}
