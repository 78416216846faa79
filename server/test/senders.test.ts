// Senders of other systems that we did not write, on ports and routes of their own, against one server.
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { FluentClient, type FluentClientOptions, FluentSocketEvent } from '@fluent-org/logger'
import { ChannelCredentials, Metadata } from '@grpc/grpc-js'
import { decode, encode } from '@msgpack/msgpack'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import gelf from 'gelf-pro'
import { Logger as SplunkLogger } from 'splunk-logging'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { openForward } from '../src/cli/serve/forward-listener.ts'
import { openGelf } from '../src/cli/serve/gelf-listener.ts'
import type { Listener } from '../src/cli/serve/listener.ts'
import { openOtlpGrpc } from '../src/cli/serve/otlp-grpc-listener.ts'
import { readConfig } from '../src/config.ts'
import { startWayIn } from './support/way-in.ts'

const run = promisify(execFile)
const UPLOADER = process.env.JOURNAL_UPLOAD ?? '/lib/systemd/systemd-journal-upload'
const has = existsSync

const SHARED_KEY = 'the key that both sides know'

const { server, stored, post } = await startWayIn()
const listeners: Listener[] = []
const troubles: unknown[] = []
let folder: string
let gelfPorts: Record<string, number>
let forwardPorts: Record<string, number>
let openPorts: Record<string, number>
let grpcPorts: Record<string, number>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timelapser-senders-'))
  const made = makeCertificate(folder, 'localhost')
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await rename(made.cert, cert)
  await rename(made.key, key)
  const options = {
    ingest: server.system.ingestService,
    onTrouble: (error: unknown) => troubles.push(error),
  }
  const ports = async (opening: Promise<Listener>) => {
    const listener = await opening
    listeners.push(listener)
    return Object.fromEntries(
      listener.addresses.map((address) => {
        const [, kind = '', port = ''] = /^(\w+) .*:(\d+)$/.exec(address) ?? []
        return [kind, Number(port)]
      }),
    )
  }
  gelfPorts = await ports(openGelf(readConfig({ GELF_UDP_PORT: '0', GELF_TCP_PORT: '0' }).gelf, options))
  const secured = readConfig({
    ...{ FORWARD_PORT: '0', FORWARD_TLS_PORT: '0', FORWARD_SHARED_KEY: SHARED_KEY },
    ...{ FORWARD_TLS_CERT: cert, FORWARD_TLS_KEY: key },
  })
  forwardPorts = await ports(openForward(secured.forward, options))
  const { otlpGrpc } = readConfig({ OTLP_GRPC_PORT: '0' })
  grpcPorts = await ports(openOtlpGrpc(otlpGrpc, server.system.app))
  const withTls = { OTLP_GRPC_PORT: '0', OTLP_GRPC_TLS_CERT: cert, OTLP_GRPC_TLS_KEY: key }
  Object.assign(grpcPorts, await ports(openOtlpGrpc(readConfig(withTls).otlpGrpc, server.system.app)))
  openPorts = await ports(openForward(readConfig({ FORWARD_PORT: '0' }).forward, options))
})
afterAll(async () => {
  for (const { close } of listeners) await close()
  await rm(folder, { recursive: true, force: true })
  expect(troubles).toEqual([])
})

/** How many lines were rejected so far. */
async function rejected(): Promise<number> {
  const { authorization } = { authorization: `Bearer ${server.apiKey}` }
  const text = await (await fetch(`${server.url}/metrics`, { headers: { authorization } })).text()
  return Number(/timelapser_rows_not_stored_total\{reason="rejected"\} (\d+)/.exec(text)?.[1])
}

