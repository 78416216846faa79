// Signed links to the lines of one camera: what they open, for how long, and which sites may show them.
import { createHmac } from 'node:crypto'
import type { RouteOptions } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { holdStreams } from '../support/held-streams.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const SECRET = 'a secret of the tests, of 32 letters or more'

let server: TestServer
const routes: { method: string; url: string }[] = []

beforeAll(async () => {
  server = await startTestServer({
    onRoute: ({ method, url, config }: RouteOptions) => {
      if (config?.access === 'public') return
      for (const one of [method].flat()) if (one !== 'HEAD') routes.push({ method: one, url })
    },
    environment: { EMBED_SECRET: SECRET, EMBED_ORIGINS: 'https://app.example, http://127.0.0.1:9' },
  })
  await server.send('POST', '/api/logs', [
    { message: 'of camera 1', camera_id: 1, source: 'camera_1' },
    { message: 'of camera 2', camera_id: 2, source: 'camera_2' },
    { message: 'of none', source: 'api' },
  ])
})
afterAll(() => server.close())

const now = () => Math.floor(Date.now() / 1000)

/** As docs/access.md says: an application with the secret signs links itself. */
function tokenOf(camera: number | string, expires: number, secret = SECRET): string {
  return `tle_${camera}_${expires}_${createHmac('sha256', secret).update(`${camera}.${expires}`).digest('hex')}`
}

async function ask(path: string, token: string) {
  const response = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
  return { status: response.status, body: (await response.json()) as any }
}

it('a link that an administrator makes, or an application signs, reads the lines of its camera alone', async () => {
  const made = await server.send('POST', '/api/cameras/1/link', { expires_in_hours: 2 })
  expect(made.status).toBe(201)
  const [address, token] = made.body.data.url.split('#')
  expect(address).toBe(`${server.url}/embed`)
  expect(Date.parse(made.body.data.expires_at) - Date.now()).toBeGreaterThan(7_100_000)
  for (const each of [token, tokenOf(1, now() + 60)]) {
    const { body } = await ask('/api/logs', each)
    expect(body.data.logs.map(({ message }: { message: string }) => message)).toEqual(['of camera 1'])
    expect((await ask('/api/cameras', each)).body.data.cameras).toMatchObject([{ id: 1 }])
    expect((await ask('/api/logs?camera_id=2', each)).body.data.logs).toEqual([])
  }
})

it('opens three routes of all there are', async () => {
  const token = tokenOf(1, now() + 60)
  const open: string[] = []
  for (const { method, url } of routes) {
    const path = url.replaceAll(/:\w+/g, '1').replaceAll('*', 'x')
    const response = await fetch(`${server.url}${path}`, {
      ...{ method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } },
      body: method === 'GET' ? null : '{}',
    })
    await response.body?.cancel()
    if (response.status !== 403) open.push(`${method} ${url} ${response.status}`)
  }
  expect(routes.length).toBeGreaterThan(100)
  expect(open.toSorted()).toEqual(['GET /api/cameras 200', 'GET /api/logs 200', 'GET /api/logs/stream 200'])
})

it('is refused when it has expired, was changed, is signed by another secret or is no token', async () => {
  const good = tokenOf(1, now() + 60)
  const bad = [
    tokenOf(1, now() - 1),
    good.replace('tle_1_', 'tle_2_'),
    good.replace(/_(\d+)_/, (_, expires) => `_${Number(expires) + 1}_`),
    good.slice(0, -1),
    `${good}0`,
    tokenOf(1, now() + 60, 'another secret'),
    tokenOf('01', now() + 60),
    tokenOf('2147483648', now() + 60),
    tokenOf('99999999999', now() + 60),
    'tle_1_1_',
  ]
  for (const token of bad) expect([token, (await ask('/api/logs', token)).status]).toEqual([token, 401])
})

it('lets the sites of EMBED_ORIGINS show the page in a frame, and no other page of ours', async () => {
  const headersOf = async (path: string) => (await fetch(`${server.url}${path}`)).headers
  const embed = await headersOf('/embed')
  expect(embed.get('content-security-policy')).toContain(
    'frame-ancestors https://app.example http://127.0.0.1:9;',
  )
  expect(embed.get('x-frame-options')).toBe(null)
  const logs = await headersOf('/logs')
  expect(logs.get('content-security-policy')).toContain("frame-ancestors 'none';")
  expect(logs.get('x-frame-options')).toBe('SAMEORIGIN')
})

it('names what is wrong with a request for a link', async () => {
  const long = await server.send('POST', '/api/cameras/1/link', { expires_in_hours: 8761 })
  expect([long.status, long.body.message]).toEqual([400, expect.stringContaining('8760')])
})

it('readers of all links have a third of the streams, and those of one camera a third of these', async () => {
  const streams = holdStreams()
  const open = (token: string) =>
    streams.open(`${server.url}/api/logs/stream`, { authorization: `Bearer ${token}` })
  const opened = async (camera: number, count: number) => {
    const token = tokenOf(camera, now() + 600)
    const statuses = await Promise.all(Array.from({ length: count }, () => open(token)))
    return statuses.filter((status) => status === 200).length
  }
  try {
    expect(await opened(1, 170)).toBe(166)
    expect(await opened(2, 166)).toBe(166)
    expect(await opened(3, 166)).toBe(166)
    expect(await opened(4, 3)).toBe(2)
    expect(await open(server.apiKey)).toBe(200)
    expect(streams.count()).toBe(501)
  } finally {
    streams.closeAll()
  }
})
