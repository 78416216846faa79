import { redactUrls } from './redact-url.ts'
import { MASK } from './secret-names.ts'

/** One look that lets most lines through: nothing here, nothing to hide but user:password@ in URLs. */
const HINT =
  /pass|loginpas|pwd|psw|psk|secret|token|key|bearer|basic|cookie|credential|authorization|sessid|connect\.sid|jwt|eyJ|AKIA|ASIA|gh[opsru]_|github_pat|xox|sk[-_]|AIza|glpat|npm_|curl|wget/i

const NAME =
  /(--)?(?:(?<![a-z])(?:pass|pwd|psw|psk|jwt)|password|passwd|passphrase|passcode|loginpas|secret|token|(?:api|access|secret|private|encryption|signing|master|auth|shared)[-_ ]?key|authorization|cookies?|credentials?|phpsessid|jsessionid|connect\.sid)(?:\\{0,3}["'])?(?:[ \t]{0,4}(?:=>?|:(?!\/\/|:)|%(?:25)?3[ad])[ \t]{0,4}|[ \t]{1,4})/gi

/** Prose after a colon ("password: must not be empty") is no password. */
const PROSE = new Set(
  (
    'is was must may too not no required invalid missing expired failed incorrect wrong ok yes ' +
    'empty set unset changed valid accepted rejected denied unknown loaded stored found generated created saved updated rotated revoked mismatch the a an for to of and or from in'
  ).split(' '),
)

/** Values that say there is no secret, in any notation. */
const NOTHING = /^(?:null|none|nil|undefined|true|false)$/i

const SCHEMES = /^(?:bearer|basic|token|apikey|negotiate|ntlm|digest|aws4-hmac-sha256)$/i
const AUTHORIZATION = /\b(bearer|basic)([ \t]+)([\w.~+/=-]{8,})/gi
const JWT = /\beyJ[\w-]*(?:\.[\w-]*){0,2}/g
const KNOWN_TOKENS =
  /\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}\b|gh[opsru]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|xox[abeprs]-[\w-]{10,}|sk[-_](?:live|test|proj|ant)[-_][\w-]{10,}|AIza[\w-]{30,}|glpat-[\w-]{16,}|npm_[A-Za-z0-9]{30,})/g
