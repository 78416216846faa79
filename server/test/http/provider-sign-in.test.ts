// Sign-in by a real OpenID provider, with a browser that is made of requests.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLIENT, type OpenIdProvider, startOpenIdProvider } from '../../../test/support/openid-provider.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Where people reach the server, behind a proxy that the requests of this test are made without. */
const PUBLIC_URL = 'http://logs.example/in'
const CALLBACK = `${PUBLIC_URL}/api/auth/oidc/callback`

let server: TestServer
let provider: OpenIdProvider
beforeAll(async () => {
  provider = await startOpenIdProvider(PUBLIC_URL)
  server = await startTestServer({
    environment: {
      ...{ PUBLIC_URL, TRUST_PROXY: 'true', OIDC_ISSUER: provider.issuer, OIDC_NAME: 'Our SSO' },
      ...{ OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret },
      OIDC_SCOPES: 'openid profile email groups',
      ...{ OIDC_ADMIN_GROUPS: 'ops', OIDC_VIEWER_GROUPS: 'staff', OIDC_CAMERA_GROUPS: 'barn=3+4,gate=4+7' },
    },
  })
  await server.send(
    'POST',
    '/api/logs',
    [3, 4, 7, 9].map((camera_id) => ({ message: 'seen', camera_id })),
  )
})
afterAll(async () => {
  await server.close()
  await provider.close()
})

/** Follows redirects between the two sites, and keeps the cookies of each. */
class Person {
  readonly #jars = new Map<string, Map<string, string>>()

  async ask(address: string, options: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(address)
    const jar = this.#jars.get(origin) ?? new Map<string, string>()
    this.#jars.set(origin, jar)
    const target = address.startsWith(PUBLIC_URL) ? address.replace(PUBLIC_URL, server.url) : address
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(target, {
      ...options,
      redirect: 'manual',
      headers: { ...options.headers, cookie },
    })
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(text)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }

  cookies(origin = new URL(PUBLIC_URL).origin): Map<string, string> {
    return this.#jars.get(origin) ?? new Map()
  }

