import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { mayUseSockets, readSocket, restSockets } from './socket-text.ts'

const MINUTE = 60_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** How many minutes pass until sockets are tried again. */
function rest(): number {
  restSockets()
  let minutes = 0
  for (; !mayUseSockets(); minutes++) vi.setSystemTime(Date.now() + MINUTE)
  return minutes
}

it('sockets that do not come through rest for longer each time, for a day at most', () => {
  expect(mayUseSockets()).toBe(true)
  expect(Array.from({ length: 10 }, rest)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440])
})

it('one that brought something is forgiven what was before', async () => {
  rest()
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.send('a line')
    socket.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const heard: string[] = []
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const outcome = await readSocket(url, new AbortController().signal, (text) => heard.push(text))
  server.close()
  expect([outcome, heard]).toEqual(['read', ['a line']])
  expect(rest()).toBe(5)
})
