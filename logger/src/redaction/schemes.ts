// `Authorization: Basic dXNlcjpwYXNz`, and the same in the middle of a sentence.
import {
  BACKSLASH,
  BLANK,
  type Codes,
  CREDENTIAL,
  codeAt,
  DIGIT,
  is,
  isSpace,
  QUOTE,
  TOKEN,
  WORD,
} from './characters.ts'
import { COST, type Scan } from './scan.ts'
import { MASK } from './secret-names.ts'

const SCHEMES =
  /^(?:bearer|basic|token|apikey|negotiate|ntlm|digest|aws4-hmac-sha256|sharedkey|sharedkeylite|hawk|dpop)$/i
const MAX_SCHEME = 20
const SHORTEST_SCHEME = 4

/** "Basic authentication failed" is none. */
function looksLikeToken(value: string): boolean {
  if (value.length >= 24 || value.endsWith('=')) return true
  let wasLower = false
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (is(code, DIGIT) || (wasLower && code >= 65 && code <= 90)) return true
    wasLower = code >= 97 && code <= 122
  }
  return false
}

/**
 * Keeps the scheme and masks what follows: one word, all of a quoted value, or parameters.
 *
 * @param end of the quoted value, or of the text
 * @returns where to go on; -1 when there was no scheme, and the whole value is the secret
 */
export function hideAuthorization(scan: Scan, start: number, end: number, isQuoted: boolean): number {
  const { text, codes } = scan
  let at = start
  while (at < end && at - start <= MAX_SCHEME && is(codeAt(codes, at), TOKEN)) at++
  const from = afterBlanks(codes, at, end)
  scan.steps += from - start
  if (from === at || from >= end) return -1
  if (text.startsWith(MASK, from)) return isQuoted ? end : from + MASK.length
  const word = wordEnd(codes, from, end)
  scan.steps += word - from
  scan.steps += COST.word
  const scheme = text.slice(start, at)
  const isScheme = scheme.length >= SHORTEST_SCHEME && SCHEMES.test(scheme)
  if (!isScheme && !looksLikeToken(text.slice(from, Math.min(word, from + 64)))) return -1
  scan.hide(from, isQuoted ? end : Math.max(parametersEnd(scan, from, end), word))
  return scan.done
}

/** `bearer 8a7b6c5d4e3f2a1b` anywhere; `at` is the B. Returns where to go on. */
export function hideBearer(scan: Scan, at: number): number {
  const { text, codes } = scan
  if (at > 0 && is(codeAt(codes, at - 1), WORD)) return at + 1
  scan.steps += COST.look
  const length = isWord(codes, at, 'bearer') ? 6 : isWord(codes, at, 'basic') ? 5 : 0
  if (length === 0) return at + 1
  const blanks = at + length
  let start = blanks
  while (is(codeAt(codes, start), BLANK)) start++
  if (start === blanks) return at + 1
  let end = start
  while (is(codeAt(codes, end), CREDENTIAL)) end++
  scan.steps += end - at
  if (text.startsWith(MASK, end)) return start
  if (end - start < 8 || !looksLikeToken(text.slice(start, Math.min(end, start + 256)))) return start
  scan.hide(start, end)
  return end
}

/** The end of `username="admin", response="6629fae4"`; `start` when there are no parameters. */
function parametersEnd(scan: Scan, start: number, end: number): number {
  const { text, codes } = scan
  let last = start
  let at = start
  while (at < end) {
    const name = at
    while (at < end && is(codeAt(codes, at), TOKEN)) at++
    if (
      at === name ||
      text[at] !== '=' ||
      !(is(codeAt(codes, at + 1), TOKEN) || is(codeAt(codes, at + 1), QUOTE))
    )
      break
    at++
    const quote = scan.quoteAt(at)
    if (quote !== '' && scan.isAround(quote, '')) break
    if (quote !== '') {
      const close = scan.closing(at + quote.length, quote)
      if (close >= end) break
      at = close + quote.length
    } else at = wordEnd(codes, at, end)
    last = at
    while (at < end && (text[at] === ',' || text[at] === ' ')) at++
  }
  scan.steps += at - start
  return last
}

function wordEnd(codes: Codes, start: number, end: number): number {
  let at = start
  for (; at < end; at++) {
    const code = codeAt(codes, at)
    if (isSpace(code) || is(code, QUOTE) || code === 44 || code === 59 || code === BACKSLASH) break
  }
  return at
}

function afterBlanks(codes: Codes, start: number, end: number): number {
  let at = start
  while (at < end && is(codeAt(codes, at), BLANK)) at++
  return at
}

/** Whether the word stands there, in either case. */
function isWord(codes: Codes, start: number, word: string): boolean {
  for (let at = 0; at < word.length; at++) {
    if ((codeAt(codes, start + at) | 32) !== word.charCodeAt(at)) return false
  }
  return true
}
