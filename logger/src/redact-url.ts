// user:password@ in URLs. Hand-written scanning: each character is looked at a bounded number of times.
import { MASK } from './secret-names.ts'

/** How far a user and password may reach; a URL's own limit in practice is about 2,000. */
const MAX_AUTHORITY = 512
const SEPARATOR = /:(?:\\{0,3}\/){2}|%(?:25){0,2}3a%(?:25){0,2}2f%(?:25){0,2}2f/gi
const ENCODED_AT = /%(?:25){0,2}40/gi
const ENCODED_COLON = /%(?:25){0,2}3a/i
const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}(?!\d)/
const BARE_CREDENTIALS = /(^|[^\w%.-])([a-z][\w.-]{0,63}):([^\s@/:"'<>]{1,128})$/i

/** Masks what stands before the host of every URL, plain or percent-encoded, and `user:password@192.168.1.10`. */
export function redactUrls(text: string): string {
  let result = ''
  let done = 0
  SEPARATOR.lastIndex = 0
  for (let match = SEPARATOR.exec(text); match; match = SEPARATOR.exec(text)) {
    const start = match.index + match[0].length
    const run = nonSpaceRun(text, start)
    const userinfo = match[0].startsWith(':') ? plainUserinfo(run) : encodedUserinfo(run)
    if (userinfo === undefined) continue
    const masked = maskUserinfo(userinfo)
    result += text.slice(done, start) + masked
    done = start + userinfo.length
    SEPARATOR.lastIndex = done
  }
  return redactBare(result + text.slice(done))
}

function nonSpaceRun(text: string, start: number): string {
  const piece = text.slice(start, start + MAX_AUTHORITY)
  const end = piece.search(/[\s"'`<>\\]/)
  return end < 0 ? piece : piece.slice(0, end)
}

function plainUserinfo(run: string): string | undefined {
  const pathStart = run.search(/[/?#]/)
  const authority = pathStart < 0 ? run : run.slice(0, pathStart)
  const at = authority.lastIndexOf('@')
  if (at >= 0) return authority.slice(0, at)
  // No @ before the path. "admin:pa/ss@host" has a slash in its password: what follows its colon is no port.
  if (pathStart < 0 || !/^[^:[\]]*:(?!\d{1,5}$)/.test(authority)) return undefined
  const next = run.indexOf('://')
  const later = (next < 0 ? run : run.slice(0, next)).lastIndexOf('@')
  return later < 0 ? undefined : run.slice(0, later)
}

function encodedUserinfo(run: string): string | undefined {
  const end = run.search(/[&/?#]|%(?:25){0,2}(?:2f|26|3f)/i)
  const authority = end < 0 ? run : run.slice(0, end)
  let last: number | undefined
  ENCODED_AT.lastIndex = 0
  for (let match = ENCODED_AT.exec(authority); match; match = ENCODED_AT.exec(authority)) last = match.index
  // Half-encoded URLs keep their @.
  const plain = authority.lastIndexOf('@')
  const at = Math.max(last ?? -1, plain)
  return at < 0 ? undefined : authority.slice(0, at)
}

function maskUserinfo(userinfo: string): string {
  const colon = /:/.exec(userinfo) ?? ENCODED_COLON.exec(userinfo)
  if (colon) return `${MASK}${colon[0]}${MASK}`
  // A name alone tells no secret (ssh://git@host); as long as this it is a token.
  return userinfo.length >= 16 ? MASK : userinfo
}

function redactBare(text: string): string {
  let result = ''
  let done = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    if (!ADDRESS.test(text.slice(at + 1, at + 17))) continue
    const before = BARE_CREDENTIALS.exec(text.slice(Math.max(done, at - 200), at))
    if (!before) continue
    const length = (before[2]?.length ?? 0) + (before[3]?.length ?? 0) + 1
    result += `${text.slice(done, at - length)}${MASK}:${MASK}`
    done = at
  }
  return result + text.slice(done)
}
