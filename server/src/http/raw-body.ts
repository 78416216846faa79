import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Hold } from '../byte-budget.ts'
import type { Decoded } from '../ingest/decoded.ts'
import { SnappyError } from '../ingest/snappy.ts'
import type { Steps } from '../ingest/steps.ts'
import { AppError } from '../service/app-error.ts'
import type { BodyIntake } from '../service/ingest/body-intake.ts'
import { unpackContent } from './content-encoding.ts'

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