const QUERY_KEY = /([?&]key=)([^\s&"'<>]{16,})/g
/** ONVIF and other SOAP: `<wsse:Password Type="…">geheim</wsse:Password>`. */
const ELEMENT =
  /(<(?:[\w-]{1,20}:)?(?:password|passwd|passphrase|secret|token|api-?key)(?:\s[^<>]{0,200})?>)[^<]{1,4096}(?=<\/)/gi
/** `curl -u name:password` */
const USER_FLAG = /((?:^|\s)(?:-u|--user)[ =]["']?)[^\s:"']{1,64}:[^\s"']{1,128}/g
const PEM = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/g

const VALUE = /^[^\s"'<>&]+/
/** In a query string that is itself a parameter, %26 ends the value. */
const ENCODED_VALUE = /^(?:(?!%(?:25)?26)[^\s"'<>&])+/

/** A value longer than this is masked as far as it reaches. */
const MAX_VALUE = 4_096

/**
 * Text without the credentials in it: in URLs (`rtsp://***:***@host`), after names (`password=***`, `Cookie: ***`,
 * `"token":"***"`, `--api-key ***`), bearer and basic headers, JWTs, private keys and the tokens of well-known
 * services. Linear in the text's length; text with nothing to hide comes back as it is.
 */
export function redactText(text: string): string {
  const redacted =
    text.includes('@') || text.includes('%40') || text.includes('%2540') ? redactUrls(text) : text
  return HINT.test(redacted) ? redactNamed(redactTokens(redacted)) : redacted
}

function redactTokens(text: string): string {
  let result = text
    .replace(JWT, (jwt) => (jwt.length >= 20 && jwt.includes('.') ? MASK : jwt))
    .replace(KNOWN_TOKENS, MASK)
    .replace(QUERY_KEY, `$1${MASK}`)
    .replace(ELEMENT, `$1${MASK}`)
    .replace(USER_FLAG, `$1${MASK}:${MASK}`)
    .replace(AUTHORIZATION, (whole: string, scheme: string, space: string, value: string) =>
      looksLikeToken(value) ? `${scheme}${space}${MASK}` : whole,
    )
  if (result.includes('PRIVATE KEY-----')) result = redactPem(result)
  return result
}

/** "Basic authentication failed" is none. */
function looksLikeToken(value: string): boolean {
  return /\d|[a-z][A-Z]|=$|^.{24}/.test(value)
}

function redactPem(text: string): string {
  let result = ''
  let done = 0
  PEM.lastIndex = 0
  for (let match = PEM.exec(text); match; match = PEM.exec(text)) {
    const start = match.index + match[0].length
    const end = text.indexOf('-----END', start)
    result += text.slice(done, start) + MASK
    done = end < 0 ? text.length : end
    PEM.lastIndex = done
  }
  return result + text.slice(done)
}

function redactNamed(text: string): string {
  let result = ''
  let done = 0
  NAME.lastIndex = 0
  for (let match = NAME.exec(text); match; match = NAME.exec(text)) {
    const start = match.index + match[0].length
    const value = valueAfter(match[0], match[1] !== undefined, text, start)
    if (value === undefined) continue
    result += text.slice(done, value.start) + MASK
    done = value.end
    NAME.lastIndex = done
  }
  return done === 0 ? text : result + text.slice(done)
}

type Span = { start: number; end: number }

/** Where the secret stands that belongs to a name ending at `start`; `undefined` when there is none. */
function valueAfter(name: string, isFlag: boolean, text: string, start: number): Span | undefined {
  const assigned = /[=:>]|%(?:25)?3[ad]/i.test(name)
  // A name and a space: only on a command line ("--password hunter2").
  if (!assigned && !isFlag) return undefined
  const quote = /^\\{0,3}(["'])/.exec(text.slice(start, start + 4))
  const inner = quote ? quoted(text, start + quote[0].length, quote[0]) : unquoted(text, start, name)
  if (inner.end <= inner.start) return undefined
  const value = text.slice(inner.start, Math.min(inner.end, inner.start + 64))
  if (value.startsWith(MASK) || isOrdinary(value, name, quote !== null)) return undefined
  if (/authorization/i.test(name)) return afterScheme(text, inner, quote !== null)
  return inner
}

function isOrdinary(value: string, name: string, isQuoted: boolean): boolean {
  if (NOTHING.test(value)) return true
  if (isQuoted) return false
  if (/^[[{(<]/.test(value)) return true
  if (/^pwd/i.test(name) && /^[/~.]/.test(value)) return true
  return !/=|%(?:25)?3d/i.test(name) && PROSE.has(value.toLowerCase())
}

function quoted(text: string, start: number, quote: string): Span {
  const end = text.indexOf(quote, start)
  if (quote.length > 1) return { start, end: bounded(end, start, text) }
  let close = end
  while (close > start && text[close - 1] === '\\' && close - start < MAX_VALUE) {
    close = text.indexOf(quote, close + 1)
  }
  return { start, end: bounded(close, start, text) }
}

function bounded(end: number, start: number, text: string): number {
  return end < 0 || end - start > MAX_VALUE ? Math.min(text.length, start + MAX_VALUE) : end
}

function unquoted(text: string, start: number, name: string): Span {
  const piece = text.slice(start, start + MAX_VALUE)
  const isCookie = /cookie/i.test(name)
  const run = isCookie
    ? (/^[^\s"'<>;]+(?:;[ \t]?[^\s"'<>;]+)*/.exec(piece)?.[0] ?? '')
    : ((/%(?:25)?3d/i.test(name) ? ENCODED_VALUE : VALUE).exec(piece)?.[0] ?? '')
  // "password=a,user=b": the next field is not part of the value.
  const next = isCookie ? -1 : run.search(/[,;|][\w.-]{1,64}[=:]/)
  const value = next < 0 ? run : run.slice(0, next)
  return { start, end: start + value.length - trailingPunctuation(value) }
}

function trailingPunctuation(value: string): number {
  let count = 0
  while (count < value.length && ')]},;.\\'.includes(value[value.length - 1 - count] ?? '')) count++
  return count
}

/** Keeps the scheme, masks what follows: one word, or all of a quoted value or a Digest. */
function afterScheme(text: string, span: Span, isQuoted: boolean): Span | undefined {
  const scheme = /^[\w-]{1,20}/.exec(text.slice(span.start, span.start + 20))?.[0] ?? ''
  if (!SCHEMES.test(scheme)) return span
  const start = span.start + scheme.length + 1
  const rest = text.slice(start, start + MAX_VALUE)
  if (rest.startsWith(MASK)) return undefined
  const end = isQuoted ? span.end : start + rest.search(/digest/i.test(scheme) ? /[\r\n]|$/ : /[\s"',;]|$/)
  return end > start ? { start, end } : undefined
}
