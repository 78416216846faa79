import fastify, { type RouteOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerAccessGuard } from '../../src/http/access-guard.ts'
import { type AccessLevel, mayUse, type Role } from '../../src/service/access/access.ts'
import { Browser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const PASSWORD = 'correct horse battery'

type Route = { method: string; url: string; access: AccessLevel }

const routes: Route[] = []
let server: TestServer
let viewer: Browser
let admin: Browser
const keys = { ingest: '', read: '', admin: '' }

beforeAll(async () => {
  server = await startTestServer({
    environment: { TRUST_PROXY: 'true' },
    onRoute: ({ method, url, config }: RouteOptions) => {
      // The preflight requests of browsers; see `a key of pages` in api-keys.test.ts.
      if (config?.isPreflight) return
      for (const one of [method].flat()) {
        if (one !== 'HEAD') routes.push({ method: one, url, access: config?.access as AccessLevel })
      }
    },
  })
  for (const scope of ['ingest', 'read', 'admin'] as const) {
    const { body } = await server.send('POST', '/api/keys', { name: scope, scope })
    keys[scope] = body.data.secret
  }
  viewer = await arrive('viewer')
  admin = await arrive('admin')
})
afterAll(() => server.close())

async function arrive(role: 'viewer' | 'admin'): Promise<Browser> {
  const { body } = await server.send('POST', '/api/users/link', { username: `the ${role}`, role })
  const browser = new Browser(server.url)
  const secret = body.data.url.split('#link=')[1]
  await browser.post('/api/auth/link', { secret, username: `the ${role}`, password: PASSWORD })
  return browser
}

/** The status alone: streams go on for ever. */
async function statusOf({ method, url }: Route, headers: Record<string, string>): Promise<number> {
  // Parameters that exist nowhere, and no body: an authorised caller gets no further than validation.
  const path = url.replaceAll(/:\w+/g, '999999').replace('*', 'none')
  const response = await fetch(`${server.url}${path}`, { method, headers })
  await response.body?.cancel()
  return response.status
}

/** Expected of a caller without (`null`) or with a role; other statuses are the route's own business. */
function expected(role: Role | null, { access }: Route): 401 | 403 | 'let in' {
  if (access === 'public') return 'let in'
  if (role === null) return 401
  return mayUse(role, access) ? 'let in' : 403
}

describe('every route', () => {
  it('says what it asks of its caller', () => {
    expect(routes.length).toBeGreaterThan(20)
    expect(routes.filter(({ access }) => !access)).toEqual([])
  })

  it('is closed to strangers, but for the page, its health and the way in', () => {
    const open = routes.filter(({ access, url }) => access === 'public' && url.startsWith('/api'))
    expect(open.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
      'GET /api/auth/methods',
      'GET /api/auth/oidc/callback',
      'GET /api/auth/proxy',
      'POST /api/auth/link',
      'POST /api/auth/oidc',
      'POST /api/auth/sign-in',
      'POST /api/auth/sign-out',
    ])
  })

  const callers: [string, Role | null, () => Record<string, string>][] = [
    ['nobody', null, () => ({})],
    ['a wrong key', null, () => ({ 'x-api-key': `tl_${'A'.repeat(43)}` })],
    ['an ingest key', 'ingest', () => ({ authorization: `Bearer ${keys.ingest}` })],
    ['a read key', 'viewer', () => ({ 'x-api-key': keys.read })],
    ['an admin key', 'admin', () => ({ authorization: `bearer ${keys.admin}` })],
    ['a viewer', 'viewer', () => ({ cookie: viewer.cookie, origin: server.url })],
    ['an administrator', 'admin', () => ({ cookie: admin.cookie, origin: server.url })],
  ]

  it.each(callers)('lets %s do what they may and no more', async (_who, role, headers) => {
    const wrong: unknown[] = []
    for (const route of routes) {
      // They would end the session that the other routes are tried with.
      if (route.url === '/api/auth/sign-out' || route.url === '/api/sessions') continue
      // It takes keys and no sessions, as assistants.test.ts has it.
      if (route.url === '/mcp') continue
      // People have second factors, keys none: `a second factor` in sign-in.test.ts.
      if (route.url === '/api/auth/two-factor') continue
      const status = await statusOf(route, headers())
      const outcome = status === 401 || status === 403 ? status : 'let in'
      if (outcome !== expected(role, route)) wrong.push({ ...route, status })
    }
    expect(wrong).toEqual([])
  })

  it('cannot be registered without saying it', async () => {
    const app = fastify()
    registerAccessGuard(app, {
      accounts: null as never,
      apiKeys: null as never,
      embedLinks: null as never,
      notices: { on: () => {}, off: () => {} } as never,
      publicUrl: undefined,
    })
    const handler = async () => 'anything'
    expect(() => app.get('/forgotten', handler)).toThrow('GET /forgotten does not declare config.access')
    expect(() => app.get('/misspelt', { config: { access: 'reed' as AccessLevel } }, handler)).toThrow()
    await app.close()
  })
})

