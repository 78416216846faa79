// user:password@ in URLs, plain and encoded, and addresses that are secrets themselves.
import { BACKSLASH, type Codes, codeAt, DIGIT, endsValue, is, isLetter, WORD } from './characters.ts'
import { COST, type Scan } from './scan.ts'
import { MASK } from './secret-names.ts'

/** How far a user and password may reach; a URL's own limit in practice is about 2,000. */
const MAX_AUTHORITY = 512

/** URLs whose knowledge suffices to post: the path behind them is the secret. */
const HOOKS = [
  'hooks.slack.com/services/',
  'hooks.slack.com/workflows/',
  'hooks.slack.com/triggers/',
  'discord.com/api/webhooks/',
  'discordapp.com/api/webhooks/',
  'canary.discord.com/api/webhooks/',
  'ptb.discord.com/api/webhooks/',
  'hooks.zapier.com/hooks/catch/',
  'chat.googleapis.com/v1/spaces/',
] as const

/** Behind the slashes of a URL whose colon stands at `at`, also as `:\/\/`; -1 when it is none. */
export function urlStart(codes: Codes, at: number): number {
  let end = at + 1
  for (let slash = 0; slash < 2; slash++) {
    for (let back = 0; back < 3 && codeAt(codes, end) === BACKSLASH; back++) end++
    if (codeAt(codes, end) !== 47) return -1
    end++
  }
  return end
}

/** Masks what stands before the host of the URL whose rest starts at `start`; returns where to go on. */
export function hideUserinfo(scan: Scan, start: number): number {
  const { text, codes } = scan
  const limit = Math.min(text.length, start + MAX_AUTHORITY)
  let at = start
  let last = -1
  let colon = -1
  let isHost = true
  for (; at < limit; at++) {
    const code = codeAt(codes, at)
    if (code === 64) last = at
    else if (code === 58 && colon < 0) colon = at
    else if (code === 61) isHost = false
    else if (code === 47 || code === 63 || code === 35 || endsUrl(code)) break
  }
  scan.steps += at - start
  const code = codeAt(codes, at)
  const isPath = at < limit && (code === 47 || code === 63 || code === 35)
  // "admin:pa/ss@host" has a slash in its password: the text behind its colon is no port.
  if (last < 0 && isPath && colon >= 0 && !isPort(codes, colon + 1, at)) last = laterAt(scan, colon, limit)
  if (last >= 0) return hideUser(scan, start, last, colon < last ? colon : -1, colon + 1)
  const after = hideHook(scan, start, at)
  // A host holds no secret; the walk goes on behind it.
  return after === start && isHost ? at : after
}

function hideUser(scan: Scan, start: number, end: number, colon: number, behind: number): number {
  // A name alone is no secret (ssh://git@host); a name of this length is a token.
  if (colon < 0) end - start >= 16 && scan.hide(start, end)
  else scan.hide(start, end, `${MASK}${scan.text.slice(colon, behind)}${MASK}`)
  return end
}

function laterAt(scan: Scan, start: number, limit: number): number {
  const { codes } = scan
  let last = -1
  let at = start
  for (; at < limit; at++) {
    const code = codeAt(codes, at)
    if (endsUrl(code) || (code === 58 && urlStart(codes, at) > 0)) break
    if (code === 64) last = at
  }
  scan.steps += at - start
  return last
}

function isPort(codes: Codes, start: number, end: number): boolean {
  if (end - start > 5 || codeAt(codes, start - 2) === 93) return true
  for (let at = start; at < end; at++) if (!is(codeAt(codes, at), DIGIT)) return false
  return end > start
}