describe('OTLP over gRPC from the exporter of OpenTelemetry', () => {
  it.each([
    ['none', 'TCP'],
    ['gzip', 'TCP'],
    ['gzip', 'TLS'],
  ])('packed as %s, over %s', async (compression, kind) => {
    const [service, metadata] = [`grpc-${compression}-${kind}`, new Metadata()]
    metadata.set('authorization', `Bearer ${server.apiKey}`)
    const url = `${kind === 'TLS' ? 'https://localhost' : 'http://127.0.0.1'}:${grpcPorts[kind]}`
    const trusted = await readFile(join(folder, 'cert.pem'))
    const credentials = kind === 'TLS' ? { credentials: ChannelCredentials.createSsl(trusted) } : {}
    const exporter = new OTLPLogExporter({ url, metadata, ...credentials, compression: compression as never })
    const resource = resourceFromAttributes({ 'service.name': service })
    const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] })
    const logger = provider.getLogger('cart')
    for (let index = 0; index < 600; index++)
      logger.emit({ severityNumber: 13, body: 'captured', attributes: { 'camera.id': 3, index } })
    await provider.shutdown()
    const { pagination, logs } = (await server.get(`/api/logs?source=${service}&limit=1`)).body.data
    expect(pagination.total_items).toBe(600)
    expect(logs).toMatchObject([{ level: 'WARNING', message: 'captured', camera_id: 3, logger_name: 'cart' }])
  })

  it('is told what was wrong in the words of gRPC', async () => {
    const exporter = new OTLPLogExporter({ url: `http://127.0.0.1:${grpcPorts.TCP}` })
    const result = await new Promise<{ error?: Error }>((done) => exporter.export([], done))
    expect(result.error).toMatchObject({
      code: 16,
      details: 'Sign in, or send an API key as "Authorization: Bearer <key>".',
    })
    const client = connectHttp2(`http://127.0.0.1:${grpcPorts.TCP}`)
    const answerTo = async (path: string, body: Buffer, key = server.apiKey) => {
      const call = client.request({
        ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' },
        authorization: `Bearer ${key}`,
      })
      call.end(body)
      const [headers] = await once(call, 'response')
      call.resume()
      return headers
    }
    const statusOf = async (path: string, body: Buffer) => {
      const headers = await answerTo(path, body)
      return [headers['grpc-status'], decodeURIComponent(String(headers['grpc-message'] ?? ''))]
    }
    const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
    const call = (message: Buffer) => {
      const head = Buffer.alloc(5)
      head.writeUInt32BE(message.length, 1)
      return Buffer.concat([head, message])
    }
    expect(await statusOf('/other.Service/Export', call(Buffer.alloc(0)))).toEqual([
      '12',
      '/other.Service/Export is not supported here.',
    ])
    expect(await statusOf(path, Buffer.from('no'))).toEqual([
      '3',
      'A call must carry exactly one complete message.',
    ])
    expect((await statusOf(path, call(Buffer.alloc(20_000_000))))[0]).toBe('8')
    expect((await statusOf(path, call(Buffer.from('broken'))))[0]).toBe('3')
    const limited = { name: 'one a minute', scope: 'ingest', rate_limit: 1 }
    const { secret } = (await server.send('POST', '/api/keys', limited)).body.data
    const [, refused] = [
      await answerTo(path, call(Buffer.alloc(0)), secret),
      await answerTo(path, call(Buffer.alloc(0)), secret),
    ]
    const details = Buffer.from(String(refused?.['grpc-status-details-bin']), 'base64')
    // The Duration has one field, the seconds: the rest of the minute.
    const before = Buffer.from('google.rpc.RetryInfo\x12\x04\x0a\x02\x08', 'latin1')
    expect([refused?.['grpc-status'], details.includes(before)]).toEqual(['14', true])
    expect(details.at(-1)).toBeGreaterThan(0)
    client.close()
  })

  it('is taken at the address that Loki has for it, too', async () => {
    const record = { body: { stringValue: 'captured' } }
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] })
    const answer = await post('/otlp/v1/logs', body, { 'content-type': 'application/json' })
    expect([answer.status, await answer.json()]).toEqual([200, {}])
  })
})

