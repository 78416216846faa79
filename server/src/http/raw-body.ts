import { Readable, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Hold } from '../byte-budget.ts'
import type { Decoded, Steps } from '../ingest/decoded.ts'
import { SnappyError, unpackSnappy } from '../ingest/snappy.ts'
import { AppError } from '../service/app-error.ts'
import type { BodyIntake } from '../service/ingest/ingest-service.ts'

/** Bytes of a body, as sent and unpacked. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** A body, and its room among those that are taken in. */
class RawBody {
  bytes: Buffer
  readonly hold: Hold

  constructor(bytes: Buffer, hold: Hold) {
    this.bytes = bytes
    this.hold = hold
  }
}

/** Hands over bodies of any content type as bytes: encodings are unpacked, and both sides of it are bounded. */
export function takeRawBodies(app: FastifyInstance, intake: BodyIntake): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (request, payload, done) => {
    const hold = intake.budget.open(request.principal.lineage)
    readBody(payload, request.headers['content-encoding'], (bytes) => intake.grow(hold, bytes)).then(
      (bytes) => done(null, new RawBody(bytes, hold)),
      (error) => {
        hold.release()
        done(error)
      },
    )
  })
  // A request that is refused between its body and its handler.
  app.addHook('onError', async ({ body }) => {
    if (body instanceof RawBody) body.hold.release()
  })
}

/** How a body is decoded, in steps. */
export type BodyDecoder<D> = {
  /** Checks that need no reading: an empty body, an unsupported type. @throws {AppError} */
  decode: (body: Buffer) => Steps<D>
  recordsOf: (decoded: D) => Decoded
}

/**
 * Decodes the body of a request and hands over what is in it; the room it takes is given back when `use` has ended.
 *
 * Nothing holds the bytes once they are decoded. The request would until its reply is sent, and quarters of a megabyte
 * that outlive what is made of them are what V8 marks the whole heap for, several times a second.
 */
export async function withBody<D, R>(
  request: FastifyRequest,
  intake: BodyIntake,
  { decode, recordsOf }: BodyDecoder<D>,
  use: (decoded: D) => Promise<R>,
): Promise<R> {
  const { body } = request
  request.body = undefined
  const hold = body instanceof RawBody ? body.hold : intake.budget.open(request.principal.lineage)
  try {
    const bytes = body instanceof RawBody ? body.bytes : Buffer.alloc(0)
    if (body instanceof RawBody) body.bytes = NO_BYTES
    return await use(await intake.decode(decode(bytes), bytes.length, hold, recordsOf))
  } finally {
    hold.release()
  }
}

/** Gives back the room of a body that nobody looks at. */
export function dropBody(request: FastifyRequest): void {
  const { body } = request
  request.body = undefined
  if (body instanceof RawBody) body.hold.release()
}

const NO_BYTES = Buffer.alloc(0)

export const tooLarge = () =>
  new AppError(
    'PAYLOAD_TOO_LARGE',
    `The body is over ${MAX_BODY_BYTES / 1024 / 1024} MB unpacked. Send smaller batches.`,
  )

