import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { OpenStreams } from '../../src/http/open-streams.ts'
import type { Principal } from '../../src/service/access/access.ts'

const principal: Principal = {
  ...{ kind: 'key', id: '1', name: 'a key', role: 'viewer', visibility: { cameras: null }, lineage: 'key 1' },
}

let streams: OpenStreams
let server: ReturnType<typeof createServer>
let client: Socket
/** A reply to a request of the client. */
let reply: ServerResponse

beforeEach(async () => {
  streams = new OpenStreams()
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => undefined)
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  reply = (await once(server, 'request'))[1]
})

afterEach(() => {
  client.destroy()
  streams.close()
  server.close()
})

it('watches no reply whose client left while it was looked up who that is', async () => {
  const identify = vi.fn(async () => undefined)
  const { changes } = streams
  client.destroy()
  await once(reply, 'close')
  streams.watch(reply, { principal, credential: '1', identify }, changes)
  await streams.recheck()
  expect(identify).not.toHaveBeenCalled()
})

it('cuts off at once who was let in while their right ended', async () => {
  const { changes } = streams
  await streams.recheck()
  streams.watch(reply, { principal, credential: '1', identify: async () => undefined }, changes)
  await once(reply, 'close')
})

it('asks nobody again who was let in while nothing changed', async () => {
  const identify = vi.fn(async () => principal)
  streams.watch(reply, { principal, credential: '1', identify }, streams.changes)
  expect(identify).not.toHaveBeenCalled()
  await streams.recheck()
  expect(identify).toHaveBeenCalledOnce()
  expect(reply.destroyed).toBe(false)
})

it('asks for the rights of a few at a time, and once for notices that come together', async () => {
  let asking = 0
  let most = 0
  let asked = 0
  const identify = async () => {
    most = Math.max(most, ++asking)
    asked++
    await new Promise((resolve) => setImmediate(resolve))
    asking--
    return principal
  }
  for (let number = 0; number < 40; number++) {
    streams.watch(reply, { principal, credential: `${number}`, identify }, streams.changes)
  }
  await Promise.all(Array.from({ length: 10 }, () => streams.recheck()))
  expect({ most, asked }).toEqual({ most: 4, asked: 80 })
})