describe('GELF from gelf-pro', () => {
  const send = (adapterName: 'udp' | 'tcp', port: number | undefined, source: string, message: string) =>
    new Promise<void>((resolve, reject) => {
      gelf.setConfig({
        ...{ adapterName, fields: { service: source, camera_id: 3 } },
        adapterOptions: { host: '127.0.0.1', port: port as number, protocol: 'udp4', family: 4 },
      })
      const WARNING = 4
      gelf.message(message, WARNING, { nested: { disk: 91 } }, (error) => (error ? reject(error) : resolve()))
    })

  it.each([
    ['udp', 'UDP', 'captured'],
    ['tcp', 'TCP', 'captured'],
  ] as const)('%s', async (adapter, kind, message) => {
    await send(adapter, gelfPorts[kind], `gelf-${adapter}`, message)
    await expect.poll(() => stored(`gelf-${adapter}`)).toHaveLength(1)
    const [row] = await stored(`gelf-${adapter}`)
    expect(row).toMatchObject({ level: 'WARNING', message, camera_id: 3, extra_data: { nested_disk: 91 } })
    expect(row.extra_data.host).toBeTypeOf('string')
    expect(Math.abs(Date.now() - Date.parse(row.timestamp))).toBeLessThan(60_000)
  })

  it('puts together what came deflated in many datagrams', async () => {
    // No packing makes this short.
    const long = Array.from({ length: 4000 }, (_, index) => ((index * 7919) % 99_991).toString(36)).join(' ')
    await send('udp', gelfPorts.UDP, 'gelf-chunked', long)
    await expect.poll(() => stored('gelf-chunked')).toMatchObject([{ message: long }])
  })
})

describe('GELF', () => {
  it('is taken in datagrams that are packed with gzip, chunked in any order and twice', async () => {
    const before = await rejected()
    const body = JSON.stringify({ version: '1.1', host: 'gelf-gzip', short_message: 'a', level: 3 })
    const packed = gzipSync(body)
    const chunk = (number: number) => {
      const half = Math.ceil(packed.length / 2)
      const head = Buffer.from([0x1e, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8, number, 2])
      return Buffer.concat([head, packed.subarray(number * half, (number + 1) * half)])
    }
    const socket = createSocket('udp4')
    for (const datagram of [chunk(1), chunk(1), chunk(0), Buffer.from('no GELF')]) {
      await new Promise((sent) => socket.send(datagram, gelfPorts.UDP as number, '127.0.0.1', sent))
    }
    socket.close()
    await expect.poll(() => stored('gelf-gzip')).toMatchObject([{ level: 'ERROR', message: 'a' }])
    await expect.poll(rejected).toBe(before + 1)
  })

  it('keeps the messages of a connection apart by NUL, and takes the last one without', async () => {
    const socket = connect(gelfPorts.TCP as number, '127.0.0.1')
    const message = (text: string) => JSON.stringify({ host: 'gelf-nul', short_message: text }, null, 1)
    socket.end(`${message('a')}\0\0${message('b')}\0${message('c')}`)
    await expect.poll(() => stored('gelf-nul')).toHaveLength(3)
  })

  it('over HTTP is one message or several, and says what was not stored', async () => {
    const one = { host: 'gelf-http', short_message: 'disk at 91 %', level: 4, timestamp: Date.now() / 1000 }
    const body = JSON.stringify(one)
    expect((await post('/gelf', body, {})).status).toBe(202)
    expect((await post('/gelf', `${body}\n${body} [${body}, 7]`, {})).status).toBe(202)
    expect(await stored('gelf-http')).toHaveLength(4)
    const refused = await post('/gelf', 'disk at 91 %', {})
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { type: 'ApiError', message: "1 not stored; message 0: not JSON: Unexpected token 'd'" },
    ])
  })
})

