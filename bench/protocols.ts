// npm run bench:protocols [-- --rows 200000]
// Rows a second of each protocol: through HTTP (or TCP) until they are committed, and of its decoder alone, on one core.
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { decodeDatadog } from '../server/src/ingest/datadog/datadog-logs.ts'
import { atOnce, type Decoded } from '../server/src/ingest/decoded.ts'
import { decodeBulk } from '../server/src/ingest/elasticsearch/bulk.ts'
import { ForwardMessage } from '../server/src/ingest/fluent/forward-message.ts'
import { PartialLines } from '../server/src/ingest/fluent/partial-lines.ts'
import { GelfFrames } from '../server/src/ingest/gelf/gelf-frames.ts'
import { decodeGelf, decodeGelfBody } from '../server/src/ingest/gelf/gelf-message.ts'
import { fromExportedEntry, JournalExport } from '../server/src/ingest/journald/journal-export.ts'
import { decodeJsonRecords } from '../server/src/ingest/json-records.ts'
import { decodeLokiJson, decodeLokiProtobuf } from '../server/src/ingest/loki/push.ts'
import { decodeOtlpJson, decodeOtlpProtobuf } from '../server/src/ingest/otlp/otlp-logs.ts'
import { decodeSeqEvents } from '../server/src/ingest/seq/clef.ts'
import { unpackSnappy } from '../server/src/ingest/snappy.ts'
import { decodeHec } from '../server/src/ingest/splunk/hec-events.ts'
import { SyslogFrames } from '../server/src/ingest/syslog/syslog-frames.ts'
import { decodeSyslogMessage } from '../server/src/ingest/syslog/syslog-message.ts'
import { utcClock } from '../server/src/ingest/time-zone.ts'
import { freePort } from '../test/support/free-port.ts'
import { inLanes, Poster } from './post.ts'
import * as bodies from './protocol-bodies.ts'
import { makeRecord, seeded } from './records.ts'
import { type BenchSystem, machine, startSystem } from './system.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '200000' } } })
const ROWS = Number(values.rows)
const BATCH = 1000
const CLIENTS = 4
const BODIES = 50
const MAX_BYTES = 16 * 1024 * 1024

const defaults = { now: new Date().toISOString() }
const random = seeded(1)
const batches = Array.from({ length: BODIES }, (_, batch) =>
  Array.from({ length: BATCH }, (_, index) =>
    makeRecord(random, Date.now() - (BODIES - batch) * BATCH + index),
  ),
)

type Protocol = {
  name: string
  body: (records: (typeof batches)[number]) => Buffer
  decode: (body: Buffer) => Decoded | { records: unknown[] }
  /** Unset where the port is. */
  path?: string
  type?: string
  /** Where it is no HTTP. */
  port?: number
  /** Where each body is a call of gRPC. */
  isCall?: boolean
}

const syslogPort = await freePort()
const gelfPort = await freePort()
const forwardPort = await freePort()
const grpcPort = await freePort()

const JSON_TYPE = 'application/json'
const PROTOBUF = 'application/x-protobuf'
const PROTOCOLS: Protocol[] = [
  {
    name: 'POST /api/logs, NDJSON',
    body: bodies.ndjsonBody,
    decode: (body) => decodeJsonRecords(body, defaults),
    ...{ path: '/api/logs', type: 'application/x-ndjson' },
  },
  {
    name: 'OTLP, protobuf',
    body: bodies.otlpProtobufBody,
    decode: (body) => decodeOtlpProtobuf(body, defaults),
    ...{ path: '/v1/logs', type: PROTOBUF },
  },
  {
    name: 'OTLP over gRPC',
    body: bodies.otlpProtobufBody,
    decode: (body) => decodeOtlpProtobuf(body, defaults),
    ...{ port: grpcPort, isCall: true },
  },
  {
    name: 'OTLP, JSON',
    body: bodies.otlpJsonBody,
    decode: (body) => decodeOtlpJson(body, defaults),
    ...{ path: '/v1/logs', type: JSON_TYPE },
  },
  {
    name: 'Loki, snappy protobuf (literals)',
    body: bodies.lokiProtobufBody,
    decode: (body) => decodeLokiProtobuf(unpackSnappy(body, MAX_BYTES), defaults),
    ...{ path: '/loki/api/v1/push', type: PROTOBUF },
  },
  {
    name: 'Loki, JSON',
    body: bodies.lokiJsonBody,
    decode: (body) => decodeLokiJson(body, defaults),
    ...{ path: '/loki/api/v1/push', type: JSON_TYPE },
  },
  {
    name: 'Elasticsearch _bulk',
    body: bodies.bulkBody,
    decode: (body) => decodeBulk(body, undefined, defaults).decoded,
    ...{ path: '/_bulk', type: 'application/x-ndjson' },
  },
  {
    name: 'Seq, CLEF',
    body: bodies.clefBody,
    decode: (body) => decodeSeqEvents(body, defaults),
    ...{ path: '/api/events/raw', type: 'application/vnd.serilog.clef' },
  },
  {
    name: 'GELF over TCP',
    body: bodies.gelfMessages,
    decode: (body) => ({
      records: new GelfFrames().push(body).map((message) => decodeGelf(message, defaults)),
    }),
    port: gelfPort,
  },
  {
    name: 'GELF over HTTP',
    body: bodies.gelfBody,
    decode: (body) => decodeGelfBody(body, defaults),
    ...{ path: '/gelf', type: JSON_TYPE },
  },
  {
    name: 'forward protocol, packed',
    body: bodies.forwardMessage,
    decode: (body) => {
      const message = new ForwardMessage(body)
      message.open()
      return atOnce(message.part(defaults, new PartialLines()))
    },
    port: forwardPort,
  },
  {
    name: "the journal's export format",
    body: bodies.journalExport,
    decode: (body) => ({
      records: new JournalExport().push(body).map((entry) => fromExportedEntry(entry, defaults)),
    }),
    ...{ path: '/upload', type: 'application/vnd.fdo.journal' },
  },
  {
    name: "Splunk's events",
    body: bodies.hecBody,
    decode: (body) => decodeHec(body, defaults),
    ...{ path: '/services/collector', type: JSON_TYPE },
  },
  {
    name: "Datadog's logs",
    body: bodies.datadogBody,
    decode: (body) => decodeDatadog(body, defaults),
    ...{ path: '/api/v2/logs', type: JSON_TYPE },
  },
  {
    name: 'syslog, RFC 5424 over TCP',
    port: syslogPort,
    body: bodies.syslogLines,
    decode: (body) => {
      const origin = {
        now: defaults.now,
        sender: '127.0.0.1',
        cameras: new Map<string, number>(),
        clock: utcClock,
      }
      return { records: new SyslogFrames().push(body).map((message) => decodeSyslogMessage(message, origin)) }
    },
  },
]