function hideHook(scan: Scan, start: number, hostEnd: number): number {
  const { text, codes } = scan
  // All of them are in .com, and most URLs in a log are not.
  if (
    codeAt(codes, hostEnd) !== 47 ||
    codeAt(codes, hostEnd - 1) !== 109 ||
    codeAt(codes, hostEnd - 2) !== 111
  ) {
    return start
  }
  scan.steps += COST.word
  const isOffice = text.endsWith('.webhook.office.com', hostEnd)
  const hook = isOffice ? text.slice(start, hostEnd + 1) : HOOKS.find((one) => text.startsWith(one, start))
  if (hook === undefined) return start
  const from = start + hook.length
  let end = from
  while (end < text.length && !endsUrl(codeAt(codes, end))) end++
  while (end > from && /[.,;:)\]}]/.test(text.charAt(end - 1))) end--
  scan.steps += end - from
  if (end > from && !text.startsWith(MASK, from)) scan.hide(from, end)
  return end
}

const ENCODED_SLASHES = /(?:%(?:25){0,2}2f){2}/iy
const ENCODED_END = /[&/?#\s"'`<>\\]|%(?:25){0,2}(?:2f|26|3f|22)/i
const ENCODED_AT = /%(?:25){0,2}40/gi
const ENCODED_COLON = /:|%(?:25){0,2}3a/i

/** The same in a query string: `rtsp%3A%2F%2Fadmin%3Asecret%40cam`; `from` is behind the colon. -1 when it is no URL. */
export function hideEncodedUserinfo(scan: Scan, from: number): number {
  const { text } = scan
  scan.steps += COST.word
  ENCODED_SLASHES.lastIndex = from
  const slashes = ENCODED_SLASHES.exec(text)
  if (!slashes) return -1
  const start = from + slashes[0].length
  const piece = text.slice(start, start + MAX_AUTHORITY)
  const end = piece.search(ENCODED_END)
  const authority = end < 0 ? piece : piece.slice(0, end)
  scan.steps += 2 * authority.length + 2 * COST.word
  if (authority === '') return start
  // Half-encoded URLs keep their @.
  let last = authority.lastIndexOf('@')
  for (const match of authority.matchAll(ENCODED_AT)) last = Math.max(last, match.index)
  if (last < 0) return start
  const colon = ENCODED_COLON.exec(authority.slice(0, last))
  const colonAt = colon ? start + colon.index : -1
  return hideUser(scan, start, start + last, colonAt, colonAt + (colon?.[0].length ?? 0))
}

/** `admin:geheim@192.168.1.10` without a scheme; `at` is the @. */
export function hideBare(scan: Scan, at: number): void {
  const { codes } = scan
  if (!isAddress(codes, at + 1)) return
  scan.steps += 2 * COST.word
  const lowest = Math.max(scan.done, at - 200)
  let colon = at - 1
  for (; colon >= lowest; colon--) {
    const code = codeAt(codes, colon)
    if (code === 58) break
    if (code === 64 || code === 47 || endsValue(code)) break
  }
  scan.steps += at - colon
  if (colon < lowest || codeAt(codes, colon) !== 58 || colon === at - 1) return
  let start = colon
  while (start > lowest && isUser(codeAt(codes, start - 1))) start--
  scan.steps += colon - start
  // The t of \\t, in JSON
  if (start > scan.done && codeAt(codes, start - 1) === BACKSLASH) start++
  while (start < colon && !isLetter(codeAt(codes, start))) start++
  const before = codeAt(codes, start - 1)
  if (start >= colon || (start > scan.done && (before === 37 || isUser(before)))) return
  scan.hide(start, at, `${MASK}:${MASK}`)
}

function isAddress(codes: Codes, start: number): boolean {
  let at = start
  for (let part = 0; part < 4; part++) {
    if (part > 0 && codeAt(codes, at++) !== 46) return false
    const first = at
    while (at - first < 4 && is(codeAt(codes, at), DIGIT)) at++
    if (at === first || at - first > 3) return false
  }
  return true
}

function isUser(code: number): boolean {
  return is(code, WORD) || code === 45 || code === 46
}

function endsUrl(code: number): boolean {
  return code === 38 ? false : code === BACKSLASH || endsValue(code)
}