describe('the forward protocol from @fluent-org/logger', () => {
  const emit = async (tag: string, options: FluentClientOptions, port = openPorts.TCP) => {
    const socket = { host: '127.0.0.1', port: port as number, disableReconnect: true }
    const client = new FluentClient(tag, { ...options, socket: { ...socket, ...options.socket } })
    await client.connect()
    try {
      const time = new Date('2026-11-29T09:00:01.250Z')
      await Promise.all([
        client.emit({ log: 'captured', level: 'warn', camera_id: 3, disk: 91 }, time),
        client.emit({ log: 'captured', level: 'warn', camera_id: 3, disk: 91 }, time),
      ])
    } finally {
      await client.disconnect()
    }
  }
  const ROW = { level: 'WARNING', message: 'captured', camera_id: 3, extra_data: { disk: 91 } }

  it.each(['Message', 'Forward', 'PackedForward', 'CompressedPackedForward'] as const)(
    'in the mode %s, acknowledged when it is stored',
    async (eventMode) => {
      const tag = `forward.${eventMode}`
      await emit(tag, { eventMode, ack: { ackTimeout: 20_000 }, milliseconds: true, flushInterval: 1 })
      const rows = await stored(tag)
      expect(rows).toMatchObject([ROW, ROW])
    },
  )

  it('without an acknowledgement', async () => {
    await emit('forward.unanswered', { milliseconds: true })
    await expect.poll(() => stored('forward.unanswered')).toHaveLength(2)
  })

  it('with a shared key, over TLS', async () => {
    const ca = await readFile(join(folder, 'cert.pem'))
    const security = { clientHostname: 'client.example', sharedKey: SHARED_KEY }
    const tls = { ca, checkServerIdentity: () => undefined }
    const options = { security, ack: { ackTimeout: 20_000 }, socket: { tls } }
    await emit('forward.tls', options, forwardPorts.TLS)
    expect(await stored('forward.tls')).toHaveLength(2)
  })

  it('is refused with another key, and without one', async () => {
    const security = { clientHostname: 'client.example', sharedKey: 'another key altogether' }
    const client = new FluentClient('forward.refused', {
      ...{ security, disableAutoconnect: true },
      socket: { host: '127.0.0.1', port: forwardPorts.TCP as number, disableReconnect: true },
    })
    const failure = new Promise((resolve) => client.socketOn(FluentSocketEvent.ERROR, resolve))
    await client.connect()
    expect(await failure).toMatchObject({ message: expect.stringContaining('shared key mismatch') })
    const socket = connect(forwardPorts.TCP as number, '127.0.0.1')
    socket.write(encode(['forward.refused', 0, { log: 'captured' }]))
    const said = Buffer.concat(await socket.toArray())
    // HELO, then the refusal.
    const helo = Buffer.from(encode(['HELO', { nonce: 'x'.repeat(24), auth: '', keepalive: true }])).length
    expect((decode(said.subarray(helo)) as unknown[]).slice(0, 3)).toEqual([
      'PONG',
      false,
      'a PING is expected: this server has a shared key',
    ])
    expect(await stored('forward.refused')).toEqual([])
  })
})

