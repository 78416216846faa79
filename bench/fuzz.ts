// npm run fuzz [-- --minutes 10 --seed 1]
// Broken and hostile bytes through every way in for a while: the replies, that the server never fails, starts anew
// or grows, and that it still stores lines.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { freePort } from '../test/support/free-port.ts'
import { megabytes, peakMegabytes } from './memory.ts'
import * as bodies from './protocol-bodies.ts'
import { makeRecord, seeded } from './records.ts'
import { machine, startSystem } from './system.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
})
const LANES = 4
const MAX_BYTES = 300_000
/** Memory that the server may need, docs/security.md. */
const MAX_MEGABYTES = 450

const random = seeded(Number(values.seed))
const below = (count: number) => Math.floor(random() * count)
const one = <T>(list: readonly T[]): T => list[below(list.length)] as T

const names = ['SYSLOG_UDP', 'SYSLOG_TCP', 'GELF_UDP', 'GELF_TCP', 'FORWARD', 'OTLP_GRPC'] as const
const ports = {} as Record<(typeof names)[number], number>
for (const name of names) ports[name] = await freePort()
const environment = Object.fromEntries(names.map((name) => [`${name}_PORT`, String(ports[name])]))
const system = await startSystem({ RATE_LIMITS: 'off', ...environment })
const { secret: key } = await system.request<{ secret: string }>('POST', '/api/keys', {
  name: 'fuzz',
  scope: 'ingest',
})

const records = Array.from({ length: 20 }, (_, index) => makeRecord(random, Date.now() - index * 1000))
const plain = records.map(({ timestamp, level, message }) => `${timestamp} ${level} ${message}`).join('\n')
const grpc = (message: Buffer) => {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** A way in by HTTP: its path, the types that its senders name, and a body as they write it. */
const ROUTES: [path: string, types: string[], seed: Buffer][] = [
  ['/api/logs', ['application/json', 'application/x-ndjson', 'text/plain'], bodies.ndjsonBody(records)],
  ['/api/logs', ['text/plain', 'application/octet-stream'], Buffer.from(plain)],
  ['/v1/logs', ['application/x-protobuf', 'application/json'], bodies.otlpProtobufBody(records)],
  ['/otlp/v1/logs', ['application/json', 'application/x-protobuf'], bodies.otlpJsonBody(records)],
  ['/loki/api/v1/push', ['application/x-protobuf', 'application/json'], bodies.lokiProtobufBody(records)],
  ['/loki/api/v1/push', ['application/json'], bodies.lokiJsonBody(records)],
  ['/_bulk', ['application/x-ndjson', 'application/json'], bodies.bulkBody(records)],
  ['/index/_doc', ['application/json'], Buffer.from(JSON.stringify(records[0]))],
  ['/api/events/raw?clef', ['application/vnd.serilog.clef', 'application/json'], bodies.clefBody(records)],
  ['/gelf', ['application/json'], bodies.gelfBody(records)],
  ['/upload', ['application/vnd.fdo.journal', 'text/plain'], bodies.journalExport(records)],
  ['/services/collector', ['application/json'], bodies.hecBody(records)],
  ['/services/collector/raw', ['text/plain'], Buffer.from(plain)],
  ['/api/v2/logs', ['application/json'], bodies.datadogBody(records)],
]

/** The seeds of protocols with ports of their own. */
const STREAMS: [port: number, seed: Buffer][] = [
  [ports.SYSLOG_TCP, bodies.syslogLines(records)],
  [ports.GELF_TCP, bodies.gelfMessages(records)],
  [ports.FORWARD, bodies.forwardMessage(records)],
]
const DATAGRAMS: [port: number, seed: Buffer][] = [
  [ports.SYSLOG_UDP, bodies.syslogLines(records.slice(0, 1))],
  [ports.GELF_UDP, bodies.gelfMessages(records.slice(0, 1)).subarray(0, -1)],
  [
    ports.GELF_UDP,
    Buffer.concat([Buffer.from([0x1e, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2]), Buffer.alloc(40)]),
  ],
]

const SEEDS = [...ROUTES.map(([, , seed]) => seed), ...STREAMS.map(([, seed]) => seed)]
const PIECES = [
  '[',
  '{',
  '{"a":',
  '"',
  '\\',
  '\0',
  '\n',
  '}',
  ']',
  '<34>',
  '\u001e\u000f',
  'null',
  '-',
  '1e999',
]
const BYTES = [0, 0xff, 0x80, 0x7f, 0x90, 0xdd, 0xdf, 0xc6, 0xdb, 0x1f, 0x8b, 0x0a, 0x22]
const INTEGERS = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]

/** The bytes of a sender, changed in some places. */
function mutated(seed: Buffer): Buffer {
  let bytes = Buffer.from(below(20) === 0 ? one(SEEDS) : seed)
  for (let left = below(6); left > 0; left--) {
    const at = below(bytes.length + 1)
    const end = Math.min(bytes.length, at + below(200))
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)]
    switch (below(9)) {
      case 0:
        bytes = head
        break
      case 1:
        bytes = Buffer.concat([head, bytes.subarray(end)])
        break
      case 2:
        bytes = Buffer.concat([head, bytes.subarray(at, end), tail])
        break
      case 3:
        bytes = Buffer.concat([head, Buffer.from(one(PIECES).repeat(below(20) === 0 ? 20_000 : 3)), tail])
        break
      case 4:
        if (at < bytes.length) bytes[at] = one(BYTES)
        break
      case 5:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << below(8))
        break
      case 6:
        if (at + 4 <= bytes.length) bytes.writeUInt32BE(one(INTEGERS), at)
        break
      case 7:
        bytes = Buffer.concat([head, one(SEEDS).subarray(0, below(500)), tail])
        break
      default:
        bytes = Buffer.concat([head, Buffer.alloc(below(50) === 0 ? 100_000 : 8, one(BYTES)), tail])
    }
    if (bytes.length > MAX_BYTES) bytes = bytes.subarray(0, MAX_BYTES)
  }
  return bytes
}

