import { hideAssigned, hideEncodedAssigned, hideTabbed } from './assignments.ts'
import { hideCard } from './cards.ts'
import { type Codes, codeAt, DIGIT, is, TOKEN, WORD } from './characters.ts'
import { hideElement } from './elements.ts'
import { hideFlag, startsFlag } from './flags.ts'
import { isInName, isPlaced, lettersOf, mayBeSecret } from './letters.ts'
import { mayHoldSecret } from './may-hold-secret.ts'
import { hidePrivateKey } from './pem.ts'
import { COST, Scan } from './scan.ts'
import { hideBearer } from './schemes.ts'
import { MASK } from './secret-names.ts'
import { endsPrefix, hideAwsKey, hideGoogleKey, hideJwt, hidePrefixed, hideTelegram } from './tokens.ts'
import { hideBare, hideEncodedUserinfo, hideUserinfo, urlStart } from './urls.ts'

/**
 * Steps (`COST`) that a text may take for each of its characters, besides the walk over it: with these it takes at most ten
 * times as long as plain text. What applications write needs less than half, lists of credentials among it.
 */
const MAX_STEPS = 5
/** Short texts may take this much more. */
const FREE_STEPS = 4_000

/** Stands in place of text that would take too much work to look through. */
export const UNCHECKED = `${MASK}[the rest is masked: too much work to check]`

/**
 * Text without the credentials in it: in URLs (`rtsp://***:***@host`), after names (`password=***`, `Cookie: ***`,
 * `"token":"***"`, `--api-key ***`), bearer and basic headers, JWTs, private keys, card numbers and the tokens of
 * well-known services. Walks over the text once, if there can be a secret in it at all; text with nothing to hide comes
 * back as it is, JSON as JSON.
 */
export function redactText(text: string): string {
  return mayHoldSecret(text) ? scanText(text).result : text
}

/** @param maxSteps for each character; beyond them the rest of the text is masked, and says so */
export function scanText(text: string, maxSteps: number = MAX_STEPS): Scan {
  const scan = new Scan(text, text.length * maxSteps + FREE_STEPS)
  const { codes } = scan
  const { length } = text
  const signs = SIGNS
  // Those of the word that the walk is in: at `=` they say whether it can be the name of a secret.
  let letters = 0
  let at = 0
  while (at < length) {
    const code = codeAt(codes, at)
    const sign = code < 128 ? (signs[code] as number) : NO_NAME
    if (sign <= ALL_LETTERS) {
      letters |= sign
      at++
      continue
    }
    const kind = sign >> KIND_SHIFT
    if (kind === BETWEEN) {
      letters = 0
      at++
      continue
    }
    letters |= sign & ALL_LETTERS
    if (kind === NUMBER) {
      const end = digitsEnd(codes, at)
      const count = end - at
      if (count !== 4 && (count < 14 || count > 19)) {
        at = end
        continue
      }
    } else if (at > 0 && isNothing(codes, at, kind, letters)) {
      at++
      if (kind <= 2) {
        letters = 0
        scan.floor = at
      }
      continue
    }
    scan.steps += COST.sign
    const next = look(scan, at, kind)
    // The skipped characters may be part of a name: look at them.
    letters = kind <= 2 ? 0 : next > at + 2 && kind !== NUMBER ? ALL_LETTERS : letters
    if (scan.isSpent) {
      scan.hide(Math.max(next, scan.done), length, UNCHECKED)
      return scan
    }
    at = next
  }
  return scan
}

function digitsEnd(codes: Codes, start: number): number {
  let end = start + 1
  while (is(codeAt(codes, end), DIGIT)) end++
  return end
}

/** Whether the next characters are enough to see that the sign is the sign of nothing, as most are. */
function isNothing(codes: Codes, at: number, kind: number, letters: number): boolean {
  const before = codeAt(codes, at - 1)
  const next = codeAt(codes, at + 1)
  switch (kind) {
    case 1:
      return isInName(before) && !isColonSign(next) && !mayBeSecret(letters) && !isPlaced(letters)
    case 2:
      return isInName(before) && !mayBeSecret(letters) && !isPlaced(letters)
    case 3:
      return next !== 50 && next !== 51
    case 4:
      return !is(next, DIGIT)
    case 5:
      return next !== 45 && is(before, WORD) && !endsPrefix(before)
    case 6:
      return !endsPrefix(before)
    case 7:
      return !is(before, TOKEN)
    case 8:
      return !is(next, TOKEN)
    case 9:
      return is(before, WORD) || ((next | 32) !== 101 && (next | 32) !== 97)
    case 10:
      return before !== 121
    case 11:
      return next !== 65
    case 12:
      return before !== 73
    default:
      return false
  }
}