describe('the forward protocol', () => {
  const talk = async (...messages: Uint8Array[]) => {
    const socket = connect(openPorts.TCP as number, '127.0.0.1')
    await once(socket, 'connect')
    const answers = socket.toArray()
    for (const message of messages) socket.write(message)
    socket.end()
    return Buffer.concat((await answers) as Buffer[])
  }

  // As moby/daemon/logger/fluentd writes it, recorded from its source.
  it("takes what Docker's driver sends: the container is the source, the stream no source", async () => {
    const record = {
      container_id: '0f1e2d3c',
      container_name: '/shop-web',
      source: 'stderr',
      log: 'ERROR captured',
    }
    await talk(encode(['0f1e2d3c', Math.floor(Date.now() / 1000), record, { chunk: 'YQ==' }]))
    expect(await stored('shop-web')).toMatchObject([
      { level: 'ERROR', message: 'ERROR captured', extra_data: { stream: 'stderr', tag: '0f1e2d3c' } },
    ])
  })

  // Parts as moby/daemon/logger/fluentd sends them, recorded from its source: from two containers on one connection.
  it("puts the parts together that Docker's driver cuts long lines into", async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const part = (id: string, ordinal: number, isLast: boolean, log: string, option?: object) => {
      const place = { partial_message: 'true', partial_id: id, partial_ordinal: String(ordinal) }
      const record = { container_name: `/parts-${id}`, source: 'stdout', log, ...place }
      const message = ['parts', seconds + ordinal, { ...record, partial_last: String(isLast) }]
      return encode(option === undefined ? message : [...message, option])
    }
    const long = JSON.stringify({ level: 'error', msg: 'x'.repeat(40_000) })
    const [one, two, three] = [long.slice(0, 16_384), long.slice(16_384, 32_768), long.slice(32_768)] as const
    const answer = await talk(
      part('whole', 1, false, one),
      part('broken', 1, false, 'its beginning '),
      part('whole', 2, false, two),
      part('whole', 3, true, three),
      part('late', 2, false, 'not the first'),
      part('asked', 1, false, 'told to be stored', { chunk: 'ZQ==' }),
    )
    expect(decode(answer)).toEqual({ ack: 'ZQ==' })
    const [whole] = await stored('parts-whole')
    expect(whole).toMatchObject({ level: 'ERROR', message: 'x'.repeat(40_000) })
    expect(whole?.extra_data).not.toHaveProperty('partial_id')
    expect(Date.parse(whole?.timestamp as string)).toBe((seconds + 1) * 1000)
    // Said to be stored, or left when the connection ended.
    await expect.poll(() => stored('parts-broken')).toHaveLength(1)
    const rest = [
      ...(await stored('parts-broken')),
      ...(await stored('parts-late')),
      ...(await stored('parts-asked')),
    ]
    expect(rest).toMatchObject([
      { message: 'its beginning ', extra_data: { partial_id: 'broken' } },
      { message: 'not the first', extra_data: { partial_id: 'late' } },
      { message: 'told to be stored', extra_data: { partial_id: 'asked' } },
    ])
  })

  // As fluent-bit/plugins/out_forward writes it, recorded from its source: times with metadata, and signals that are no logs.
  it('takes what Fluent Bit sends, and refuses its metrics', async () => {
    const entry = encode([[1_795_942_801, { otlp: 'x' }], { log: 'captured\n', stream: 'stdout' }])
    const before = await rejected()
    const answer = await talk(
      encode(['fluent-bit', Buffer.concat([entry, entry]), { size: 2, chunk: 'Yg==', fluent_signal: 0 }]),
      encode(['fluent-bit', entry, { fluent_signal: 1, chunk: 'Yw==' }]),
    )
    expect(answer).toEqual(Buffer.concat([encode({ ack: 'Yg==' }), encode({ ack: 'Yw==' })]))
    expect(await stored('fluent-bit')).toMatchObject([{ message: 'captured' }, { message: 'captured' }])
    expect(await rejected()).toBe(before + 1)
  })

  it('keeps what is good beside what is bad, and ends a connection that cannot be read on', async () => {
    const good = encode(
      [1_795_942_801, { log: 'captured', big: 12_345_678_901_234_567_890n, bytes: Buffer.from('é') }],
      {
        useBigInt64: true,
      },
    )
    const before = await rejected()
    const answer = await talk(
      encode([
        'forward.mixed',
        Buffer.concat([good, encode(7), good, Buffer.from([0x92, 0xc1])]),
        { chunk: 'ZA==' },
      ]),
      encode('GET / HTTP/1.1'),
      encode(['forward.mixed', 0, { log: 'never read' }]),
    )
    expect(decode(answer)).toEqual({ ack: 'ZA==' })
    const rows = await stored('forward.mixed')
    expect(rows).toMatchObject(
      Array(2).fill({ message: 'captured', extra_data: { big: '12345678901234567890', bytes: 'é' } }),
    )
    await expect.poll(rejected).toBe(before + 3)
  })
})

