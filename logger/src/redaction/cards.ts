// Numbers of payment cards: by issuer, length and checksum, and only where nothing else adjoins.
import { type Codes, codeAt, DIGIT, is, WORD } from './characters.ts'
import { COST, type Scan } from './scan.ts'

/** How the digits of a card are grouped. */
const GROUPS = [
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
] as const

/** Takes the number that starts at `at`; returns where to go on. */
export function hideCard(scan: Scan, at: number): number {
  const { text, codes } = scan
  let end = at + 1
  while (is(codeAt(codes, end), DIGIT)) end++
  const length = end - at
  if (length !== 4 && (length < 14 || length > 19)) return end
  if (length === 4) {
    const run = groupsEnd(codes, at)
    // Five groups of four and more are no card, nor are any four of them.
    if (run - at > 19) {
      scan.steps += run - at
      return run
    }
  }
  const before = codeAt(codes, at - 1)
  if (is(before, WORD) || before === 45 || before === 46 || before === 43 || before > 127) return end
  const whole = length === 4 ? groupedEnd(codes, at) : end
  if (whole < 0 || !isBoundary(codes, whole)) return end
  scan.steps += whole - at + COST.word
  const digits = length === 4 ? text.slice(at, whole).replaceAll(/[ -]/g, '') : text.slice(at, whole)
  if (!isCardNumber(digits)) return end
  scan.hide(at, whole)
  return whole
}

/** Whether these digits are a card's. No time since 1970, in any unit, starts like a card number. */
export function isCardNumber(digits: string): boolean {
  return hasIssuer(digits) && hasChecksum(digits)
}

function hasIssuer(digits: string): boolean {
  const { length } = digits
  const four = Number(digits.slice(0, 4))
  const two = Math.floor(four / 100)
  switch (two) {
    case 34:
    case 37:
      return length === 15
    case 30:
      return length === 14 && four <= 3059
    case 36:
    case 38:
      return length === 14
    case 35:
      return length === 16 && four >= 3528 && four <= 3589
    case 60:
      return length === 16 && four === 6011
    case 62:
      return length === 16
    case 64:
      return length === 16 && four >= 6440
    case 65:
      return length === 16
    default:
      if (length !== 16) return false
      return (two >= 40 && two <= 49) || (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)
  }
}

/** Luhn's, ISO/IEC 7812. */
function hasChecksum(digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48
    const doubled = at % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** Behind `4111 1111 1111 1111` or `3782-822463-10005`; -1 when it is not grouped so. */
function groupedEnd(codes: Codes, start: number): number {
  const sign = codeAt(codes, start + 4)
  if (sign !== 32 && sign !== 45) return -1
  for (const groups of GROUPS) {
    let at = start
    let fits = true
    for (let group = 0; fits && group < groups.length; group++) {
      if (group > 0) fits = codeAt(codes, at++) === sign
      const size = groups[group] as number
      for (let digit = 0; fits && digit < size; digit++) fits = is(codeAt(codes, at++), DIGIT)
    }
    if (fits && !is(codeAt(codes, at), DIGIT)) return at
  }
  return -1
}

/** Behind all groups of four that follow each other. */
function groupsEnd(codes: Codes, start: number): number {
  const sign = codeAt(codes, start + 4)
  let end = start + 4
  if (sign !== 32 && sign !== 45) return end
  while (codeAt(codes, end) === sign) {
    let digits = 0
    while (digits < 5 && is(codeAt(codes, end + 1 + digits), DIGIT)) digits++
    if (digits !== 4) break
    end += 5
  }
  return end
}

function isBoundary(codes: Codes, end: number): boolean {
  const code = codeAt(codes, end)
  if (is(code, WORD) || code === 45 || code > 127) return false
  return code !== 46 || !is(codeAt(codes, end + 1), DIGIT)
}
