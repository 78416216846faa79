// `password=x`, `"token": "x"`, `Cookie: x`: a sign, the name before it, the value behind it.
import { BACKSLASH, BLANK, CREDENTIAL, codeAt, DIGIT, is, QUOTE, TOKEN } from './characters.ts'
import { mayBeSecret, nameBits } from './letters.ts'
import { beginPair, endsPair, isPairing } from './pairs.ts'
import type { Scan } from './scan.ts'
import { isSecretName, MASK, MAX_NAME, nameAt } from './secret-names.ts'
import { hideValue } from './values.ts'

/** Parameters of a query string, or of a fragment, that are secrets by their place and length. */
const PARAMETERS = new Map([
  ['key', 16],
  ['sig', 16],
  ['code', 16],
  ['auth', 16],
  ['signature', 16],
  // Our own links: /sign-in#link=…
  ['link', 40],
])

/** Takes the `=` or `:` that stands at `at`; returns where to go on. */
export function hideAssigned(scan: Scan, at: number): number {
  const end = operatorEnd(scan.text, at)
  return end < 0 ? skip(scan, at + 1) : hideBehind(scan, at, end, codeAt(scan.text, end - 1) !== 58, false)
}

/** `%3D` and `%3A`, also encoded twice; `end` is behind it. */
export function hideEncodedAssigned(scan: Scan, at: number, end: number): number {
  return hideBehind(scan, at, end, (codeAt(scan.text, end - 1) | 32) === 100, true)
}

/** A tab between name and value, as in tables: the value has to look like one. */
export function hideTabbed(scan: Scan, at: number): number {
  const end = tokenBehindTab(scan, at)
  return end < 0 ? at + 1 : hideBehind(scan, at, at + 1, true, false)
}

function tokenBehindTab(scan: Scan, at: number): number {
  const { text } = scan
  if (!is(codeAt(text, at - 1), TOKEN)) return -1
  const end = scan.tokenEnd(at + 1)
  return end - at > 6 && scan.hasDigit(at + 1) ? end : -1
}

function operatorEnd(text: string, at: number): number {
  const [before, code, next] = [codeAt(text, at - 1), codeAt(text, at), codeAt(text, at + 1)]
  // a::b, a != b, a >= b
  if (code === 58) return next === 58 || before === 58 ? -1 : next === 61 ? at + 2 : at + 1
  if (before === 33 || before === 60 || before === 62 || before === 126) return -1
  if (next === 62) return at + 2
  let end = at + 1
  while (end - at < 3 && codeAt(text, end) === 61) end++
  return end
}

function skip(scan: Scan, to: number): number {
  scan.floor = to
  return to
}

function hideBehind(scan: Scan, at: number, behind: number, equals: boolean, encoded: boolean): number {
  const { text } = scan
  const floor = Math.max(scan.floor, scan.done)
  scan.floor = behind
  let end = at
  while (end > floor && is(codeAt(text, end - 1), BLANK)) end--
  let quote = ''
  if (end > floor && is(codeAt(text, end - 1), QUOTE)) {
    let open = end - 1
    while (open > floor && codeAt(text, open - 1) === BACKSLASH) open--
    quote = text.slice(open, end)
    end = open
  } else if (encoded && text.startsWith('%22', end - 3)) end -= 3
  if (end > floor && codeAt(text, end - 1) === 93) end = beforeIndex(text, end, floor)
  else if (end > floor + 6 && text.startsWith('%5B%5D', end - 6)) end -= 6
  let start = end
  let letters = 0
  const lowest = Math.max(floor, end - MAX_NAME)
  while (start > lowest) {
    const bits = nameBits(codeAt(text, start - 1))
    if (bits === 0) break
    letters |= bits
    start--
  }
  scan.steps += at - start
  const before = start > floor ? codeAt(text, start - 1) : 0
  // `%3Ftoken`: the characters behind the percent sign are an encoded character.
  if (before === 37 && end - start > 2) start += 2
  const length = end - start
  if (length < 1) return behind
  if (before === 63 || before === 38 || before === 35) {
    const name = text.slice(start, end).toLowerCase()
    const least = PARAMETERS.get(name)
    if (least !== undefined) return hideParameter(scan, behind, least)
  }
  const mayPair = length < 7 && isPairing(codeAt(text, start))
  if (!mayPair && (length < 2 || !mayBeSecret(letters))) return behind
  const { name, isSecret } = nameAt(text, start, end)
  if (mayPair) {
    if (endsPair(scan, name, start)) return hideValue(scan, behind, { name, quote, equals, encoded })
    beginPair(scan, name, behind)
    if (length < 2 || !mayBeSecret(letters)) return behind
  }
  if (!isSecret && !isSecretWithWordBefore(text, name, start, floor)) return behind
  return hideValue(scan, behind, { name, quote, equals, encoded })
}

/** `password[]`, `password[0]`: before the brackets; `user[password]`: before the last bracket. */
function beforeIndex(text: string, end: number, floor: number): number {
  let open = end - 2
  while (open >= floor && end - open < 6 && is(codeAt(text, open), DIGIT)) open--
  return open >= floor && codeAt(text, open) === 91 ? open : end - 1
}

function hideParameter(scan: Scan, start: number, least: number): number {
  const { text } = scan
  if (text.startsWith(MASK, start)) return start
  let end = start
  while (is(codeAt(text, end), CREDENTIAL) || codeAt(text, end) === 37) end++
  scan.steps += end - start
  if (end - start < least) return start
  scan.hide(start, end)
  return end
}

/** `api key: …`, which is two words in prose. */
function isSecretWithWordBefore(text: string, name: string, start: number, floor: number): boolean {
  if (start - floor < 3 || codeAt(text, start - 1) !== 32 || !/^key$/i.test(name)) return false
  const from = Math.max(floor, start - 12)
  const word = /[a-z]+ $/i.exec(text.slice(from, start))?.[0]
  return word !== undefined && isSecretName(word + name)
}
