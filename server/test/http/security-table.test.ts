// docs/security.md: the reply of each route to each caller. The table there is this test's; written anew by
// WRITE_DOCS=1 node scripts/run.mjs vitest run server/test/http/security-table.test.ts
import type { RouteOptions } from 'fastify'
import { afterAll, beforeAll, it } from 'vitest'
import { expectWritten, markdownTable } from '../../../test/repository/written-section.ts'
import { Browser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** An id that no user and no session has. */
const NOBODY = '00000000-0000-4000-8000-000000000000'

type Route = { method: string; url: string }
type Caller = { title: string; headers: Record<string, string> }

const routes: Route[] = []
let server: TestServer
const callers: Caller[] = []

beforeAll(async () => {
  server = await startTestServer({
    onRoute: ({ method, url, config }: RouteOptions) => {
      if (config?.isPreflight) return
      for (const one of [method].flat())
        if (one !== 'HEAD' && (url.startsWith('/api') || config?.access !== 'public'))
          routes.push({ method: one, url })
    },
  })
  const key = async (scope: string) => {
    const { body } = await server.send('POST', '/api/keys', { name: scope, scope })
    return { authorization: `Bearer ${body.data.secret}` }
  }
  callers.push(
    { title: 'anonymous', headers: {} },
    { title: 'ingest key', headers: await key('ingest') },
    { title: 'read key', headers: await key('read') },
    { title: 'camera viewer', headers: await signedIn('camera viewer', 'viewer', [1]) },
    { title: 'viewer', headers: await signedIn('viewer', 'viewer', null) },
    { title: 'admin', headers: await signedIn('admin', 'admin', null) },
  )
  // One of two cameras is the camera viewer's; log 1 belongs to the other.
  await server.send('POST', '/api/logs', {
    level: 'INFO',
    message: 'of camera 2',
    camera_id: 2,
    source: 'camera_2',
  })
})
afterAll(() => server.close())

async function signedIn(username: string, role: string, cameras: number[] | null) {
  const link = await server.send('POST', '/api/users/link', { username, role })
  const secret = link.body.data.url.split('#link=')[1]
  const browser = new Browser(server.url)
  await browser.post('/api/auth/link', { secret, username, password: 'correct horse battery' })
  const { pool } = server.database.database
  await pool.query('update auth_users set cameras = $1 where name = $2', [cameras, username])
  return { cookie: browser.cookie, origin: server.url }
}

/** The status of a request for camera or log 2 or 1, without a body: an authorised caller gets as far as validation. */
async function statusOf({ method, url }: Route, headers: Record<string, string>): Promise<number> {
  const path = url
    .replace('/api/logs/:id', '/api/logs/1')
    .replace('/api/logs/cameras/:camera_id', '/api/logs/cameras/2')
    .replaceAll(/:\w+/g, /^\/api\/(users|sessions)/.test(url) ? NOBODY : '999999')
  const isRead = method === 'GET'
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: isRead ? headers : { 'content-type': 'application/json', ...headers },
    body: isRead ? null : '{}',
  })
  await response.body?.cancel()
  return response.status
}

it('is what docs/security.md says', async () => {
  const sorted = routes
    // They sign the caller out, and all later requests would be refused.
    .filter(({ url }) => url !== '/api/auth/sign-out')
    .toSorted((a, b) => `${a.url} ${a.method}`.localeCompare(`${b.url} ${b.method}`, 'en'))
  const lines: string[][] = [['route', ...callers.map(({ title }) => title)]]
  // Changes come after all reads, so that all reads find the same; requests that end the callers' sessions come last.
  const order = ({ method, url }: Route) => (method === 'GET' ? 0 : url === '/api/sessions' ? 2 : 1)
  const statuses = new Map<Route, number[]>()
  for (const route of sorted.toSorted((a, b) => order(a) - order(b))) {
    const of: number[] = []
    for (const { headers } of callers) of.push(await statusOf(route, headers))
    statuses.set(route, of)
  }
  for (const route of sorted) {
    lines.push([`\`${route.method} ${route.url}\``, ...(statuses.get(route) ?? []).map(String)])
  }
  const table = markdownTable(lines)
  expectWritten('docs/security.md', 'routes', table)
})