describe('Elasticsearch', () => {
  const elastic = { 'content-type': 'application/json' }

  it('takes one document, under an id or without, and says what was wrong with one', async () => {
    const document = { '@timestamp': new Date().toISOString(), 'log.level': 'warn', message: 'captured' }
    const put = { method: 'PUT', headers: { authorization: `Bearer ${server.apiKey}`, ...elastic } }
    const created = await post('/elastic-doc/_doc', JSON.stringify(document), elastic)
    expect([created.status, await created.json()]).toMatchObject([
      201,
      { _index: 'elastic-doc', _id: expect.any(String), result: 'created', _version: 1 },
    ])
    for (const path of ['_doc/7', '_create/8']) {
      const answer = await fetch(`${server.url}/elastic/elastic-doc/${path}`, {
        ...put,
        body: JSON.stringify(document),
      })
      expect([answer.status, ((await answer.json()) as { _id: string })._id]).toEqual([201, path.slice(-1)])
    }
    expect(await stored('elastic-doc')).toMatchObject(
      Array(3).fill({ level: 'WARNING', message: 'captured' }),
    )
    const refused = await post('/elastic-doc/_doc', '{broken', elastic)
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      {
        status: 400,
        error: { type: 'document_parsing_exception', reason: expect.stringContaining('not JSON') },
      },
    ])
  })

  it('takes _bulk with a type, and an upsert as a document', async () => {
    const line = (value: object) => `${JSON.stringify(value)}\n`
    const body = [
      line({ index: {} }) + line({ message: 'typed' }),
      line({ update: { _id: 'a' } }) + line({ doc: { message: 'whole' }, doc_as_upsert: true }),
      line({ update: { _id: 'b' } }) + line({ script: { source: 'x' }, upsert: { message: 'upsert' } }),
      line({ update: { _id: 'c' } }) + line({ doc: { message: 'changed' } }),
      line({ update: { _id: 'd' } }) + line({ script: { source: 'x' } }),
    ].join('')
    const answer = await post('/elastic-typed/events/_bulk', body, elastic)
    const { items } = (await answer.json()) as { items: Record<string, { status: number }>[] }
    expect(
      items.map((item) => Object.entries(item).map(([action, { status }]) => [action, status])[0]),
    ).toEqual([
      ['index', 201],
      ['update', 201],
      ['update', 201],
      ['update', 201],
      ['update', 400],
    ])
    const messages = (await stored('elastic-typed')).map(({ message }) => message)
    expect(messages.sort()).toEqual(['changed', 'typed', 'upsert', 'whole'])
  })

  // As the sources of Filebeat, Logstash and Vector ask before they send.
  it.each([
    ['GET', '/elastic/'],
    ['GET', '/elastic/_license?human=false'],
    ['GET', '/elastic/_xpack'],
    ['GET', '/elastic/_cluster/health'],
    ['GET', '/_cluster/health'],
    ['GET', '/elastic/_nodes/http'],
    ['GET', '/elastic/_ilm/policy/filebeat'],
    ['PUT', '/elastic/_ilm/policy/filebeat'],
    ['HEAD', '/elastic/_index_template/filebeat-9.0.0'],
    ['PUT', '/elastic/_index_template/filebeat-9.0.0'],
    ['GET', '/elastic/_data_stream/filebeat-9.0.0'],
    ['PUT', '/elastic/_data_stream/filebeat-9.0.0'],
    ['HEAD', '/elastic/_template/logstash'],
    ['HEAD', '/elastic/_alias/filebeat'],
    ['PUT', '/elastic/_ingest/pipeline/filebeat'],
  ])('answers %s %s', async (method, path) => {
    const headers = { authorization: `ApiKey ${server.apiKey}`, ...elastic }
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers,
      ...(method === 'PUT' && { body: '{}' }),
    })
    expect([answer.status, answer.headers.get('x-elastic-product')]).toEqual([200, 'Elasticsearch'])
  })
})

describe("Splunk's collector", () => {
  it('takes what splunk-logging sends', async () => {
    const logger = new SplunkLogger({ token: server.apiKey, url: server.url })
    const metadata = { source: 'splunk-logging', sourcetype: 'shop' }
    const message = { message: 'captured', camera_id: 3 }
    const answer = await new Promise((done, fail) => {
      logger.error = fail
      logger.send({ message, severity: 'warn', metadata }, (_error, _response, body) => done(body))
    })
    expect(answer).toEqual({ text: 'Success', code: 0 })
    expect(await stored('splunk-logging')).toMatchObject([
      { level: 'WARNING', message: 'captured', camera_id: 3 },
    ])
  })

  it('takes events one behind the other, and lines of text', async () => {
    const headers = { authorization: `Splunk ${server.apiKey}` }
    const event = (text: string) => JSON.stringify({ time: '1795942801.25', source: 'hec', event: text })
    const sent = await post(
      '/services/collector',
      `${event('ERROR one')}${event('two')}{"event":""}`,
      headers,
    )
    expect([sent.status, await sent.json()]).toEqual([
      200,
      { code: 0, text: '1 not stored; event 2: the field event is missing or blank' },
    ])
    await post('/services/collector/raw?source=hec', 'three\nfour\n', headers)
    const rows = await stored('hec')
    expect(rows.map(({ message }) => message).sort()).toEqual(['ERROR one', 'four', 'three', 'two'])
    expect(rows.find(({ message }) => message === 'ERROR one')).toMatchObject({
      level: 'ERROR',
      timestamp: '2026-11-29T09:00:01.25Z',
    })
    const refused = await post('/services/collector/event', '', { authorization: 'Splunk wrong' })
    expect([refused.status, await refused.json()]).toMatchObject([401, { code: 4 }])
    expect((await fetch(`${server.url}/services/collector/health`, { headers })).status).toBe(200)
  })
})