/**
 * Characters behind a colon that make it more than the end of a name: of a URL, a bot's token, another colon or `:=`.
 */
function isColonSign(code: number): boolean {
  return code === 47 || code === 92 || code === 65 || code === 58 || code === 61
}

/** Takes the sign at `at`; returns where to go on. */
function look(scan: Scan, at: number, kind: number): number {
  switch (kind) {
    case 1:
      return colon(scan, at)
    case 2:
      return hideAssigned(scan, at)
    case 3:
      return percent(scan, at)
    case 4:
      hideBare(scan, at)
      return at + 1
    case 5:
      return dash(scan, at)
    case 6:
      return hidePrefixed(scan, at)
    case 7:
      return hideTabbed(scan, at)
    case 8:
      return hideElement(scan, at)
    case 9:
      return hideBearer(scan, at)
    case 10:
      return hideJwt(scan, at)
    case 11:
      return hideAwsKey(scan, at)
    case 12:
      return hideGoogleKey(scan, at)
    default:
      return hideCard(scan, at)
  }
}

function colon(scan: Scan, at: number): number {
  const { codes } = scan
  const next = codeAt(codes, at + 1)
  if (next === 47 || next === 92) {
    const start = urlStart(codes, at)
    if (start > 0) {
      scan.floor = start
      return hideUserinfo(scan, start)
    }
  }
  if (next === 65 && codeAt(codes, at + 2) === 65) {
    const end = hideTelegram(scan, at)
    if (end >= 0) return end
  }
  return hideAssigned(scan, at)
}

/** `%3A` and `%3D`, also as `%253A`: the encoded colon and equals sign. */
function percent(scan: Scan, at: number): number {
  const { codes } = scan
  let digits = at + 1
  while (digits - at < 5 && codeAt(codes, digits) === 50 && codeAt(codes, digits + 1) === 53) digits += 2
  if (codeAt(codes, digits) !== 51) return at + 1
  const end = digits + 2
  const sign = codeAt(codes, digits + 1) | 32
  if (sign === 97) {
    const after = hideEncodedUserinfo(scan, end)
    if (after >= 0) return after
  }
  return sign === 97 || sign === 100 ? hideEncodedAssigned(scan, at, end) : at + 1
}

/** A flag, a private key, a token (`sk-…`), or a line of dashes. */
function dash(scan: Scan, at: number): number {
  const { text, codes } = scan
  let end = at + 1
  while (codeAt(codes, end) === 45) end++
  scan.steps += end - at
  const count = end - at
  if (count === 5 && text.startsWith('BEGIN ', end)) return hidePrivateKey(scan, at)
  const before = codeAt(codes, at - 1)
  if (count === 1 && is(before, WORD)) return endsPrefix(before) ? hidePrefixed(scan, at) : end
  if (count <= 2 && startsFlag(before)) return hideFlag(scan, at)
  return end
}

const KIND_SHIFT = 26
const ALL_LETTERS = (1 << KIND_SHIFT) - 1
/** No part of a name, and the sign of nothing. */
const BETWEEN = 15
const NUMBER = 13
const NO_NAME = BETWEEN << KIND_SHIFT

/** By character: the bit of a letter, or what it can be the sign of, above those: a case of `look` each. */
const SIGNS = new Int32Array(128)
for (let code = 0; code < 128; code++) {
  SIGNS[code] = isInName(code) ? lettersOf(String.fromCharCode(code)) : NO_NAME
}
for (const [characters, kind] of [
  [':', 1],
  ['=', 2],
  ['%', 3],
  ['@', 4],
  ['-', 5],
  ['_.', 6],
  ['\t', 7],
  ['<', 8],
  ['bB', 9],
  ['J', 10],
  ['I', 11],
  ['z', 12],
  ['0123456789', NUMBER],
] as const) {
  for (const character of characters) {
    const code = character.charCodeAt(0)
    SIGNS[code] = (kind << KIND_SHIFT) | (isInName(code) ? lettersOf(character) : 0)
  }
}