  /** Presses the button. */
  async begin(next?: string): Promise<string> {
    const response = await this.ask(`${PUBLIC_URL}/api/auth/oidc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://logs.example' },
      body: JSON.stringify(next === undefined ? {} : { next }),
    })
    expect(response.status).toBe(200)
    return ((await response.json()) as { data: { url: string } }).data.url
  }

  /** Fills in the forms of the provider, and stops with the address that it sends the browser back to. */
  async signInAtProvider(address: string, login: string): Promise<string> {
    let url = address
    for (let step = 0; step < 12; step++) {
      if (url.startsWith(CALLBACK)) return url
      let response = await this.ask(url)
      if (response.status === 200) {
        const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(await response.text()) ?? []
        const isLogin = !url.includes('consent') && !this.#hasConsent(url)
        const fields = isLogin ? { prompt: 'login', login, password: 'any' } : { prompt: 'consent' }
        response = await this.ask(action, { method: 'POST', body: new URLSearchParams(fields) })
        this.#seen.add(new URL(url).pathname)
      }
      url = new URL(response.headers.get('location') ?? '', url).href
    }
    throw new Error(`The provider leads nowhere: ${url}`)
  }

  readonly #seen = new Set<string>()

  /** The first form asks who it is, the second whether they agree. */
  #hasConsent(url: string): boolean {
    return this.#seen.size > 0 && !this.#seen.has(new URL(url).pathname)
  }

  /** Comes back with an answer; says where the server leads. */
  async comeBack(answer: string): Promise<string> {
    const response = await this.ask(answer)
    expect(response.status).toBe(303)
    return response.headers.get('location') ?? ''
  }

  /** All of it. */
  async signIn(login: string, next?: string): Promise<string> {
    return this.comeBack(await this.signInAtProvider(await this.begin(next), login))
  }

  async session(): Promise<{ status: number; data: unknown }> {
    const response = await this.ask(`${PUBLIC_URL}/api/session`)
    return { status: response.status, data: ((await response.json()) as { data?: unknown }).data }
  }

  async cameras(): Promise<number[]> {
    const response = await this.ask(`${PUBLIC_URL}/api/logs?search=seen`)
    const { data } = (await response.json()) as { data: { logs: { camera_id: number }[] } }
    return data.logs.map(({ camera_id }) => camera_id).toSorted()
  }
}

function know(login: string, groups: string[], preferred_username = login): void {
  provider.users.set(login, { preferred_username, groups })
}

const failed = (location: string) => new URL(location).searchParams.get('failed')

type Entry = { entity: string; address: string | null; before: unknown; after: unknown }

async function trail(action: string): Promise<Entry[]> {
  return (await server.get(`/api/audit?action=${action}`)).body.data.entries
}

it('the page learns the name of the provider', async () => {
  expect((await server.get('/api/auth/methods')).body.data).toEqual({ provider: 'Our SSO' })
})

it('lets people in with the rights of their groups, each time anew', async () => {
  know('s-1', ['ops', 'barn'], 'Anna')
  const anna = new Person()
  expect(await anna.signIn('s-1', '/patterns?hours=24')).toBe(`${PUBLIC_URL}/patterns?hours=24`)
  const session = { kind: 'user', name: 'Anna', role: 'admin', is_external: true }
  expect(await anna.session()).toEqual({ status: 200, data: session })
  expect(await anna.cameras()).toEqual([3, 4, 7, 9])
  expect(anna.cookies().size).toBe(1)

  know('s-1', ['barn', 'gate', 'others'], 'Anna')
  expect(await anna.signIn('s-1')).toBe(`${PUBLIC_URL}/logs`)
  expect((await anna.session()).data).toEqual({ ...session, role: 'viewer' })
  expect(await anna.cameras()).toEqual([3, 4, 7])

  // A user whose group went away loses existing sessions as well.
  know('s-1', ['others'], 'Anna')
  const elsewhere = new Person()
  expect(failed(await elsewhere.signIn('s-1'))).toBe('groups')
  expect((await anna.session()).status).toBe(401)

  know('s-1', ['staff'], 'Anna')
  await anna.signIn('s-1')
  expect(await anna.cameras()).toEqual([3, 4, 7, 9])
  const [created] = await trail('user.create')
  expect(created).toMatchObject({ entity: 'user Anna', after: { role: 'admin', cameras: null } })
  expect(await trail('user.update')).toMatchObject([
    { before: { cameras: [] }, after: { role: 'viewer', cameras: null } },
    { before: { role: 'admin' }, after: { role: 'viewer', cameras: [3, 4, 7] } },
  ])
  expect(await trail('sign-in.refused')).toMatchObject([{ entity: 'user Anna', after: { why: 'groups' } }])
  expect((await trail('sign-in'))[0]).toMatchObject({ entity: 'user Anna', after: { by: 'Our SSO' } })
})

it('lets nobody in who is in none of the groups, nor under the name of another', async () => {
  know('s-2', [], 'stranger')
  expect(failed(await new Person().signIn('s-2'))).toBe('groups')

  // Neither a name nor a verified address makes somebody a user who is here already.
  const { body } = await server.send('POST', '/api/users/link', { username: 'root', role: 'admin' })
  const secret = body.data.url.split('#link=')[1]
  const password = 'correct horse battery'
  await server.send('POST', '/api/auth/link', { secret, username: 'root', password })
  const { rows } = await server.database.database.pool.query(
    `select email from auth_users where name = 'root'`,
  )
  provider.users.set('s-3', {
    ...{ preferred_username: 'ROOT', groups: ['ops'], email: rows[0].email, email_verified: true },
  })
  expect(failed(await new Person().signIn('s-3'))).toBe('name')
  // Nor another subject of the same name at the provider.
  know('s-4', ['ops'], 'anna')
  expect(failed(await new Person().signIn('s-4'))).toBe('name')
  expect((await server.send('POST', '/api/auth/sign-in', { username: 'root', password })).status).toBe(200)
})

it('a user of the provider has no other way in, and no other rights than the groups give', async () => {
  know('s-5', ['staff'], 'Ben')
  const ben = new Person()
  await ben.signIn('s-5')
  const { users } = (await server.get('/api/users')).body.data
  const user = users.find(({ name }: { name: string }) => name === 'Ben')
  expect(user).toMatchObject({ is_external: true, has_password: false })
  const link = await server.send('POST', '/api/users/link', { username: 'Ben' })
  expect([link.status, link.body.message]).toEqual([
    409,
    expect.stringMatching(/^Ben signs in through the provider/),
  ])
  for (const change of [{ role: 'admin' }, { cameras: [3] }])
    expect((await server.send('PATCH', `/api/users/${user.id}`, change)).status).toBe(409)
  const guess = await server.send('POST', '/api/auth/sign-in', { username: 'Ben', password: 'any password' })
  expect(guess.status).toBe(401)

  // However much it is used, it ends when the groups have to be asked for again.
  const age = (hours: number) =>
    server.database.database.pool.query(
      `with aged as (
        update auth_sessions set created_at = now() - $2 * interval '1 hour' where user_id = $1
      )
      select pg_notify('sessions', '')`,
      [user.id, hours],
    )
  await age(23)
  expect((await ben.session()).status).toBe(200)
  await age(25)
  await expect.poll(async () => (await ben.session()).status).toBe(401)

  await ben.signIn('s-5')
  await server.send('PATCH', `/api/users/${user.id}`, { disabled: true })
  expect((await ben.session()).status).toBe(401)
  expect(failed(await ben.signIn('s-5'))).toBe('disabled')
})

it('signing out ends the session here and leads to where the provider ends its own', async () => {
  know('s-6', ['staff'], 'Cleo')
  const cleo = new Person()
  await cleo.signIn('s-6')
  const answer = await cleo.ask(`${PUBLIC_URL}/api/auth/sign-out`, {
    method: 'POST',
    headers: { origin: 'http://logs.example' },
  })
  const { url } = ((await answer.json()) as { data: { url: string } }).data
  expect(url.startsWith(`${provider.issuer}/session/end?`)).toBe(true)
  expect(new URL(url).searchParams.get('post_logout_redirect_uri')).toBe(`${PUBLIC_URL}/sign-in`)
  expect((await cleo.ask(url)).status).toBe(200)
  expect((await cleo.session()).status).toBe(401)
})

describe('an attack', () => {
  beforeAll(() => know('s-7', ['ops'], 'Mallory'))

  it('with the answer that another browser got does not sign a victim in as the attacker', async () => {
    const mallory = new Person()
    const stolen = await mallory.signInAtProvider(await mallory.begin(), 's-7')
    const withoutAttempt = new Person()
    expect(failed(await withoutAttempt.comeBack(stolen))).toBe('expired')
    const victim = new Person()
    await victim.begin()
    expect(failed(await victim.comeBack(stolen))).toBe('failed')
    expect((await victim.session()).status).toBe(401)
  })

  it('with an answer a second time is refused, with what the browser kept as well', async () => {
    const mallory = new Person()
    const answer = await mallory.signInAtProvider(await mallory.begin(), 's-7')
    const kept = new Map(mallory.cookies())
    expect(await mallory.comeBack(answer)).toBe(`${PUBLIC_URL}/logs`)
    expect(failed(await mallory.comeBack(answer))).toBe('expired')
    for (const [name, value] of kept) mallory.cookies().set(name, value)
    expect(failed(await mallory.comeBack(answer))).toBe('failed')
  })

  it.each<[string, NonNullable<OpenIdProvider['tamper']>]>([
    ['has another nonce', (token) => ({ ...token, claims: { ...token.claims, nonce: 'another' } })],
    ['has no nonce', ({ claims: { nonce: _, ...claims }, ...token }) => ({ ...token, claims })],
    ['is for another client', (token) => ({ ...token, claims: { ...token.claims, aud: 'another' } })],
    [
      'is of another issuer',
      (token) => ({ ...token, claims: { ...token.claims, iss: 'https://evil.example' } }),
    ],
    ['is too old', (token) => ({ ...token, claims: { ...token.claims, iat: 1, exp: 2 } })],
    ['is signed by another', (token) => ({ ...token, isSignedByOther: true })],
    ['is not signed', (token) => ({ ...token, header: { alg: 'none' } })],
    [
      'is of another person than the answer of the provider',
      (token) => ({ ...token, claims: { ...token.claims, sub: 's-1' } }),
    ],
  ])('with an ID token that %s is refused', async (_name, tamper) => {
    provider.tamper = tamper
    const before = (await trail('sign-in.failed')).length
    try {
      const mallory = new Person()
      expect(failed(await mallory.signIn('s-7'))).toBe('failed')
      expect((await mallory.session()).status).toBe(401)
    } finally {
      provider.tamper = undefined
    }
    expect(await trail('sign-in.failed')).toHaveLength(before + 1)
  })

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/a/../..//evil.example',
    '/%0d%0a//evil.example',
    '/\n/evil.example',
    'javascript:alert(1)',
    '/sign-in?failed=x',
  ])('with the page %j to go to afterwards ends on our own', async (next) => {
    const location = await new Person().signIn('s-7', next)
    expect(new URL(location).origin).toBe('http://logs.example')
    expect(location).toMatch(/^http:\/\/logs\.example\/in\/(logs$|%0d%0a\/\/evil|evil)/)
  })

  it('by a page of another site begins nothing', async () => {
    const answer = await new Person().ask(`${PUBLIC_URL}/api/auth/oidc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
      body: '{}',
    })
    expect(answer.status).toBe(403)
  })

  it('with a broken or a foreign cookie, or an error in the address, is told so and shown nothing of it', async () => {
    const mallory = new Person()
    await mallory.begin()
    const [name = ''] = [...mallory.cookies().keys()]
    mallory.cookies().set(name, 'bm90IHNlYWxlZCBhdCBhbGwsIGJ1dCBsb25nIGVub3VnaA')
    expect(failed(await mallory.comeBack(`${CALLBACK}?code=x&state=y`))).toBe('expired')
    const url = await mallory.begin()
    const state = new URL(url).searchParams.get('state')
    const denied = `${CALLBACK}?error=access_denied&error_description=<script>&state=${state}&iss=${provider.issuer}`
    const location = await mallory.comeBack(denied)
    expect(failed(location)).toBe('denied')
    expect(location).not.toContain('script')
  })
})