const system = await startSystem({
  SYSLOG_TCP_PORT: String(syslogPort),
  GELF_TCP_PORT: String(gelfPort),
  FORWARD_PORT: String(forwardPort),
  OTLP_GRPC_PORT: String(grpcPort),
})
try {
  await system.request('PUT', '/api/settings', { log_level: 'DEBUG' })
  console.log(machine())
  console.log(
    `${ROWS.toLocaleString('en')} rows each, batches of ${BATCH}, ${CLIENTS} clients on the same cores`,
  )
  console.log('                                  bytes per row   committed rows/s   decoder alone, records/s')
  for (const protocol of PROTOCOLS) {
    const sent = batches.map(protocol.body)
    const alone = decodeAlone(protocol, sent)
    const committed =
      protocol.port === undefined
        ? await overHttp(system, protocol, sent)
        : protocol.isCall
          ? await overGrpc(system, protocol.port, sent)
          : await overTcp(system, protocol.port, sent)
    const bytes = Math.round((sent[0]?.length ?? 0) / BATCH)
    console.log(
      `${protocol.name.padEnd(34)} ${grouped(bytes, 12)} ${grouped(committed, 18)} ${grouped(alone, 26)}`,
    )
  }
} finally {
  await system.stop()
}

function decodeAlone({ name, decode }: Protocol, sent: Buffer[]): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now()
    for (const body of sent) {
      const { length } = decode(body).records
      if (length !== BATCH) throw new Error(`${name}: ${length} of ${BATCH} records`)
    }
    best = Math.min(best, performance.now() - began)
  }
  return (BODIES * BATCH * 1000) / best
}

async function overHttp(target: BenchSystem, { path, type = '' }: Protocol, sent: Buffer[]): Promise<number> {
  const headers = { authorization: `Bearer ${target.apiKey}`, 'content-type': type }
  const poster = new Poster({ url: `${target.url}${path}`, connections: CLIENTS, headers })
  const before = await stored(target)
  const seconds = await inLanes(CLIENTS, ROWS / BATCH, async (index) => {
    await poster.post(sent[index % BODIES] as Buffer)
  })
  poster.close()
  const added = (await stored(target)) - before
  // The server's own lines may be among them.
  if (added < ROWS) throw new Error(`${path}: ${added} of ${ROWS} rows were stored`)
  return ROWS / seconds
}

async function overGrpc(target: BenchSystem, port: number, sent: Buffer[]): Promise<number> {
  const sessions = Array.from({ length: CLIENTS }, () => connectHttp2(`http://127.0.0.1:${port}`))
  const headers = {
    ...{ ':method': 'POST', ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export' },
    ...{ 'content-type': 'application/grpc', authorization: `Bearer ${target.apiKey}` },
  }
  const before = await stored(target)
  let next = 0
  const seconds = await inLanes(CLIENTS, ROWS / BATCH, async (index) => {
    const call = (sessions[next++ % CLIENTS] as ClientHttp2Session).request(headers)
    const message = sent[index % BODIES] as Buffer
    const head = Buffer.alloc(5)
    head.writeUInt32BE(message.length, 1)
    call.end(Buffer.concat([head, message]))
    call.resume()
    const [trailers] = await once(call, 'trailers')
    if (trailers['grpc-status'] !== '0') throw new Error(`gRPC: ${trailers['grpc-status']}`)
  })
  for (const session of sessions) session.close()
  const added = (await stored(target)) - before
  if (added < ROWS) throw new Error(`gRPC: ${added} of ${ROWS} rows were stored`)
  return ROWS / seconds
}

/** Nobody answers: the time is over when the rows are counted. */
async function overTcp(target: BenchSystem, port: number, sent: Buffer[]): Promise<number> {
  const before = await stored(target)
  const began = performance.now()
  await inLanes(CLIENTS, CLIENTS, async (lane) => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    for (let index = lane; index < ROWS / BATCH; index += CLIENTS) {
      if (!socket.write(sent[index % BODIES] as Buffer)) await once(socket, 'drain')
    }
    socket.end()
    await once(socket, 'close')
  })
  while ((await stored(target)) - before < ROWS) await sleep(100)
  return (ROWS * 1000) / (performance.now() - began)
}

async function stored(target: BenchSystem): Promise<number> {
  const { summary } = await target.request<{ summary: { total_logs: number } }>(
    'GET',
    '/api/logs/stats?hours=168',
  )
  return summary.total_logs
}

function grouped(count: number, width: number): string {
  return Math.round(count).toLocaleString('en').padStart(width)
}
