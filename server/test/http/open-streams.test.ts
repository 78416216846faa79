import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it, vi } from 'vitest'
import { OpenStreams } from '../../src/http/open-streams.ts'

it('watches no reply whose client left while it was looked up who that is', async () => {
  const streams = new OpenStreams()
  const identify = vi.fn(async () => undefined)
  const watched = Promise.withResolvers<void>()
  const server = createServer(async (_, reply) => {
    await once(reply, 'close')
    const principal = {
      kind: 'key',
      id: '1',
      name: 'a key',
      role: 'viewer',
      visibility: { cameras: null },
    } as const
    streams.watch(reply, principal, '1', identify)
    watched.resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n', () => socket.destroy())
  await watched.promise
  await streams.recheck()
  expect(identify).not.toHaveBeenCalled()
  streams.close()
  server.close()
})