describe('a header of the proxy', () => {
  let proxied: TestServer
  const environment = {
    ...{ TRUST_PROXY: '127.0.0.1', TRUSTED_NAME: 'the gate' },
    ...{ TRUSTED_USER_HEADER: 'Remote-User', TRUSTED_GROUPS_HEADER: 'Remote-Groups' },
    ...{ TRUSTED_ADMIN_GROUPS: 'ops', TRUSTED_VIEWER_GROUPS: 'staff', TRUSTED_CAMERA_GROUPS: 'barn=3+4' },
  }
  beforeAll(async () => {
    proxied = await startTestServer({ database: server.database, environment })
  })
  afterAll(() => proxied.close())

  type Answer = { status: number; location: string; cookie: string; text: string }

  /** A request as it is written, from an address of this machine. */
  async function ask(path: string, headers: readonly string[], localAddress = '127.0.0.1'): Promise<Answer> {
    const socket = connect({ port: Number(new URL(proxied.url).port), host: '127.0.0.1', localAddress })
    socket.write(
      [`GET ${path} HTTP/1.1`, 'Host: logs.example', 'Connection: close', ...headers, '', ''].join('\r\n'),
      'latin1',
    )
    const answer = await text(socket)
    const [, location = ''] = /^location: (.*)$/im.exec(answer) ?? []
    const [, cookie = ''] = /^set-cookie: ([^;]+)/im.exec(answer) ?? []
    return { status: Number(answer.slice(9, 12)), location: location.trim(), cookie, text: answer }
  }

  const signIn = (headers: readonly string[], from?: string) =>
    ask('/api/auth/proxy?next=%2Fpatterns', headers, from)
  const as = (user: string, groups: string) => [`Remote-User: ${user}`, `Remote-Groups: ${groups}`]
  const isRefused = (failure: string) => ({
    ...{ status: 303, cookie: '' },
    location: `/sign-in?failed=${failure}&next=%2Fpatterns`,
  })

  it('is exchanged for a session with the rights of its groups, each time anew', async () => {
    expect((await proxied.get('/api/auth/methods')).body.data).toEqual({ provider: 'the gate' })
    const begun = await proxied.send('POST', '/api/auth/oidc', { next: '/patterns' })
    expect(begun.body.data).toEqual({ url: '/api/auth/proxy?next=%2Fpatterns' })
    const dora = await signIn(as('Dora', 'ops, others'))
    expect(dora).toMatchObject({ status: 303, location: '/patterns' })
    const session = async ({ cookie }: Answer) => {
      const { status, text } = await ask('/api/session', [`Cookie: ${cookie}`])
      return status === 200 ? JSON.parse(/\{.*\}/s.exec(text)?.[0] ?? '').data : status
    }
    const user = { kind: 'user', name: 'Dora', role: 'admin', is_external: true }
    expect(await session(dora)).toEqual(user)

    // The session from before has no more rights than the groups give now.
    const again = await signIn(as('Dora', 'barn'))
    expect([await session(again), await session(dora)]).toEqual(Array(2).fill({ ...user, role: 'viewer' }))
    expect((await ask('/api/audit', [`Cookie: ${dora.cookie}`])).status).toBe(403)
    expect(await signIn(as('Dora', 'others'))).toMatchObject(isRefused('groups'))
    expect([await session(again), await session(dora)]).toEqual([401, 401])
    // Bytes of UTF-8.
    const greek = Buffer.from('Ελένη').toString('latin1')
    expect(await session(await signIn(as(greek, 'staff')))).toMatchObject({ name: 'Ελένη' })
  })

  it('makes nobody a user of another way in, nor a stranger anything', async () => {
    await proxied.send('POST', '/api/users/link', { username: 'walter', role: 'viewer' })
    expect(await signIn(as('Walter', 'ops'))).toMatchObject(isRefused('name'))
    know('s-9', ['staff'], 'Zoe')
    await new Person().signIn('s-9')
    expect(await signIn(as('Zoe', 'ops'))).toMatchObject(isRefused('name'))
    expect(await signIn(as('nobody', 'others'))).toMatchObject(isRefused('groups'))
    expect(await signIn(['Remote-User: nobody'])).toMatchObject(isRefused('groups'))
  })

  it.each<[string, string[], string?]>([
    ['from another address', as('Dora', 'ops'), '127.0.0.2'],
    [
      'from another address that calls itself the proxy',
      ['X-Forwarded-For: 127.0.0.1', ...as('Dora', 'ops')],
      '127.0.0.2',
    ],
    ['that is not there', ['Remote-Groups: ops']],
    ['that is blank', as('  ', 'ops')],
    ['of a browser beside that of the proxy', ['remote-user: Anna', ...as('Dora', 'ops')]],
    ['of groups of a browser beside those of the proxy', ['remote-groups: ops', ...as('Dora', 'staff')]],
    ['that is very long', as('D'.repeat(256), 'ops')],
    ['with a tab', as('Do\tra', 'ops')],
    ['with bytes that are no text', as('Do\xffra', 'ops')],
    ['of groups with bytes that are no text', as('Dora', 'ops,\xff')],
  ])('%s is refused', async (_, headers, from) => {
    expect(await signIn(headers, from)).toMatchObject(isRefused('failed'))
    const [entry] = await trail('sign-in.failed')
    expect(entry).toMatchObject({ address: from ?? '127.0.0.1', after: { by: 'the gate' } })
  })

  it.each(['Do\rra', 'Do\0ra', 'Dora\n ra'])('as %j is no request', async (user) => {
    expect((await signIn(as(user, 'ops'))).status).toBe(400)
  })

  it('says nothing on other routes, nor on a server that does not trust it', async () => {
    for (const path of ['/api/session', '/api/logs', '/api/users', '/api/audit'])
      expect((await ask(path, as('Dora', 'ops'))).status).toBe(401)
    expect((await server.send('GET', '/api/auth/proxy', undefined, { 'remote-user': 'Dora' })).status).toBe(
      404,
    )
  })

  it.each(['//evil.example', 'https://evil.example', '/%0d%0a//evil.example', '/\\evil.example'])(
    'with the page %j to go to afterwards ends on our own',
    async (next) => {
      const { location } = await ask(`/api/auth/proxy?next=${encodeURIComponent(next)}`, as('Ed', 'staff'))
      expect(location).toMatch(/^\/(logs$|%0d%0a\/\/evil)/)
    },
  )
})

it('a provider that is away keeps nobody from signing in with a password', async () => {
  const mallory = new Person()
  const answer = await mallory.signInAtProvider(await mallory.begin(), 's-7')
  await provider.close()
  expect(failed(await mallory.comeBack(answer))).toBe('unavailable')
  const away = await startTestServer({
    database: server.database,
    environment: {
      ...{ PUBLIC_URL, OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: 'x', OIDC_VIEWER_GROUPS: 'staff' },
    },
  })
  try {
    const begun = await away.send('POST', '/api/auth/oidc', {})
    expect([begun.status, begun.body.message]).toEqual([503, expect.stringContaining(provider.issuer)])
    const who = { username: 'root', password: 'correct horse battery' }
    expect((await away.send('POST', '/api/auth/sign-in', who)).status).toBe(200)
  } finally {
    await away.close()
  }
})
