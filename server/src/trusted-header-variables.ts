import { checkGroups, externalReaders } from './external-variables.ts'
import type { HeaderConfig } from './service/access/header-sign-in.ts'
import { StartupError } from './startup-error.ts'
import { type Environment, readAll, valid } from './variables.ts'

type Readers = { [name: string]: (text: string | undefined) => Partial<HeaderConfig> }

/** The variables of sign-in by a header of the proxy. */
export const TRUSTED_HEADER_READERS: Readers = {
  TRUSTED_USER_HEADER: (text) =>
    text === undefined ? {} : { userHeader: readHeaderName('TRUSTED_USER_HEADER', text) },
  TRUSTED_GROUPS_HEADER: (text) =>
    text === undefined ? {} : { groupsHeader: readHeaderName('TRUSTED_GROUPS_HEADER', text) },
  ...externalReaders('TRUSTED'),
}

/** Browsers and programs send these themselves, and proxies pass them on or add to them. */
const OTHERS_HEADERS = [
  ...['authorization', 'cookie', 'host', 'origin', 'referer', 'user-agent', 'x-api-key'],
  ...['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'],
]

/** Undefined where no variable of it is set. @throws {StartupError} when one is missing, wrong or would let anybody in */
export function readTrustedHeader(
  environment: Environment,
  trustProxy: boolean | readonly string[],
): HeaderConfig | undefined {
  const given = Object.keys(TRUSTED_HEADER_READERS).find((name) => environment[name]?.trim())
  if (given === undefined) return undefined
  const read = readAll(TRUSTED_HEADER_READERS, environment) as HeaderConfig
  const missing = (name: string, why: string) =>
    new StartupError(`${name} is not set, but ${given} is. ${why}`)
  if (read.userHeader === undefined)
    throw missing('TRUSTED_USER_HEADER', 'Sign-in requires the header in which the proxy names the user.')
  if (read.groupsHeader === undefined)
    throw missing(
      'TRUSTED_GROUPS_HEADER',
      'Sign-in requires the header in which the proxy lists the groups of the user.',
    )
  if (read.userHeader === read.groupsHeader) {
    throw new StartupError(
      'TRUSTED_USER_HEADER and TRUSTED_GROUPS_HEADER are the same header. Use two headers.',
    )
  }
  checkGroups('TRUSTED', given, read)
  if (typeof trustProxy === 'boolean' || trustProxy.some((network) => /\/0+$/.test(network))) {
    throw new StartupError(
      'TRUSTED_USER_HEADER is set, but TRUST_PROXY does not list the addresses of the proxy, such as 10.0.0.5. Any client could send the header and sign in as any user.',
    )
  }
  if (environment.OIDC_ISSUER?.trim()) {
    throw new StartupError(
      'TRUSTED_USER_HEADER and OIDC_ISSUER are both set. Only one sign-in method can be used: unset the other.',
    )
  }
  return { ...read, proxies: trustProxy }
}

function readHeaderName(variable: string, text: string): string {
  const name = text.toLowerCase()
  const isName = /^[a-z][a-z0-9-]{0,99}$/.test(name)
  return valid(
    variable,
    name,
    isName && !OTHERS_HEADERS.includes(name),
    'a header that only the proxy sets, like Remote-User or X-Forwarded-User: letters, digits and -',
  )
}
