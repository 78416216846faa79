// `password=x`, `"token": "x"`, `Cookie: x`: a sign, the name before it, the value behind it.
import {
  BACKSLASH,
  BLANK,
  type Codes,
  CREDENTIAL,
  codeAt,
  DIGIT,
  is,
  isLetter,
  QUOTE,
  TOKEN,
} from './characters.ts'
import { mayBeSecret, nameBits } from './letters.ts'
import { type Name, nameAt } from './names.ts'
import { beginPair, endsPair, isPairing } from './pairs.ts'
import { COST, type Scan } from './scan.ts'
import { MASK, MAX_NAME } from './secret-names.ts'
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
  const end = operatorEnd(scan.codes, at)
  return end < 0 ? skip(scan, at + 1) : hideBehind(scan, at, end, codeAt(scan.codes, end - 1) !== 58, false)
}

/** `%3D` and `%3A`, also encoded twice; `end` is behind it. */
export function hideEncodedAssigned(scan: Scan, at: number, end: number): number {
  return hideBehind(scan, at, end, (codeAt(scan.codes, end - 1) | 32) === 100, true)
}

/** A tab between name and value, as in tables: the value has to look like one. */
export function hideTabbed(scan: Scan, at: number): number {
  const end = tokenBehindTab(scan, at)
  return end < 0 ? at + 1 : hideBehind(scan, at, at + 1, true, false)
}

function tokenBehindTab(scan: Scan, at: number): number {
  const { codes } = scan
  if (!is(codeAt(codes, at - 1), TOKEN)) return -1
  const end = scan.tokenEnd(at + 1)
  return end - at > 6 && scan.hasDigit(at + 1) ? end : -1
}

function operatorEnd(codes: Codes, at: number): number {
  const [before, code, next] = [codeAt(codes, at - 1), codeAt(codes, at), codeAt(codes, at + 1)]
  // a::b, a != b, a >= b
  if (code === 58) return next === 58 || before === 58 ? -1 : next === 61 ? at + 2 : at + 1
  if (before === 33 || before === 60 || before === 62 || before === 126) return -1
  if (next === 62) return at + 2
  let end = at + 1
  while (end - at < 3 && codeAt(codes, end) === 61) end++
  return end
}

function skip(scan: Scan, to: number): number {
  scan.floor = to
  return to
}

function hideBehind(scan: Scan, at: number, behind: number, equals: boolean, encoded: boolean): number {
  const { text, codes } = scan
  const floor = Math.max(scan.floor, scan.done)
  scan.floor = behind
  let end = at
  while (end > floor && is(codeAt(codes, end - 1), BLANK)) end--
  let quote = ''
  if (end > floor && is(codeAt(codes, end - 1), QUOTE)) {
    let open = end - 1
    while (open > floor && codeAt(codes, open - 1) === BACKSLASH) open--
    quote = text.slice(open, end)
    end = open
  } else if (encoded && text.startsWith('%22', end - 3)) end -= 3
  if (end > floor && codeAt(codes, end - 1) === 93) end = beforeIndex(codes, end, floor)
  else if (end > floor + 6 && text.startsWith('%5B%5D', end - 6)) end -= 6
  let start = end
  let letters = 0
  const lowest = Math.max(floor, end - MAX_NAME)
  while (start > lowest) {
    const bits = nameBits(codeAt(codes, start - 1))
    if (bits === 0) break
    letters |= bits
    start--
  }
  scan.steps += at - start
  const before = start > floor ? codeAt(codes, start - 1) : 0
  // `%3Ftoken`: the characters behind the percent sign are an encoded character.
  if (before === 37 && end - start > 2) start += 2
  const length = end - start
  if (length < 1) return behind
  if (before === 63 || before === 38 || before === 35) {
    scan.steps += COST.word
    const name = text.slice(start, end).toLowerCase()
    const least = PARAMETERS.get(name)
    if (least !== undefined) return hideParameter(scan, behind, least)
  }
  const mayPair = length < 7 && isPairing(codeAt(codes, start))
  if (!mayPair && (length < 2 || !mayBeSecret(letters))) return behind
  scan.steps += COST.look
  const name = nameAt(scan, start, end)
  if (mayPair) {
    if (endsPair(scan, name, start)) return hideValue(scan, behind, { name, quote, equals, encoded })
    beginPair(scan, name, behind)
    if (length < 2 || !mayBeSecret(letters)) return behind
  }
  if (!name.isSecret && !isSecretWithWordBefore(scan, name, start, floor)) return behind
  return hideValue(scan, behind, { name, quote, equals, encoded })
}

/** `password[]`, `password[0]`: before the brackets; `user[password]`: before the last bracket. */
function beforeIndex(codes: Codes, end: number, floor: number): number {
  let open = end - 2
  while (open >= floor && end - open < 6 && is(codeAt(codes, open), DIGIT)) open--
  return open >= floor && codeAt(codes, open) === 91 ? open : end - 1
}

function hideParameter(scan: Scan, start: number, least: number): number {
  const { text, codes } = scan
  if (text.startsWith(MASK, start)) return start
  let end = start
  while (is(codeAt(codes, end), CREDENTIAL) || codeAt(codes, end) === 37) end++
  scan.steps += end - start
  if (end - start < least) return start
  scan.hide(start, end)
  return end
}

/** `api key: …`, which is two words in prose. */
function isSecretWithWordBefore(scan: Scan, name: Name, start: number, floor: number): boolean {
  const { codes } = scan
  if (start - floor < 3 || codeAt(codes, start - 1) !== 32 || !name.isKey) return false
  const lowest = Math.max(floor, start - 12)
  let from = start - 1
  while (from > lowest && isLetter(codeAt(codes, from - 1))) from--
  scan.steps += 3 * COST.word + start - from
  return from < start - 1 && nameAt(scan, from, start + name.text.length).isSecret
}