// As the Datadog Agent and the libraries of Datadog send them, recorded from their sources.
it("takes logs as Datadog's intake does", async () => {
  const headers = { authorization: '', 'dd-api-key': server.apiKey, 'content-type': 'application/json' }
  const log = {
    ...{
      message: 'captured',
      status: 'warn',
      service: 'datadog-shop',
      ddsource: 'nodejs',
      hostname: 'edge-7',
    },
    ...{ ddtags: 'env:prod,team:shop', timestamp: Date.now() },
  }
  const answer = await post('/api/v2/logs', gzipSync(JSON.stringify([log, log])), {
    ...headers,
    'content-encoding': 'gzip',
  })
  expect([answer.status, await answer.json()]).toEqual([202, {}])
  expect(await stored('datadog-shop')).toMatchObject(
    Array(2).fill({ level: 'WARNING', extra_data: { ddtags: 'env:prod,team:shop', hostname: 'edge-7' } }),
  )
  const refused = await post('/api/v2/logs', '[7]', headers)
  expect([refused.status, await refused.json()]).toMatchObject([400, { errors: [{ status: '400' }] }])
})

it.each(['/ready', '/health'])('says %s as Loki does', async (path) => {
  const answer = await fetch(`${server.url}${path}`)
  expect([answer.status, await answer.text()]).toEqual([200, 'ready\n'])
})

describe('the journal', () => {
  const entry = (fields: Record<string, string>) =>
    `${Object.entries({ __REALTIME_TIMESTAMP: `${Date.now()}000`, ...fields })
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')}\n`
  const upload = (body: string | Buffer) =>
    post('/upload', body, { 'content-type': 'application/vnd.fdo.journal' })

  it('is taken in its export format, with values of several lines and bytes', async () => {
    const text = Buffer.from('two\nlines')
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(text.length))
    const whole = entry({ SYSLOG_IDENTIFIER: 'journal-export', PRIORITY: '3' }).slice(0, -1)
    const body = [Buffer.from(`${whole}MESSAGE\n`), length, text, Buffer.from('\n\n')]
    const answer = await upload(Buffer.concat([...body, ...body, Buffer.from(entry({ MESSAGE: 'last' }))]))
    expect([answer.status, await answer.text()]).toEqual([202, 'OK.\n'])
    expect(await stored('journal-export')).toMatchObject(
      Array(2).fill({ level: 'ERROR', message: 'two\nlines', logger_name: 'journal-export' }),
    )
    const refused = await post('/upload', 'x', { 'content-type': 'text/plain' })
    expect(refused.status).toBe(415)
  })

  it.skipIf(!has(UPLOADER))(
    'comes from systemd-journal-upload (skipped where it is not installed)',
    async () => {
      const file = join(folder, 'journal.export')
      const lines = Array.from({ length: 2500 }, (_, number) =>
        entry({ MESSAGE: `line ${number}`, SYSLOG_IDENTIFIER: 'journal-upload', PRIORITY: '4' }),
      )
      await writeFile(file, lines.join(''))
      const { port } = new URL(server.url)
      await run(UPLOADER, [
        `--url=http://any:${server.apiKey}@127.0.0.1:${port}`,
        '--save-state=/dev/null',
        file,
      ])
      const { pagination, logs } = (await server.get('/api/logs?source=journal-upload&limit=1')).body.data
      expect([pagination.total_items, logs[0].level]).toEqual([2500, 'WARNING'])
    },
  )
})

it('ports over TLS get a renewed certificate while they are open', async () => {
  const subjectOf = async (port = 0, protocols?: string[]) => {
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false }
    const socket = connectTls(protocols ? { ...options, ALPNProtocols: protocols } : options)
    await once(socket, 'secureConnect')
    const subject = socket.getPeerX509Certificate()?.subject
    socket.destroy()
    return subject
  }
  const all = () => Promise.all([subjectOf(forwardPorts.TLS), subjectOf(grpcPorts.TLS, ['h2'])])
  expect(await all()).toEqual(['CN=localhost', 'CN=localhost'])
  const { cert, key } = makeCertificate(folder, 'renewed')
  await rename(key, join(folder, 'key.pem'))
  await rename(cert, join(folder, 'cert.pem'))
  await expect.poll(all).toEqual(['CN=renewed', 'CN=renewed'])
})