describe('a refusal', () => {
  it('says how to come in', async () => {
    const { status, headers, body } = await new Browser(server.url).get('/api/logs')
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(body).toMatchObject({ success: false, code: 'UNAUTHENTICATED', status_code: 401 })
  })

  it('does not tell a stranger which routes exist beyond saying not found', async () => {
    const { status, body } = await new Browser(server.url).get('/api/nothing-here?secret=1')
    expect([status, body.message]).toEqual([404, 'There is no route GET /api/nothing-here'])
  })

  it('of a wrong key is not overridden by a good session', async () => {
    const { status } = await viewer.get('/api/session', { authorization: 'Bearer tl_wrong' })
    expect(status).toBe(401)
  })

  it('leaves the credentials of a proxy alone', async () => {
    const { status } = await viewer.get('/api/session', { authorization: 'Basic dXNlcjpwYXNz' })
    expect(status).toBe(200)
  })
})

describe('a change asked for with a session', () => {
  const change = (headers: Record<string, string>) =>
    admin.post('/api/cameras', { name: 'Front' }, headers).then(({ status }) => status)
  const host = () => new URL(server.url).host

  it.each([
    ['our own page', () => ({ origin: server.url }), 201],
    ['our own page, as browsers say it', () => ({ 'sec-fetch-site': 'same-origin' }), 201],
    [
      'our own page behind a proxy that renames the host',
      () => ({ origin: 'https://logs.example.org', 'sec-fetch-site': 'same-origin' }),
      201,
    ],
    [
      'our own page behind a proxy that tells the host',
      () => ({ origin: 'https://logs.example.org', 'x-forwarded-host': 'logs.example.org' }),
      201,
    ],
    ['another site', () => ({ origin: 'https://evil.example' }), 403],
    ['another site, as browsers say it', () => ({ 'sec-fetch-site': 'cross-site' }), 403],
    [
      'another port of this host',
      () => ({ origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }),
      403,
    ],
    ['a sandboxed page', () => ({ origin: 'null' }), 403],
    [
      'plain HTTP, to what is served over TLS',
      () => ({ origin: `http://${host()}`, 'x-forwarded-proto': 'https' }),
      403,
    ],
    ['nowhere', () => ({}), 403],
  ])('from %s', async (_where, headers, status) => {
    expect(await change(headers() as unknown as Record<string, string>)).toBe(status)
  })

  it('needs no origin with a key, which no browser sends by itself', async () => {
    const headers = { authorization: `Bearer ${keys.admin}`, origin: 'https://evil.example' }
    expect((await new Browser(server.url).post('/api/cameras', { name: 'Back' }, headers)).status).toBe(201)
  })

  it('is believed to come from PUBLIC_URL', async () => {
    const behind = await startTestServer({ environment: { PUBLIC_URL: 'https://logs.example.org' } })
    try {
      const { status } = await new Browser(behind.url).post(
        '/api/auth/sign-in',
        { username: 'x', password: 'y' },
        { origin: 'https://logs.example.org' },
      )
      expect(status).toBe(401)
    } finally {
      await behind.close()
    }
  })

  it.each(['/api/auth/sign-in', '/api/auth/link', '/api/auth/sign-out'])(
    'is refused from another site on %s too, though that is public',
    async (path) => {
      const { status, body } = await new Browser(server.url).post(
        path,
        {},
        { origin: 'https://evil.example' },
      )
      expect([status, body.code]).toEqual([403, 'FORBIDDEN'])
    },
  )
})
