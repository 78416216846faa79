// Where the value behind a name ends, and whether it is a secret at all.
import {
  BACKSLASH,
  BLANK,
  CLOSING,
  codeAt,
  endsValue,
  is,
  isSpace,
  OPENING,
  TRAILING,
  WORD,
} from './characters.ts'
import { hideLeaves } from './leaves.ts'
import { isHarmless, isPlaceholder, saysNothing } from './ordinary-values.ts'
import type { Scan } from './scan.ts'
import { hideAuthorization } from './schemes.ts'
import { MASK } from './secret-names.ts'

/** The name before a value, and how they are joined. */
export type Named = {
  name: string
  /** Around the name, `"` or `\"`: then this is JSON, and stays JSON. Empty for a bare name. */
  quote: string
  /** `=` and not `:`. Behind a colon there may be a sentence. */
  equals: boolean
  /** The text is part of a query string: `%3D`, and `%26` ends the value. */
  encoded: boolean
}

/** Masks the value that starts at or behind `from`; returns where to go on. */
export function hideValue(scan: Scan, from: number, named: Named): number {
  const { text } = scan
  let at = from
  while (codeAt(text, at) === 32 || codeAt(text, at) === 9) at++
  scan.steps += at - from
  if (named.encoded && text.startsWith('%22', at)) at += 3
  const quote = scan.quoteAt(at)
  if (quote !== '') {
    return scan.isAround(quote, named.quote) ? at : hideQuoted(scan, at + quote.length, quote, named)
  }
  if (is(codeAt(text, at), OPENING)) return hideBracketed(scan, at, named)
  return hideRun(scan, at, named)
}

/** @param start of what is in the quotes */
export function hideQuoted(scan: Scan, start: number, quote: string, named: Named): number {
  const end = scan.closing(start, quote)
  const after = scan.behind(end, quote)
  const value = scan.text.slice(start, Math.min(end, start + 64))
  if (value === '' || value.includes(MASK) || saysNothing(value) || isPlaceholder(value)) return after
  if (isAuthorization(named.name) && hideAuthorization(scan, start, end, true) >= 0) return after
  scan.hide(start, end)
  return after
}

/** `(hunter2)`, `["a", "b"]`, `{"value": "x"}`. A sentence or structure without quotes is looked at like any text. */
function hideBracketed(scan: Scan, at: number, named: Named): number {
  const { text } = scan
  const isStructure = text[at] === '{' || text[at] === '['
  if (named.quote !== '' && isStructure) return hideLeaves(scan, at, named.quote)
  let start = at
  while (start - at < 4 && is(codeAt(text, start), OPENING | (isStructure ? BLANK : 0))) start++
  const quote = scan.quoteAt(start)
  if (quote !== '') {
    if (scan.isAround(quote, named.quote)) return start
    return isStructure ? hideLeaves(scan, at, '') : hideQuoted(scan, start + quote.length, quote, named)
  }
  let end = start
  let code = codeAt(text, end)
  while (end < text.length && !endsValue(code) && !is(code, OPENING | CLOSING) && code !== 58) {
    code = codeAt(text, ++end)
  }
  scan.steps += end - start
  const value = text.slice(start, Math.min(end, start + 64))
  if (value === '' || isPlaceholder(text.slice(at, Math.min(end + 1, at + 64)))) return end
  if (is(code, CLOSING)) {
    if (!value.includes(MASK) && !saysNothing(value) && !isHarmless(value)) scan.hide(start, end)
    return end
  }
  if (isStructure && !/token$/i.test(named.name) && (code === 58 || named.equals)) {
    return hideLeaves(scan, at, '')
  }
  return named.equals ? hideRun(scan, start, named) : start
}

/** A value that nothing encloses. */
export function hideRun(scan: Scan, start: number, named: Named): number {
  const { text } = scan
  const isCookie = !named.encoded && named.quote === '' && traitsOf(named.name).isCookie
  const run = isCookie ? cookieEnd(scan, start) : runEnd(scan, start, named)
  let end = run
  while (end > start && is(codeAt(text, end - 1), TRAILING)) end--
  if (end === start) return Math.max(run, start)
  const value = text.slice(start, Math.min(end, start + 64))
  if (value.includes(MASK) || saysNothing(value) || isPlaceholder(value)) return end
  if (isOrdinary(value, text, end, named)) return start
  if (isAuthorization(named.name)) {
    const after = hideAuthorization(scan, start, text.length, false)
    if (after >= 0) return after
  }
  if (named.quote === '') scan.hide(start, end)
  else scan.hide(start, end, named.quote + MASK + named.quote)
  return end
}

function isOrdinary(value: string, text: string, end: number, named: Named): boolean {
  if (isHarmless(value)) return true
  if (traitsOf(named.name).isPwd && /^[/~.]/.test(value)) return true
  // The counts of a test run are no passwords.
  if (traitsOf(named.name).isPass && /^\d{1,3}$/.test(value)) return true
  if (named.equals) return false
  // "password: 8 characters"
  return saysNothing(value, true) || (/^\d{1,2}$/.test(value) && is(codeAt(text, end), BLANK))
}

function isAuthorization(name: string): boolean {
  return traitsOf(name).isAuthorization
}

type Traits = { isCookie: boolean; isAuthorization: boolean; isPwd: boolean; isPass: boolean }
const MAX_TRAITS = 500
/** By name: they are few, and each is asked about for every value. */
const traits = new Map<string, Traits>()

function traitsOf(name: string): Traits {
  const before = traits.get(name)
  if (before !== undefined) return before
  const found = {
    isCookie: /cookie/i.test(name),
    isAuthorization: /authorization$/i.test(name),
    isPwd: /(?:^|[^a-z])pwd$/i.test(name),
    isPass: /(?:^|[^a-z])pass$/i.test(name),
  }
  if (traits.size >= MAX_TRAITS) traits.clear()
  traits.set(name, found)
  return found
}

function runEnd(scan: Scan, start: number, { encoded, quote }: Named): number {
  const { text } = scan
  // "password=a,user=b": the next field is not part of the value.
  let next = -1
  let end = start
  for (; end < text.length; end++) {
    const code = codeAt(text, end)
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
  const { text } = scan
  let end = start
  for (; end < text.length; end++) {
    const code = codeAt(text, end)
    if (code === 38 || code === BACKSLASH) continue
    if (!endsValue(code)) continue
    const isBetween = is(code, BLANK) && end > start && codeAt(text, end - 1) === 59
    if (!isBetween || isSpace(codeAt(text, end + 1))) break
  }
  scan.steps += end - start
  return end
}
