import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../service/app-error.ts'

/** Bytes of a body, as sent and unpacked. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Hands over bodies of any content type as bytes: gzip is unpacked, and both sides of it are bounded. */
export function takeRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (request, payload, done) => {
    readBody(payload, request.headers['content-encoding']).then((body) => done(null, body), done)
  })
}

/**
 * The body's bytes, once; none when it is empty. The request would hold them until its reply is sent, and quarters of a
 * megabyte that outlive what is made of them are what V8 marks the whole heap for, several times a second.
 */
export function takeBody(request: FastifyRequest): Buffer {
  const { body } = request
  request.body = undefined
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

export const tooLarge = () =>
  new AppError(
    'PAYLOAD_TOO_LARGE',
    `The body is over ${MAX_BODY_BYTES / 1024 / 1024} MB unpacked. Send smaller batches.`,
  )

async function readBody(payload: Readable, encoding: string | undefined): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of unpacked(payload, encoding) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

async function* unpacked(payload: Readable, encoding: string | undefined): AsyncGenerator<Buffer> {
  if (encoding === undefined || encoding === 'identity') {
    yield* payload as AsyncIterable<Buffer>
    return
  }
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Encoding ${encoding} is not understood here; send gzip or none.`,
    )
  }
  const gunzip = createGunzip()
  payload.on('error', (error) => gunzip.destroy(error))
  try {
    yield* payload.pipe(gunzip) as AsyncIterable<Buffer>
  } catch (error) {
    throw new AppError('INVALID_REQUEST', 'The body is not valid gzip; nothing of it was stored.', {
      cause: error,
    })
  }
}
