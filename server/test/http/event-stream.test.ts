import { getEventListeners } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import fastify from 'fastify'
import { expect, it } from 'vitest'
import { EventStream } from '../../src/http/event-stream.ts'

it('cuts off a client that takes nothing, and holds no more for it than its socket does', async () => {
  const app = fastify({ forceCloseConnections: true })
  const ended = Promise.withResolvers<number>()
  app.get('/', async (request, reply) => {
    const stream = new EventStream(request, reply, { stallMs: 200 })
    let sent = 0
    // Each send waits for the last one, so a reader that stands still stops the writer.
    while (!stream.signal.aborted && sent < 10_000) {
      await stream.send({ event: 'log_rows', data: 'x'.repeat(64 * 1024) })
      sent++
    }
    ended.resolve(sent)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  // 10,000 events would be 640 MB; sockets of the loopback hold a few.
  expect(await ended.promise).toBeLessThan(1000)
  socket.destroy()
  await app.close()
})

it('keeps nothing of the times it waited for a slow client', async () => {
  const app = fastify({ forceCloseConnections: true })
  const ended = Promise.withResolvers<number[]>()
  app.get('/', async (request, reply) => {
    const stream = new EventStream(request, reply)
    for (let sent = 0; sent < 200; sent++) await stream.send({ data: 'x'.repeat(64 * 1024) })
    ended.resolve([getEventListeners(stream.signal, 'abort').length, reply.raw.listenerCount('drain')])
    stream.close()
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.resume()
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [onAbort, onDrain] = await ended.promise
  expect(onAbort).toBeLessThan(5)
  expect(onDrain).toBeLessThan(5)
  socket.destroy()
  await app.close()
})
