import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CAN_UPGRADE } from '../../src/http/web-socket.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

type Options = { headers: Record<string, string> }
// Node's client takes headers, as no browser's does.
const Client = WebSocket as unknown as new (url: string, options: Options) => WebSocket

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const path = (query: string) => `/loki/api/v1/tail?${new URLSearchParams({ query })}`
const tail = (query: string, authorization = `Bearer ${server.apiKey}`) => {
  const socket = new Client(server.url.replace('http', 'ws') + path(query), { headers: { authorization } })
  const lines: string[] = []
  socket.addEventListener('message', ({ data }) => {
    for (const { values } of JSON.parse(data).streams) lines.push(values[0][1])
  })
  const ended = new Promise<string>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(`closed ${code}`))
  })
  return { socket, lines, ended }
}
const log = (source: string, message: string) => server.send('POST', '/api/logs', { source, message })

describe.skipIf(!CAN_UPGRADE)("Loki's tail (skipped on Node before 24.9)", () => {
  it('sends the newest lines and then each one as it is stored, once and in order', async () => {
    await log('api', 'before')
    const { socket, lines, ended } = tail('{source="api"} != "not this"')
    await expect.poll(() => lines).toEqual(['before'])
    await log('api', 'first')
    await log('worker', 'of another source')
    await log('api', 'not this')
    const long = 'x'.repeat(70_000)
    await log('api', long)
    await log('api', 'last')
    await expect
      .poll(() => lines.map((line) => line.slice(0, 10)))
      .toEqual(['before', 'first', 'xxxxxxxxxx', 'last'])
    expect(lines[2]).toHaveLength(70_000)
    socket.close()
    expect(await ended).toBe('closed 1005')
    await expect.poll(() => fetch(`${server.url}/healthz`).then(({ status }) => status)).toBe(200)
  })

  it.each([
    ['nobody', '{source="api"}', 'Bearer wrong'],
    ['a broken query', '{source=', undefined],
    ['a count', 'rate({source="api"}[1m])', undefined],
  ])('opens none for %s', async (_name, query, key) => {
    expect(await tail(query, key).ended).toBe('closed 1006')
  })

  it('shows a key of some cameras their lines alone, old and new', async () => {
    const limits = { name: 'of a camera', scope: 'read', cameras: [3] }
    const { body } = await server.send('POST', '/api/keys', limits)
    const send = (camera_id: number, message: string) =>
      server.send('POST', '/api/logs', { source: 'lens', camera_id, message })
    await send(4, 'old and not theirs')
    await send(3, 'old')
    const { socket, lines } = tail('{source="lens"}', `Bearer ${body.data.secret}`)
    await expect.poll(() => lines).toEqual(['old'])
    await send(4, 'new and not theirs')
    await send(3, 'new')
    await expect.poll(() => lines).toEqual(['old', 'new'])
    socket.close()
  })

  it('is cut off when its key is revoked', async () => {
    const { body } = await server.send('POST', '/api/keys', { name: 'tail', scope: 'read' })
    const { socket, ended } = tail('{source="api"}', `Bearer ${body.data.secret}`)
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    await server.send('DELETE', `/api/keys/${body.data.key.id}`)
    expect(await ended).toMatch(/^closed/)
  })

  it('says so to who asks without one', async () => {
    const answer = await fetch(server.url + path('{source="api"}'), {
      headers: { authorization: `Bearer ${server.apiKey}` },
    })
    expect([answer.status, await answer.text()]).toEqual([
      400,
      'This route requires a WebSocket (version 13).\n',
    ])
  })
})

it('takes the bodies of clients that offer HTTP/2 besides', async () => {
  const status = await new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${server.apiKey}`,
      ...{ connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' },
    }
    const sending = request(`${server.url}/api/logs`, { method: 'POST', headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sending.on('error', reject)
    sending.end('{"message":"by h2c"}')
  })
  expect(status).toBe(200)
})

it('stops though a tail is open', async () => {
  const other = await startTestServer()
  const socket = new Client(other.url.replace('http', 'ws') + path('{source="api"}'), {
    headers: { authorization: `Bearer ${other.apiKey}` },
  })
  if (CAN_UPGRADE) await new Promise((resolve) => socket.addEventListener('open', resolve))
  await other.close()
})
