import { checkGroups, externalReaders } from './external-variables.ts'
import type { OidcConfig } from './service/access/oidc-config.ts'
import { StartupError } from './startup-error.ts'
import { type Environment, readAll, valid } from './variables.ts'

type Readers = { [name: string]: (text: string | undefined) => Partial<OidcConfig> }

/** Printable, as it goes into addresses and headers. */
const PRINTABLE = /^[\x21-\x7e]+$/

/** The variables of sign-in by an OpenID provider. */
export const OIDC_READERS: Readers = {
  OIDC_ISSUER: (text) => (text === undefined ? {} : { issuer: readIssuer(text) }),
  OIDC_CLIENT_ID: (text) =>
    text === undefined
      ? {}
      : { clientId: valid('OIDC_CLIENT_ID', text, PRINTABLE.test(text), 'the client id, without spaces') },
  OIDC_CLIENT_SECRET: (text) => ({
    clientSecret:
      text === undefined
        ? undefined
        : valid('OIDC_CLIENT_SECRET', text, PRINTABLE.test(text), 'the client secret, without spaces'),
  }),
  OIDC_SCOPES: (text = 'openid profile email') => ({
    scopes: valid(
      'OIDC_SCOPES',
      text,
      text.split(' ').includes('openid') && /^[\x20-\x7e]+$/.test(text),
      'scopes separated by spaces, including openid',
    ),
  }),
  OIDC_GROUPS_CLAIM: (text = 'groups') => ({ groupsClaim: text }),
  OIDC_NAME_CLAIM: (text = 'preferred_username') => ({ nameClaim: text }),
  ...externalReaders('OIDC'),
}

/** Undefined where no variable of it is set. @throws {StartupError} when one is missing or wrong */
export function readOidc(environment: Environment, publicUrl: string | undefined): OidcConfig | undefined {
  const given = Object.keys(OIDC_READERS).filter((name) => environment[name]?.trim())
  if (given.length === 0) return undefined
  const read = readAll(OIDC_READERS, environment) as OidcConfig
  const missing = (name: string, why: string) =>
    new StartupError(`${name} is not set, but ${given[0]} is. ${why}`)
  if (read.issuer === undefined) throw missing('OIDC_ISSUER', 'Sign-in requires the address of the provider.')
  if (read.clientId === undefined)
    throw missing('OIDC_CLIENT_ID', 'Sign-in requires the client id of this server at the provider.')
  if (publicUrl === undefined)
    throw missing('PUBLIC_URL', 'The provider redirects users to PUBLIC_URL/api/auth/oidc/callback.')
  checkGroups('OIDC', given[0] ?? '', read)
  return { ...read, redirectUrl: `${publicUrl}/api/auth/oidc/callback` }
}

/** Plain HTTP only to this machine: who stands between could sign themselves in as anybody. */
function readIssuer(text: string): string {
  const url = URL.parse(text)
  const isHere = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere)
  return valid(
    'OIDC_ISSUER',
    text,
    url !== null && isSafe && !url.search && !url.hash && !url.username,
    'the https address of the provider, as its discovery document names it, like https://sso.example.org/realms/main',
  )
}
