import { StartupError } from './startup-error.ts'
import { valid } from './variables.ts'

/**
 * The address of a database. `mayNameSeveral`: with several hosts, of which one is the primary.
 *
 * @throws {StartupError} that names where it was given, and never shows it: it holds a password
 */
export function readDatabaseUrl(name: string, text: string, mayNameSeveral = false): string {
  const isList = namesSeveralHosts(text)
  if (isList && !(mayNameSeveral && databaseUrls(text).length > 1)) {
    throw new StartupError(
      `${name} contains several hosts, but only one is supported. Use the host that follows the primary after a failover: a DNS name, a virtual address or a proxy.`,
    )
  }
  const hosts = mayNameSeveral ? ', or with several hosts host1:5432,host2:5432' : ''
  return valid(
    name,
    text,
    (isList ? databaseUrls(text) : [text]).every(isDatabaseUrl),
    `like postgres://user:password@host:5432/database${hosts}; in name and password @ is written %40, # %23, / %2F, ? %3F and % %25`,
  )
}

/** The URL for each host of a URL, in their order. */
export function databaseUrls(text: string): string[] {
  const authority = authorityOf(text)
  const at = authority.lastIndexOf('@') + 1
  const begin = text.indexOf(authority)
  const [before, after] = [text.slice(0, begin + at), text.slice(begin + authority.length)]
  return authority
    .slice(at)
    .split(',')
    .map((host) => `${before}${host}${after}`)
}

/**
 * Whether the text is a database URL, with a name and password that are encoded: the text behind an `@`, `#`, `/` or
 * `?` in a password would be taken for the host, and the error message would show it.
 */
function isDatabaseUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return false
  const authority = authorityOf(text)
  const isOneAt = authority.split('@').length <= 2
  const isBehind = /@/.test(url.pathname) || (url.username === '' && url.search.includes('@'))
  return isOneAt && !isBehind && !text.includes('#') && !/%(?![0-9a-f]{2})/i.test(text)
}

/** Whether it is a URL as libpq takes it, with hosts to be tried one after the other. */
function namesSeveralHosts(text: string): boolean {
  if (!/^postgres(ql)?:\/\//.test(text)) return false
  const hosts = authorityOf(text).split('@').at(-1) ?? ''
  const [, query = ''] = text.split('?', 2)
  return hosts.includes(',') || (new URLSearchParams(query).get('host') ?? '').includes(',')
}

function authorityOf(url: string): string {
  return url.replace(/^[^:]*:\/\//, '').split(/[/?]/)[0] ?? ''
}
