// The event streams over WebSockets, as the page asks for them: the same text, under the same guard.
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CAN_UPGRADE } from '../../src/http/web-socket.ts'
import { Browser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

type Options = { headers: Record<string, string> }
// Node's client takes headers, as no browser's does.
const Client = WebSocket as unknown as new (url: string, options: Options) => WebSocket

let server: TestServer
let viewer: Browser
let viewerId: string
beforeAll(async () => {
  server = await startTestServer()
  const { body } = await server.send('POST', '/api/users/link', {
    username: 'eva',
    role: 'viewer',
    cameras: [1],
  })
  viewer = new Browser(server.url)
  const secret = body.data.url.split('#link=')[1]
  await viewer.post('/api/auth/link', { secret, username: 'eva', password: 'correct horse battery' })
  const { users } = (await server.get('/api/users')).body.data
  viewerId = users.find(({ name }: { name: string }) => name === 'eva').id
})
afterAll(() => server.close())

/** A subscriber, its texts put together, and how it ended. */
function subscribe(path: string, headers: Record<string, string>) {
  const socket = new Client(server.url.replace('http', 'ws') + path, { headers })
  const heard = { text: '' }
  socket.addEventListener('message', ({ data }) => {
    heard.text += data
  })
  const ended = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code))
  })
  return { socket, heard, ended }
}

const asPage = () => ({ cookie: viewer.cookie, origin: server.url })
const log = (message: string, camera_id: number) =>
  server.send('POST', '/api/logs', { message, source: `camera_${camera_id}`, camera_id })

describe.skipIf(!CAN_UPGRADE)('a stream over a WebSocket (skipped on Node before 24.9)', () => {
  it.each(['/api/logs/stream', '/api/events'])(
    '%s brings what its reader may see, and resumes',
    async (path) => {
      const first = subscribe(path, asPage())
      await expect.poll(() => first.heard.text).toMatch(/^id: \S+\n\n/)
      await log(`one on ${path}`, 1)
      await log('of another camera', 2)
      await expect.poll(() => first.heard.text).toContain(`one on ${path}`)
      first.socket.close()
      // The answer to a goodbye without a reason.
      expect(await first.ended).toBe(1005)
      await log(`two on ${path}`, 1)
      const position = [...first.heard.text.matchAll(/^id: (\S+)$/gm)].at(-1)?.[1]
      const second = subscribe(`${path}?last_event_id=${position}`, asPage())
      await expect.poll(() => second.heard.text).toContain(`two on ${path}`)
      expect(second.heard.text).not.toContain(`one on ${path}`)
      expect(first.heard.text + second.heard.text).not.toContain('of another camera')
      second.socket.close()
    },
  )

  it.each([
    ['a page of another site', () => ({ ...asPage(), origin: 'https://evil.example' })],
    ['a page of another port', () => ({ ...asPage(), origin: 'http://127.0.0.1:1' })],
    ['who does not say where from', () => ({ cookie: viewer.cookie })],
    ['nobody we know', () => ({ origin: server.url })],
  ])('is not opened for %s', async (_, headers) => {
    const { heard, ended } = subscribe('/api/logs/stream', headers())
    expect(await ended).toBe(1006)
    expect(heard.text).toBe('')
  })

  it('is cut off for who sends more than a reader has to say, and others stay', async () => {
    const [one, other] = [subscribe('/api/logs/stream', asPage()), subscribe('/api/logs/stream', asPage())]
    for (const { heard } of [one, other]) await expect.poll(() => heard.text).toMatch(/^id: /)
    other.socket.send('hello')
    one.socket.send('x'.repeat(5000))
    expect(await one.ended).toBe(1009)
    await log('after the long one', 1)
    await expect.poll(() => other.heard.text).toContain('after the long one')
    other.socket.close()
  })

  it('is refused with its reason when the handshake is none', async () => {
    const headers = {
      ...asPage(),
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '12',
    }
    const answer = await new Promise<string>((resolve, reject) => {
      const asked = request(`${server.url}/api/logs/stream`, { headers }, async (response) => {
        resolve(`${response.statusCode} ${await text(response)}`)
      })
      asked.on('error', reject).end()
    })
    expect(answer).toMatch(/^400 .*This route requires a WebSocket \(version 13\)/)
  })

  it('ends when its reader may no longer read', async () => {
    const stream = subscribe('/api/logs/stream', asPage())
    await expect.poll(() => stream.heard.text).toMatch(/^id: /)
    await server.send('DELETE', `/api/users/${viewerId}/sessions`)
    expect(await stream.ended).toBeGreaterThan(1000)
  })

  it('keeps no server from stopping that was asked for something else, and is not read', async () => {
    const lines = Array.from({ length: 3000 }, () => ({ level: 'INFO', message: 'x'.repeat(4000) }))
    await server.send('POST', '/api/logs', lines)
    const other = await startTestServer({ database: server.database })
    const headers = { authorization: `Bearer ${other.apiKey}`, connection: 'Upgrade', upgrade: 'websocket' }
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request(`${other.url}/api/logs/export`, { headers }, resolve)
      asked.on('error', reject).end()
    })
    reply.on('error', () => undefined).pause()
    await other.close()
    reply.destroy()
  })

  it('ends with the server', async () => {
    const other = await startTestServer({ database: server.database })
    const socket = new Client(`${other.url.replace('http', 'ws')}/api/logs/stream`, {
      headers: { authorization: `Bearer ${other.apiKey}` },
    })
    await new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
    const ended = new Promise((resolve) => socket.addEventListener('close', resolve))
    await other.close()
    await ended
  })
})
