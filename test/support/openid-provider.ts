import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** A person at the provider: their subject is the login. */
type ProviderUser = {
  preferred_username: string
  groups: string[]
  email?: string
  email_verified?: boolean
}

type Token = { header: Record<string, unknown>; claims: Record<string, unknown>; isSignedByOther?: boolean }

export type OpenIdProvider = {
  issuer: string
  /** By login; any password will do. */
  users: Map<string, ProviderUser>
  /** Changes each ID token before it goes out, signed anew, as a hostile provider or one in between would. */
  tamper: ((token: Token) => Token) | undefined
  close: () => Promise<void>
}

export const CLIENT = { id: 'timelapser-logs', secret: 'a-secret-of-the-client' }

/** A real OpenID provider with a sign-in form, for one client. */
export async function startOpenIdProvider(publicUrl: string): Promise<OpenIdProvider> {
  const [key, other] = [newKey(), newKey()]
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const users = new Map<string, ProviderUser>()
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${publicUrl}/api/auth/oidc/callback`],
        post_logout_redirect_uris: [`${publicUrl}/sign-in`],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...key.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] as never },
    cookies: { keys: ['a key for the cookies of this test'] },
    pkce: { required: () => true },
    // Set, so that it does not tell of its defaults.
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: {
      profile: ['preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    findAccount: (_ctx, id) => {
      const user = users.get(id)
      return user && { accountId: id, claims: async () => ({ sub: id, ...user }) }
    },
  })
  const answer = provider.callback()
  const opened: OpenIdProvider = {
    issuer,
    users,
    tamper: undefined,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  server.on('request', (request, response) => {
    const { tamper } = opened
    if (request.url === '/token' && tamper)
      changeToken(response, (token) => signed(tamper(read(token)), key, other))
    void answer(request, response)
  })
  return opened
}

function newKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

function changeToken(response: ServerResponse, change: (token: string) => string): void {
  const end = response.end.bind(response)
  response.end = ((body: string | Buffer) => {
    const reply = JSON.parse(String(body)) as { id_token?: string }
    const text = JSON.stringify(reply.id_token ? { ...reply, id_token: change(reply.id_token) } : reply)
    response.setHeader('content-length', Buffer.byteLength(text))
    return end(text)
  }) as typeof response.end
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function read(token: string): Token {
  const [header = '', claims = ''] = token.split('.')
  const open = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString())
  return { header: open(header), claims: open(claims) }
}

type Key = ReturnType<typeof newKey>

function signed({ header, claims, isSignedByOther }: Token, key: Key, other: Key): string {
  const text = `${part(header)}.${part(claims)}`
  if (header.alg === 'none') return `${text}.`
  const signature = sign('sha256', Buffer.from(text), {
    key: isSignedByOther ? other : key,
    dsaEncoding: 'ieee-p1363',
  })
  return `${text}.${signature.toString('base64url')}`
}
