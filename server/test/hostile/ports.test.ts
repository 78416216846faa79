// Ports beside the HTTP port, most of which know no keys: any client that reaches them can send. docs/security.md has
// the figures.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { peakMegabytes } from '../../../bench/memory.ts'
import { MAX_CONNECTIONS, MAX_CONNECTIONS_OF_ONE } from '../../src/cli/serve/connections.ts'
import { MAX_WAITING_BYTES, MAX_WAITING_BYTES_OF_ONE } from '../../src/service/ingest/gathering-intake.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { HEADERS, type ServerProcess, startProcess, stopProcess } from '../support/server-process.ts'

let database: TestDatabase
let server: ServerProcess
let tcpPort: number
let udpPort: number
let gelfTcp: number
let gelfUdp: number
let forward: number
let grpc: number
const sockets = new Set<Socket>()

beforeAll(async () => {
  database = await createTestDatabase()
  tcpPort = await freePort()
  udpPort = await freePort()
  gelfTcp = await freePort()
  gelfUdp = await freePort()
  forward = await freePort()
  grpc = await freePort()
  const environment = {
    SYSLOG_TCP_PORT: String(tcpPort),
    SYSLOG_UDP_PORT: String(udpPort),
    GELF_TCP_PORT: String(gelfTcp),
    GELF_UDP_PORT: String(gelfUdp),
    FORWARD_PORT: String(forward),
    OTLP_GRPC_PORT: String(grpc),
  }
  server = await startProcess(database.url, { environment })
  // The ports open a moment after the address is printed.
  await vi.waitFor(() => open('127.0.0.9', grpc), { timeout: 60_000 })
}, 120_000)
afterEach(() => {
  for (const socket of sockets) socket.destroy()
})
afterAll(async () => {
  await stopProcess(server)
  await database.close()
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** A connection from one of the addresses of this machine. */
async function open(localAddress: string, port = tcpPort): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  socket.on('error', () => undefined)
  sockets.add(socket.once('close', () => sockets.delete(socket)))
  await once(socket, 'connect')
  return socket
}

async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`, { headers: HEADERS })).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}

const stored = (search: string) => counted(`q=${encodeURIComponent(search)}`)

async function counted(filter: string): Promise<number> {
  const answer = await fetch(`${server.url}/api/logs?limit=1&${filter}`, { headers: HEADERS })
  return ((await answer.json()) as { data: { pagination: { total_items: number } } }).data.pagination
    .total_items
}

it('holds back who sends more than is stored, loses none of it, and keeps room for others', async () => {
  const client = await database.database.connect()
  await client.query('begin; lock table log_feed in access exclusive mode')
  const loud = await open('127.0.0.1')
  const messages = 60
  for (let index = 0; index < messages; index++) loud.write(`<11>loud ${index} ${'x'.repeat(250_000)}\n`)
  const waiting = () => figure('timelapser_budget_bytes{budget="syslog"}')
  await expect.poll(waiting).toBeGreaterThan(MAX_WAITING_BYTES_OF_ONE - 300_000)
  const datagrams = createSocket('udp4')
  for (let index = 0; index < 50; index++) {
    await new Promise((sent) =>
      datagrams.send(`<13>datagram ${'y'.repeat(60_000)}`, udpPort, '127.0.0.1', sent),
    )
  }
  datagrams.close()
  const quiet = await open('127.0.0.2')
  quiet.write('<13>quiet here\n')
  await expect.poll(() => figure('timelapser_budget_refusals{budget="syslog"}')).toBeGreaterThan(0)
  expect(await waiting()).toBeLessThan(MAX_WAITING_BYTES)
  expect(loud.writableLength).toBeGreaterThan(0)
  await client.query('rollback')
  await client.end()
  // By level and address, whose counts are kept: a search through lines of this length would only return a lower bound.
  await expect.poll(() => counted('source=127.0.0.1&level=ERROR'), { timeout: 60_000 }).toBe(messages)
  await expect.poll(() => stored('message:quiet')).toBe(1)
  const lost = await figure('timelapser_rows_not_stored_total{reason="rejected"}')
  // The kernel may have dropped some more.
  expect(lost).toBeGreaterThan(0)
  expect((await counted('source=127.0.0.1&level=INFO')) + lost).toBeLessThanOrEqual(50)
  await expect.poll(waiting).toBe(0)
})

it(`ends the connection that was silent longest when an address has ${MAX_CONNECTIONS_OF_ONE}`, async () => {
  const first = await open('127.0.0.3')
  const ended = once(first, 'close')
  const rest = Array.from({ length: MAX_CONNECTIONS_OF_ONE }, () => open('127.0.0.3'))
  await Promise.all(rest)
  await ended
  const last = (await rest.at(-1)) as Socket
  last.write('<13>newcomer\n')
  await expect.poll(() => stored('message:newcomer')).toBe(1)
})

it(`takes one more when four addresses hold all ${MAX_CONNECTIONS} connections`, async () => {
  for (let address = 10; address < 10 + MAX_CONNECTIONS / MAX_CONNECTIONS_OF_ONE; address++) {
    await Promise.all(Array.from({ length: MAX_CONNECTIONS_OF_ONE }, () => open(`127.0.0.${address}`)))
  }
  const other = await open('127.0.0.99')
  other.write('<13>squeezed in\n')
  await expect.poll(() => stored('message:squeezed')).toBe(1)
})

it('ends connections whose unfinished messages are more than one address may hold', async () => {
  const some = await Promise.all(Array.from({ length: 60 }, () => open('127.0.0.4')))
  for (const socket of some) socket.write(`<13>${'z'.repeat(250_000)}`)
  await expect.poll(() => figure('timelapser_budget_refusals{budget="syslog_unfinished"}')).toBeGreaterThan(0)
  await expect.poll(() => some.some(({ destroyed }) => destroyed)).toBe(true)
  expect(await figure('timelapser_budget_bytes{budget="syslog_unfinished"}')).toBeLessThanOrEqual(
    8 * 1024 * 1024,
  )
})

const MB = 1024 * 1024
const rejected = () => figure('timelapser_rows_not_stored_total{reason="rejected"}')

it.each([
  ['gelf', () => gelfTcp],
  ['forward', () => forward],
  ['otlp_grpc', () => grpc],
])('gives one address no more connections of %s than its share', async (way, port) => {
  const first = await open('127.0.0.20', port())
  const ended = once(first.resume(), 'close')
  for (let opened = 0; opened < MAX_CONNECTIONS_OF_ONE; opened += 50) {
    await Promise.all(Array.from({ length: 50 }, () => open('127.0.0.20', port())))
  }
  await ended
  expect(await figure(`timelapser_connections_ended{way="${way}"}`)).toBeGreaterThan(0)
  expect(await figure(`timelapser_connections{way="${way}"}`)).toBeLessThanOrEqual(MAX_CONNECTIONS_OF_ONE + 1)
})

it('holds no more of GELF messages that never end than one address may, in streams and in chunks', async () => {
  const some = await Promise.all(Array.from({ length: 30 }, () => open('127.0.0.21', gelfTcp)))
  for (const socket of some) socket.write(`{"short_message":"${'z'.repeat(500_000)}`)
  await expect.poll(() => some.some(({ destroyed }) => destroyed)).toBe(true)
  expect(await figure('timelapser_budget_bytes{budget="gelf_unfinished"}')).toBeLessThanOrEqual(8 * MB)
  // An endless message holds nothing.
  const endless = await open('127.0.0.22', gelfTcp)
  for (let piece = 0; piece < 40; piece++) {
    if (!endless.write('z'.repeat(MB))) await once(endless, 'drain')
  }
  const before = await rejected()
  const datagrams = createSocket('udp4')
  const send = (message: Buffer) => new Promise((sent) => datagrams.send(message, gelfUdp, '127.0.0.1', sent))
  for (let id = 0; id < 400; id++) {
    const head = Buffer.from([0x1e, 0x0f, 0, 0, 0, 0, 0, 0, id >> 8, id & 255, 0, 2])
    await send(Buffer.concat([head, Buffer.alloc(50_000)]))
  }
  await expect.poll(() => figure('timelapser_budget_refusals{budget="gelf_chunks"}')).toBeGreaterThan(0)
  expect(await figure('timelapser_budget_bytes{budget="gelf_chunks"}')).toBeLessThanOrEqual(4 * MB)
  await send(gzipSync(Buffer.alloc(64 * MB, 'x')).subarray(0, 65_000))
  datagrams.close()
  await expect.poll(rejected).toBeGreaterThan(before)
})

