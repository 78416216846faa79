import { getEventListeners } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import fastify from 'fastify'
import { expect, it } from 'vitest'
import { ByteBudget } from '../../src/byte-budget.ts'
import { EventStream } from '../../src/http/streams.ts'

it('cuts off a client that takes nothing, and holds no more for it than its socket does', async () => {
  const app = fastify({ forceCloseConnections: true })
  const ended = Promise.withResolvers<number>()
  app.get('/', async (request, reply) => {
    const stream = new EventStream(request, reply, { stallMs: 200 })
    let sent = 0
    // Each send waits for the send before, so a reader that stands still stops the writer.
    while (!stream.signal.aborted && sent < 10_000) {
      stream.push({ event: 'log_rows', data: 'x'.repeat(64 * 1024) })
      await stream.ready()
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

it('cuts off a client that is behind, when there is no room for what it has not taken or news go on coming', async () => {
  const app = fastify({ forceCloseConnections: true })
  const budget = new ByteBudget('streams', 1024 * 1024)
  const ways = {
    rows: (stream: EventStream) => void stream.push({ data: 'x'.repeat(2 * 1024 * 1024) }),
    news: (stream: EventStream) => stream.announce({ data: 'x'.repeat(8192) }),
  }
  const sent: Record<string, number> = { rows: 0, news: 0 }
  const ended = new Set<string>()
  app.get('/:way', async (request, reply) => {
    const { way } = request.params as { way: keyof typeof ways }
    const hold = way === 'rows' ? budget.open('one') : undefined
    const stream = new EventStream(request, reply, hold && { hold })
    for (; !stream.signal.aborted && (sent[way] as number) < 10_000; sent[way] = (sent[way] ?? 0) + 1) {
      ways[way](stream)
      await new Promise((resolve) => setImmediate(resolve))
    }
    ended.add(way)
  })
  const other = budget.open('other')
  other.grow(1024)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const sockets = Object.keys(ways).map((way) => {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.pause()
    socket.write(`GET /${way} HTTP/1.1\r\nHost: x\r\n\r\n`)
    return socket
  })
  await expect.poll(() => ended.size).toBe(2)
  expect(sent.rows).toBeLessThan(20)
  expect(sent.news).toBeLessThan(10_000)
  expect(budget.usedBytes).toBe(1024)
  for (const socket of sockets) socket.destroy()
  await app.close()
})

it('keeps nothing of the times it waited for a slow client', async () => {
  const app = fastify({ forceCloseConnections: true })
  const ended = Promise.withResolvers<number[]>()
  app.get('/', async (request, reply) => {
    const stream = new EventStream(request, reply)
    for (let sent = 0; sent < 200; sent++) {
      stream.push({ data: 'x'.repeat(64 * 1024) })
      await stream.ready()
    }
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
