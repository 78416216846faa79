import { ABOUT, FORMS, PAIRS, STRONG, STRONG_ENDS, WEAK, WEAK_ENDS, WHETHER } from './name-words.ts'

/** V8 makes parts of this length a view of the whole text, and keeps all of that for as long as the part is kept. */
const SHORTEST_VIEW = 13

/** The same text without the text that it is a part of: a cache of names would keep a body of 16 MB for each. */
export function ownText(text: string): string {
  return text.length < SHORTEST_VIEW ? text : Buffer.from(text, 'utf16le').toString('utf16le')
}

/** The text that replaces a secret. */
export const MASK = '***'

/** Names an application logs are few; more than this many are data. */
const MAX_KNOWN = 2_000
/** Only the end decides, and bounding it keeps an absurdly long name cheap. */
export const MAX_NAME = 80

const known = new Map<string, boolean>()

/**
 * Whether the field is called like a credential: `password`, `dbPassword2`, `X-API-Key`, `db_password_old`. By words, so
 * that `bypass`, `token_count`, `password_policy` and `keyboard` are none.
 */
export function isSecretName(name: string): boolean {
  const before = known.get(name)
  if (before !== undefined) return before
  const secret = namesSecret(name.length > MAX_NAME ? name.slice(-MAX_NAME) : name)
  if (known.size >= MAX_KNOWN) known.clear()
  if (name.length <= MAX_NAME) known.set(ownText(name), secret)
  return secret
}

function namesSecret(name: string): boolean {
  const words = wordsOf(name)
  let onlyForms = true
  for (let at = words.length - 1; at >= 0; at--) {
    const word = words[at] as string
    if (isStrong(word)) return !WHETHER.has(words[0] as string) || at === 0
    if (onlyForms) {
      if (isWeak(word) || PAIRS.has((words[at - 1] ?? '') + word)) return true
      onlyForms = FORMS.has(word) || /^\d+$/.test(word)
    }
    if (ABOUT.has(word) || isPast(word)) return false
  }
  // Our own session's: `__Host-timelapser_session_0f3a91bc`.
  return /timelapser_session/i.test(name)
}

function isStrong(word: string): boolean {
  const bare = withoutDigits(word)
  if (STRONG.has(bare)) return true
  if (STRONG_ENDS.some((end) => bare.endsWith(end))) return true
  const rest = /^(?:password|passwd)(\w+)$/.exec(bare)?.[1]
  return rest !== undefined && FORMS.has(rest)
}

function isWeak(word: string): boolean {
  const bare = withoutDigits(word)
  return (
    WEAK.has(bare) ||
    PAIRS.has(bare) ||
    WEAK_ENDS.some((end) => bare.endsWith(end)) ||
    (bare.endsWith('key') && /(?:access|secret|private)key$/.test(bare))
  )
}

/** `password_changed`, `secrets_loaded`: something happened to it. */
function isPast(word: string): boolean {
  return word.length > 4 && word.endsWith('ed') && !FORMS.has(word)
}

function withoutDigits(word: string): string {
  let end = word.length
  while (end > 0 && isDigit(word.charCodeAt(end - 1))) end--
  return end === word.length || end === 0 ? word : word.slice(0, end)
}

/** `dbPassword_old` -> `db`, `password`, `old`. */
function wordsOf(name: string): string[] {
  const words: string[] = []
  let start = 0
  let wasLower = false
  for (let at = 0; at <= name.length; at++) {
    const code = name.charCodeAt(at)
    const isUpper = code >= 65 && code <= 90
    const isLower = (code >= 97 && code <= 122) || isDigit(code)
    if (isUpper ? wasLower : !isLower) {
      if (at > start) words.push(name.slice(start, at).toLowerCase())
      start = isUpper ? at : at + 1
    }
    wasLower = isLower
  }
  return words
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
