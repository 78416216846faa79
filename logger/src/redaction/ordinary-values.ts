// Values that are none: they say that there is no secret, or stand where one will be.
import { codeAt, isLetter } from './characters.ts'
import { COST, type Scan } from './scan.ts'
import { isSecretName } from './secret-names.ts'

const setOf = (words: string) => new Set(words.split(' '))

/** In any notation. */
const NOTHING = setOf(
  'null none nil undefined true false redacted filtered masked hidden removed omitted unset optional required empty n/a',
)

const LONGEST_NOTHING = longestOf(NOTHING)

/** Prose after a colon ("password: must not be empty") is no password. */
const PROSE = setOf(
  'is was were are be been must may can cannot should will has have had not no required invalid missing expired failed ' +
    'incorrect wrong ok yes set changed valid accepted rejected denied unknown loaded loading stored found generated ' +
    'created saved updated rotated revoked mismatch verified refreshed received sent issued validated cleared deleted ' +
    'enabled disabled supported unsupported unauthorized forbidden successful successfully success error too the a an ' +
    'for to of and or from in on by with at as it its this that your please enter option options flag argument ' +
    'parameter value field policy bucket type length check reset change update login based only when if unless before ' +
    'after during using use used see string number object boolean function',
)
const LONGEST_PROSE = Math.max(longestOf(PROSE), LONGEST_NOTHING)

/** Placeholders are short. */
const MAX_VALUE = 64
/** Behind this much of a value a mask is that of another one. */
const MAX_BARE = 32

const BEGINS_NOTHING = 1
const BEGINS_PLACEHOLDER = 2
/** By the first character of a value, what it can be: most begin with another one, and no text is made to look them up. */
const BEGINS = new Uint8Array(128)
for (const word of NOTHING) {
  BEGINS[word.charCodeAt(0)] = BEGINS_NOTHING
  BEGINS[word.toUpperCase().charCodeAt(0)] = BEGINS_NOTHING
}
for (const sign of '%{$<?:') BEGINS[sign.charCodeAt(0)] = BEGINS_PLACEHOLDER

function longestOf(words: ReadonlySet<string>): number {
  return Math.max(...[...words].map((word) => word.length))
}

/** Whether the value that stands there is masked, says that there is no secret, or stands where one will be. */
export function isNoSecret(scan: Scan, start: number, end: number): boolean {
  const to = Math.min(end, start + MAX_VALUE)
  if (holdsMask(scan, start, to)) return true
  const begins = beginsOf(codeAt(scan.codes, start))
  if (begins === BEGINS_NOTHING) return saysNothing(scan, start, end)
  return begins === BEGINS_PLACEHOLDER && isPlaceholder(scan, start, to)
}

/** Whether there are three stars in a row. */
function holdsMask({ codes }: Scan, start: number, end: number): boolean {
  for (let at = start; at + 2 < end; at++) {
    if (codeAt(codes, at) === 42 && codeAt(codes, at + 1) === 42 && codeAt(codes, at + 2) === 42) return true
  }
  return false
}

/** Whether it begins masked or says that there is no secret; placeholders are values. */
export function isEmptyValue(scan: Scan, start: number, end: number): boolean {
  return holdsMask(scan, start, Math.min(end, start + MAX_BARE)) || saysNothing(scan, start, end)
}

function saysNothing(scan: Scan, start: number, end: number): boolean {
  if (end - start > LONGEST_NOTHING || beginsOf(codeAt(scan.codes, start)) !== BEGINS_NOTHING) return false
  scan.steps += COST.word
  return NOTHING.has(scan.text.slice(start, end).toLowerCase())
}

function beginsOf(code: number): number {
  return code < 128 ? (BEGINS[code] as number) : 0
}

/** Whether a word behind a colon begins or is a sentence. */
export function isProse(scan: Scan, start: number, end: number): boolean {
  // All of them end in a letter.
  if (end - start > LONGEST_PROSE || !isLetter(codeAt(scan.codes, end - 1))) return false
  scan.steps += COST.word
  const word = scan.text.slice(start, end).toLowerCase()
  return PROSE.has(word) || NOTHING.has(word)
}

const PATH = /(?:\/(?:etc|run|var|home|usr|opt|tmp|root|app|srv|mnt|data|secrets|config)\/|object\b)/y

/** A path of the machine, as in `private_key: /etc/ssl/key.pem`, or what an object is printed as. */
export function isHarmless(text: string, start: number, first: number): boolean {
  if (first !== 47 && first !== 111) return false
  PATH.lastIndex = start
  return PATH.test(text)
}

/** `%s`, `{}`, `{0}`, `${DB_PASSWORD}`, `$PASSWORD`, `<password>`, `{password}`, `?`, `:password`. */
export function isPlaceholder(scan: Scan, start: number, end: number): boolean {
  if (beginsOf(codeAt(scan.codes, start)) !== BEGINS_PLACEHOLDER) return false
  scan.steps += COST.word
  const value = scan.text.slice(start, end)
  if (/^(?:%[sdvqj]|\{\d{0,2}\}|\$\{?[A-Z][A-Z0-9_]{2,}\}?|\?)[,;.)\]]*$/.test(value)) return true
  const name = /^(?::|[<{]\{?)([\w -]{3,40})[>}]{0,2}$/.exec(value)?.[1]
  return name !== undefined && isSecretName(name)
}
