// OTLP over gRPC: one unary call, whose message is the body of `POST /v1/logs` behind five bytes. It goes through that
// route, so that keys, limits, bounds and counts are the same.
import {
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { FastifyInstance } from 'fastify'
import { ByteBudget, type Hold } from '../../byte-budget.ts'
import { BYTES, eachField, ProtobufReader, VARINT } from '../../ingest/protobuf-reader.ts'
import { MAX_BODY_BYTES } from '../raw-body.ts'
import { bytesField, textField, varintField } from './protobuf-fields.ts'

export type OtlpGrpc = { server: Http2Server; budgets: readonly ByteBudget[]; close: () => void }

const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

/** Whether it is compressed, and four bytes of length. */
const PREFIX_BYTES = 5
/**
 * Bytes of messages that arrived in part or wait for their reply: an address may have as much as the largest message.
 */
const BUDGET_BYTES = 48 * 1024 * 1024
const BUDGET_BYTES_OF_ONE = 24 * 1024 * 1024
/** Calls of one connection at a time. */
const MAX_STREAMS = 100
/** A call that takes longer to come never comes. */
const CALL_MS = 60_000
/** When a message may come again that there was no room for. */
const RETRY_S = 2

/** gRPC's status codes. */
const INVALID_ARGUMENT = 3
const RESOURCE_EXHAUSTED = 8
const UNIMPLEMENTED = 12
const INTERNAL = 13
const UNAVAILABLE = 14

/** Headers that identify the sender. */
const PASSED_ON = ['authorization', 'x-api-key', 'x-forwarded-for', 'x-forwarded-proto', 'user-agent']

/** A call that ends in an error. */
class CallError extends Error {
  readonly status: number
  /** When to send it again. */
  readonly retryAfterS: number | undefined

  constructor(status: number, message: string, retryAfterS?: number) {
    super(message)
    this.status = status
    this.retryAfterS = retryAfterS
  }
}

/** A server for gRPC, not yet listening; over TLS when there is a certificate. */
export function otlpGrpcServer(
  app: FastifyInstance,
  certificate: { cert: Buffer; key: Buffer } | undefined,
): OtlpGrpc {
  const budget = new ByteBudget('otlp_grpc', BUDGET_BYTES, BUDGET_BYTES_OF_ONE)
  const settings = { maxConcurrentStreams: MAX_STREAMS }
  const server =
    certificate === undefined
      ? createServer({ settings })
      : (createSecureServer({
          ...{ cert: certificate.cert, key: certificate.key },
          ...{ settings, minVersion: 'TLSv1.2' },
        }) as unknown as Http2Server)
  const sessions = new Set<{ close: () => void; destroy: () => void }>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    // A sender that resets its connection is no trouble of ours.
    session.on('error', () => undefined)
  })
  server.on('stream', (stream, headers) => {
    const sender = (stream.session?.socket?.remoteAddress ?? '').replace(/^::ffff:/, '')
    const hold = budget.open(sender)
    stream.on('error', () => undefined)
    stream.setTimeout(CALL_MS, () => stream.close(constants.NGHTTP2_CANCEL))
    call(app, stream, headers, { hold, sender })
      .catch((error: unknown) => {
        const known = error instanceof CallError ? error : new CallError(INTERNAL, 'The call failed.')
        fail(stream, known)
      })
      .finally(() => hold.release())
  })
  return {
    server,
    budgets: [budget],
    close: () => {
      server.close()
      for (const session of sessions) session.close()
      for (const session of sessions) session.destroy()
    },
  }
}

type Caller = { hold: Hold; sender: string }

