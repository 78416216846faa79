// GELF and OTLP over gRPC, from programs that we did not write, on ports of their own; and the certificates of ports.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile, rename } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { ChannelCredentials, Metadata } from '@grpc/grpc-js'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import gelf from 'gelf-pro'
import { describe, expect, it } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { openForward } from '../src/cli/serve/forward-listener.ts'
import { openGelf } from '../src/cli/serve/gelf-listener.ts'
import { openOtlpGrpc } from '../src/cli/serve/otlp-grpc-listener.ts'
import { readConfig } from '../src/config.ts'
import { startPorts } from './support/way-in.ts'

const { server, stored, post, rejected, folder, cert, key, options, open } = await startPorts()
const gelfPorts = await open(openGelf(readConfig({ GELF_UDP_PORT: '0', GELF_TCP_PORT: '0' }).gelf, options))
const grpcOver = (settings: Record<string, string>) =>
  open(openOtlpGrpc(readConfig({ OTLP_GRPC_PORT: '0', ...settings }).otlpGrpc, server.system.app))
const grpcPorts = {
  ...(await grpcOver({})),
  ...(await grpcOver({ OTLP_GRPC_TLS_CERT: cert, OTLP_GRPC_TLS_KEY: key })),
}
const secured = { FORWARD_TLS_PORT: '0', FORWARD_TLS_CERT: cert, FORWARD_TLS_KEY: key }
const forwardPorts = await open(openForward(readConfig(secured).forward, options))

describe('OTLP over gRPC from the exporter of OpenTelemetry', () => {
  it.each([
    ['none', 'TCP'],
    ['gzip', 'TCP'],
    ['gzip', 'TLS'],
  ])('packed as %s, over %s', async (compression, kind) => {
    const [service, metadata] = [`grpc-${compression}-${kind}`, new Metadata()]
    metadata.set('authorization', `Bearer ${server.apiKey}`)
    const url = `${kind === 'TLS' ? 'https://localhost' : 'http://127.0.0.1'}:${grpcPorts[kind]}`
    const trusted = await readFile(cert)
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
  const renewed = makeCertificate(folder, 'renewed')
  await rename(renewed.key, key)
  await rename(renewed.cert, cert)
  await expect.poll(all).toEqual(['CN=renewed', 'CN=renewed'])
})