async function readBody(
  payload: Readable,
  encoding: string | undefined,
  grow: (bytes: number) => void,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of unpackContent(payload, encoding, MAX_BODY_BYTES)) {
      size += chunk.length
      if (size > MAX_BODY_BYTES) throw tooLarge()
      grow(chunk.length)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof SnappyError ? tooLarge() : error
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

// The encodings of bodies (RFC 9110, 8.4), unpacked as they come. How much they may unpack to is bounded by who reads.

/** A window of 16 MB, as large as a body may be: without a bound the header of a body can ask for 128 MB. */
const ZSTD_WINDOW_LOG = 24

type Encoding = { name: string; unpack: (payload: Readable, mostBytes: number) => AsyncIterable<Buffer> }

const GZIP: Encoding = { name: 'gzip', unpack: (payload) => through(payload, zlib.createGunzip()) }
const DEFLATE: Encoding = { name: 'deflate', unpack: inflated }
const BROTLI: Encoding = { name: 'br', unpack: (payload) => through(payload, zlib.createBrotliDecompress()) }
const SNAPPY: Encoding = { name: 'snappy', unpack: unsnapped }
/** Node has it from 22.15 and 23.8 on. */
const ZSTD: Encoding | undefined =
  typeof zlib.createZstdDecompress === 'function'
    ? { name: 'zstd', unpack: (payload) => through(payload, zlib.createZstdDecompress(zstdOptions())) }
    : undefined

/** By all names that senders use; `zlib` and `x-snappy-framed` are the OpenTelemetry Collector's. */
const ENCODINGS: Readonly<Record<string, Encoding | undefined>> = {
  ...{ gzip: GZIP, 'x-gzip': GZIP },
  ...{ deflate: DEFLATE, 'x-deflate': DEFLATE, zlib: DEFLATE },
  ...{ br: BROTLI, zstd: ZSTD },
  ...{ snappy: SNAPPY, 'x-snappy': SNAPPY, 'x-snappy-framed': SNAPPY },
}
const UNDERSTOOD = [GZIP, DEFLATE, BROTLI, ZSTD, SNAPPY].flatMap((one) => one?.name ?? [])

/**
 * The body without its encoding. An absent, empty or `identity` header means that it has none.
 *
 * @param mostBytes what the caller takes at most; it counts what comes out and stops there.
 * @throws {AppError} UNSUPPORTED_MEDIA_TYPE at an encoding that is not known, INVALID_REQUEST at a body that is not in it.
 */
export async function* unpackContent(
  payload: Readable,
  header: string | undefined,
  mostBytes: number,
): AsyncGenerator<Buffer> {
  const names = encodingsOf(header)
  const [name] = names
  if (name === undefined) {
    yield* payload as AsyncIterable<Buffer>
    return
  }
  const encoding = names.length === 1 && Object.hasOwn(ENCODINGS, name) ? ENCODINGS[name] : undefined
  if (encoding === undefined) {
    throw new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Encoding ${names.join(', ').slice(0, 100)} is not supported here; send ${UNDERSTOOD.join(', ')} or none.`,
    )
  }
  try {
    yield* encoding.unpack(payload, mostBytes)
  } catch (error) {
    if (error instanceof AppError || (error instanceof SnappyError && error.isTooLarge)) throw error
    throw new AppError(
      'INVALID_REQUEST',
      `The body is not valid ${encoding.name}; nothing of it was stored.`,
      {
        cause: error,
      },
    )
  }
}

/** Whether the body was unpacked from snappy already. Protocols that pack in it by themselves are sent both ways. */
export function wasSnappy(header: string | undefined): boolean {
  return encodingsOf(header).some((name) => ENCODINGS[name] === SNAPPY)
}

function encodingsOf(header = ''): string[] {
  const names = header.split(',').map((name) => name.trim().toLowerCase())
  return names.filter((name) => name !== '' && name !== 'identity')
}

function zstdOptions(): zlib.ZstdOptions {
  return { params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }
}

async function* through(payload: Readable, unpacker: Transform): AsyncGenerator<Buffer> {
  payload.on('error', (error) => unpacker.destroy(error))
  yield* payload.pipe(unpacker) as AsyncIterable<Buffer>
}

/** With the header of zlib as it should be (RFC 1950), or without as some senders have it. */
async function* inflated(payload: Readable): AsyncGenerator<Buffer> {
  const chunks = payload[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let start = Buffer.alloc(0)
  while (start.length < 2) {
    const next = await chunks.next()
    if (next.done === true) break
    start = Buffer.concat([start, next.value])
  }
  const [method = 0, flags = 0] = start
  const hasHeader = (method & 15) === 8 && (method * 256 + flags) % 31 === 0
  const whole = Readable.from(startingWith(start, chunks), { objectMode: false })
  yield* through(whole, hasHeader ? zlib.createInflate() : zlib.createInflateRaw())
}

async function* startingWith(start: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (start.length > 0) yield start
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

/** Blocks of snappy name what they unpack to, and are read as a whole. */
async function* unsnapped(payload: Readable, mostBytes: number): AsyncGenerator<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) throw new SnappyError('the body is too long', true)
    chunks.push(chunk)
  }
  yield unpackSnappy(Buffer.concat(chunks), mostBytes)
}