const ENCODINGS: [string, (bytes: Buffer) => Buffer][] = [
  ['gzip', (bytes) => gzipSync(bytes)],
  ['deflate', (bytes) => deflateSync(bytes)],
  ['br', (bytes) => brotliCompressSync(bytes)],
  ['zstd', (bytes) => zstdCompressSync(bytes)],
  ['snappy', (bytes) => bytes],
]

const answers = new Map<string, number>()
const failures: string[] = []
let requests = 0
const count = (answer: string) => {
  requests++
  answers.set(answer, (answers.get(answer) ?? 0) + 1)
}

async function byHttp(): Promise<void> {
  const [path, types, seed] = one(ROUTES)
  let body = mutated(seed)
  const headers: Record<string, string> = { authorization: `Bearer ${key}`, 'content-type': one(types) }
  if (below(4) === 0) {
    const [encoding, pack] = one(ENCODINGS)
    body = pack(body)
    if (below(3) === 0 && body.length > 0) body[below(body.length)] = below(256)
    headers['content-encoding'] = encoding
  }
  const response = await fetch(system.url + path, { method: 'POST', headers, body })
  const text = await response.text()
  count(`HTTP ${response.status}`)
  if (response.status >= 500 && response.status !== 503) {
    failures.push(`${path} ${headers['content-type']}: ${response.status} ${text.slice(0, 200)}`)
  }
}

async function byGrpc(): Promise<void> {
  const client = connectHttp2(`http://127.0.0.1:${ports.OTLP_GRPC}`)
  client.on('error', () => undefined)
  const call = client.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    'content-type': 'application/grpc',
    authorization: `Bearer ${key}`,
    ...(below(4) === 0 && { 'grpc-encoding': 'gzip' }),
  })
  call.on('error', () => undefined)
  const message = grpc(mutated(bodies.otlpProtobufBody(records)))
  if (below(3) === 0) message[below(message.length)] = below(256)
  const answered = once(call, 'response').then(([headers]) => String(headers['grpc-status'] ?? 'in trailers'))
  call.end(message)
  call.resume()
  const status = await Promise.race([
    answered.catch(() => 'none'),
    once(call, 'close').then(
      () => 'none',
      () => 'none',
    ),
  ])
  count(`gRPC ${status}`)
  // Internal: a status that no sender may bring about.
  if (status === '13') failures.push(`gRPC: ${status}`)
  client.destroy()
}

/** Some of it at a time, and no end now and then. */
async function byStream(): Promise<void> {
  const [port, seed] = one(STREAMS)
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const bytes = mutated(seed)
  const cut = below(bytes.length + 1)
  socket.write(bytes.subarray(0, cut))
  if (below(2) === 0) await sleep(below(20))
  socket.write(bytes.subarray(cut))
  if (below(8) === 0) socket.destroy()
  else socket.end()
  socket.resume()
  await closed
  count('TCP')
}

async function byDatagram(): Promise<void> {
  const [port, seed] = one(DATAGRAMS)
  const socket = createSocket('udp4')
  const bytes = mutated(seed).subarray(0, 60_000)
  await new Promise((resolve) => socket.send(bytes, port, '127.0.0.1', resolve))
  socket.close()
  count('UDP')
}

const WAYS = [byHttp, byHttp, byHttp, byGrpc, byStream, byDatagram]
let most = 0
const until = performance.now() + Number(values.minutes) * 60_000
const lanes = Array.from({ length: LANES }, async () => {
  while (performance.now() < until) {
    await one(WAYS)().catch((error: unknown) => {
      failures.push(String((error as Error).cause ?? error))
      return sleep(100)
    })
    most = Math.max(most, megabytes(system.pid))
  }
})
await Promise.all(lanes)

console.log(`${machine()}; ${values.minutes} minutes, seed ${values.seed}`)
console.log(`${requests.toLocaleString('en')} messages`)
for (const [answer, times] of [...answers].sort())
  console.log(`${answer.padEnd(16)} ${times.toLocaleString('en')}`)
console.log(`failures: ${failures.length}`)
for (const failure of new Set(failures.slice(0, 50))) console.log(`  ${failure}`)
const { ok } = await fetch(`${system.url}/readyz`)
const stored = await system.request<{ accepted: number }>('POST', '/api/logs', { message: 'after all' })
// A server that ended is not started anew: this would throw.
console.log(
  `ready: ${ok}, stores: ${stored.accepted === 1}, in the same process: ${process.kill(system.pid, 0)}`,
)
const peak = peakMegabytes(system.pid)
console.log(`memory: ${most} MB at most, ${peak} MB at its peak, of ${MAX_MEGABYTES} MB`)
await system.stop()
if (failures.length > 0 || !ok || peak > MAX_MEGABYTES) process.exitCode = 1
