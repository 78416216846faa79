// The names before values, known again by their characters: no text is made to look one up.
import { codeAt, standsAt } from './characters.ts'
import type { Scan } from './scan.ts'
import { isSecretName, MAX_NAME, ownText } from './secret-names.ts'

/** A name as it is written, and what follows from it. */
export type Name = {
  text: string
  /** It is called like a credential. */
  isSecret: boolean
  /** `name: "Authorization"`: its value names a field, and a `value` beside it is that field's. */
  isNaming: boolean
  isHolding: boolean
  isCookie: boolean
  isAuthorization: boolean
  /** `PWD` is a folder as well, and `pass` a count. */
  isPwd: boolean
  isPass: boolean
  /** Two words in prose make a name of it: `api key: …`. */
  isKey: boolean
}

const NAMING = new Set(['name', 'key', 'header', 'field', 'k'])
const HOLDING = new Set(['value', 'val', 'v'])

/** By a hash of their characters. */
const PLACES = 512
const known: Name[] = Array.from({ length: PLACES }, () => describeName(''))

export function nameAt(scan: Scan, start: number, end: number): Name {
  const { codes } = scan
  const length = end - start
  // The ends and the middle distinguish nearly all names.
  const hash =
    (Math.imul(codeAt(codes, start), 31) +
      Math.imul(codeAt(codes, end - 1), 17) +
      Math.imul(codeAt(codes, (start + end) >> 1), 7) +
      length) &
    (PLACES - 1)
  const before = known[hash] as Name
  if (before.text.length === length && standsAt(codes, before.text, start)) return before
  const found = describeName(ownText(scan.text.slice(start, end)))
  if (length <= MAX_NAME) known[hash] = found
  return found
}

function describeName(text: string): Name {
  return {
    text,
    isSecret: isSecretName(text),
    isNaming: isNaming(text),
    isHolding: isHolding(text),
    isCookie: /cookie/i.test(text),
    isAuthorization: /authorization$/i.test(text),
    isPwd: /(?:^|[^a-z])pwd$/i.test(text),
    isPass: /(?:^|[^a-z])pass$/i.test(text),
    isKey: /^key$/i.test(text),
  }
}

/** Whether the value of a field of this name can be the name of another. */
export function isNaming(name: string): boolean {
  return name.length < 7 && NAMING.has(name.toLowerCase())
}

/** Whether a field of this name can hold what another names. */
export function isHolding(name: string): boolean {
  return name.length < 6 && HOLDING.has(name.toLowerCase())
}