async function call(
  app: FastifyInstance,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { hold, sender }: Caller,
): Promise<void> {
  const path = headers[':path']
  if (path !== EXPORT)
    throw new CallError(UNIMPLEMENTED, `${String(path).slice(0, 200)} is not supported here.`)
  if (!/^application\/grpc(\+proto)?\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    stream.respond({ ':status': 415 }, { endStream: true })
    return
  }
  const { message, isPacked } = await readMessage(stream, hold)
  const passed: Record<string, string> = {}
  for (const name of PASSED_ON) if (headers[name] !== undefined) passed[name] = String(headers[name])
  const reply = await app.inject({
    method: 'POST',
    url: '/v1/logs',
    remoteAddress: sender,
    headers: {
      ...passed,
      'content-type': 'application/x-protobuf',
      ...(isPacked && { 'content-encoding': String(headers['grpc-encoding'] ?? 'identity') }),
    },
    payload: message,
  })
  if (reply.statusCode !== 200) {
    const { code, message: sentence } = readStatus(reply.rawPayload)
    // These alone are sent again.
    const isForNow = reply.statusCode === 429 || reply.statusCode === 503
    if (!isForNow) throw new CallError(code, sentence)
    const seconds = Number(reply.headers['retry-after'])
    throw new CallError(UNAVAILABLE, sentence, Number.isSafeInteger(seconds) ? seconds : undefined)
  }
  answer(stream, reply.rawPayload)
}

/** The one message of a call. @throws {CallError} */
async function readMessage(
  stream: ServerHttp2Stream,
  hold: Hold,
): Promise<{ message: Buffer; isPacked: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  // The stream stays open after its body was read: an error still has to be answered.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    const most = MAX_BODY_BYTES / 1024 / 1024
    if (size > MAX_BODY_BYTES + PREFIX_BYTES) {
      throw new CallError(RESOURCE_EXHAUSTED, `The message is over ${most} MB. Send smaller batches.`)
    }
    if (!hold.grow(chunk.length)) {
      throw new CallError(
        UNAVAILABLE,
        'The memory limit for incoming requests is reached. Send the request again shortly.',
        RETRY_S,
      )
    }
    chunks.push(chunk)
  }
  const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
  if (body.length < PREFIX_BYTES || body.readUInt32BE(1) !== body.length - PREFIX_BYTES) {
    throw new CallError(INVALID_ARGUMENT, 'A call must carry exactly one complete message.')
  }
  return { message: body.subarray(PREFIX_BYTES), isPacked: body[0] === 1 }
}

function answer(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.closed || stream.destroyed) return
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(message.length, 1)
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.concat([prefix, message]))
}

/** Characters of an error. */
const MAX_MESSAGE = 1000

/** An error goes in headers alone. */
function fail(stream: ServerHttp2Stream, { status, message, retryAfterS }: CallError): void {
  if (stream.closed || stream.destroyed || stream.headersSent) return
  const headers = {
    'grpc-status': String(status),
    'grpc-message': percentEncoded(message),
    ...(retryAfterS !== undefined && {
      'grpc-status-details-bin': retryDetails(status, message, retryAfterS).toString('base64'),
    }),
  }
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { endStream: true })
  // The rest of the request is not read.
  stream.close(constants.NGHTTP2_NO_ERROR)
}

/** `google.rpc.Status` with a `RetryInfo`: OTLP's senders take an UNAVAILABLE with it for back-pressure. */
function retryDetails(status: number, message: string, retryAfterS: number): Buffer {
  const retryInfo = bytesField(1, varintField(1, retryAfterS))
  const detail = Buffer.concat([
    textField(1, 'type.googleapis.com/google.rpc.RetryInfo'),
    bytesField(2, retryInfo),
  ])
  return Buffer.concat([
    varintField(1, status),
    textField(2, message.slice(0, MAX_MESSAGE)),
    bytesField(3, detail),
  ])
}

/** Percent-encodes as gRPC does: characters that are no printable ASCII, and the percent sign. */
function percentEncoded(message: string): string {
  return message
    .slice(0, MAX_MESSAGE)
    .toWellFormed()
    .replaceAll(/[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent)
}

/** gRPC's code for what nobody knows better. */
const UNKNOWN = 2

/** Reads the body of an error of OTLP over HTTP: gRPC's status message, in protocol buffers. */
function readStatus(body: Uint8Array): { code: number; message: string } {
  const status = { code: UNKNOWN, message: '' }
  try {
    const reader = new ProtobufReader(body)
    eachField(reader, (field) => {
      if (field === 1 && reader.wire === VARINT) status.code = reader.varint()
      else if (field === 2 && reader.wire === BYTES) status.message = reader.text()
      else return false
      return true
    })
  } catch {
    // The fields read so far have to do.
  }
  return status
}