it.each([
  ['a value of values 100,000 deep', Buffer.concat([Buffer.alloc(100_000, 0x91), Buffer.from([0xc0])])],
  ['packed entries of 64 MB', encode(['bomb', gzipSync(Buffer.alloc(64 * MB)), { compressed: 'gzip' }])],
  ['5 million empty entries', encode(['bomb', Buffer.alloc(5 * MB, 0x90)])],
])('of the forward protocol refuses %s', async (_what, message) => {
  const socket = await open('127.0.0.23', forward)
  const before = await rejected()
  socket.resume().write(message)
  // It is counted when it is whole; a message that announces too many bytes ends before.
  await expect.poll(async () => socket.destroyed || (await rejected()) > before).toBe(true)
  expect(await figure('timelapser_budget_bytes{budget="forward"}')).toBeLessThanOrEqual(40 * MB)
})

it('tells callers of gRPC by name that there is no room, and what they packed is too much', async () => {
  const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
  const client = connectHttp2(`http://127.0.0.1:${grpc}`, { maxSessionMemory: 200 })
  const begin = (more: Record<string, string> = {}) => {
    const call = client.request({
      ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', ...HEADERS, ...more },
    })
    call.on('error', () => undefined)
    return call
  }
  const answerOf = async (call: ReturnType<typeof begin>) => {
    const [headers] = await once(call, 'response')
    call.resume()
    const details = Buffer.from(String(headers['grpc-status-details-bin'] ?? ''), 'base64')
    return [
      headers['grpc-status'],
      decodeURIComponent(String(headers['grpc-message'])),
      details.toString('latin1'),
    ]
  }
  const half = Array.from({ length: 40 }, () => begin())
  const refused = Promise.race(half.map(answerOf))
  for (const call of half) call.write(Buffer.alloc(MB))
  // In it a Duration as the first field, whose first field is 2 seconds.
  const retryInfo = expect.stringContaining('google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x02')
  expect(await refused).toEqual([
    '14',
    expect.stringContaining('The memory limit for incoming requests is reached'),
    retryInfo,
  ])
  expect(await figure('timelapser_budget_bytes{budget="otlp_grpc"}')).toBeLessThanOrEqual(24 * MB)
  for (const call of half) call.close()
  await expect.poll(() => figure('timelapser_budget_bytes{budget="otlp_grpc"}')).toBe(0)

  const bomb = gzipSync(Buffer.alloc(64 * MB))
  const head = Buffer.from([1, 0, 0, 0, 0])
  head.writeUInt32BE(bomb.length, 1)
  const packed = begin({ 'grpc-encoding': 'gzip' })
  packed.end(Buffer.concat([head, bomb]))
  expect(await answerOf(packed)).toEqual([expect.any(String), expect.stringContaining('over 16 MB'), ''])
  client.destroy()
})

it('needs 450 MB for all of it at most', () => {
  expect(peakMegabytes(server.child.pid as number)).toBeLessThanOrEqual(450)
})
