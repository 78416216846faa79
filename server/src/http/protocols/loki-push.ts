import type { Decoded, Steps } from '../../ingest/decoded.ts'
import { lokiJsonSteps, lokiProtobufSteps } from '../../ingest/loki/push.ts'
import { SnappyError, unpackSnappy } from '../../ingest/snappy.ts'
import { AppError } from '../../service/app-error.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { formHolder } from '../../service/ingest/remembered-forms.ts'
import { now } from '../../store/database/timestamp.ts'
import { MAX_BODY_BYTES, tooLarge, wasSnappy } from '../raw-body.ts'
import { INGEST, protocolRoutes, takeBody } from './protocol-routes.ts'

/**
 * `POST /loki/api/v1/push` for Promtail, Alloy, Docker's driver and loggers' Loki transports. If only some lines cannot
 * be stored, a 200 names them: Loki itself says 400 then, upon which some senders send everything again, for ever.
 */
export function lokiPushRoutes(ingest: IngestService) {
  return protocolRoutes({
    bodies: ingest.bodies,
    writeError: ({ status, message }) => ({
      status,
      type: 'text/plain; charset=utf-8',
      body: `${message}\n`,
    }),
    addRoutes: (app) => {
      app.post('/loki/api/v1/push', { config: INGEST }, async (request, response) => {
        const type = request.headers['content-type']
        // Protocol buffers are always in snappy here; some senders name it in the header as well, it is once all the same.
        const isUnpacked = wasSnappy(request.headers['content-encoding'])
        const decode = (body: Buffer) => decodePush(body, isUnpacked, type)
        const { isNoneStored, rejectedCount, reasons } = await takeBody(request, ingest, decode, {
          way: 'loki',
          unit: 'entry',
          onDecoded: (decoded) =>
            ingest.streams.read(decoded, { holder: formHolder(request.principal.lineage), wayIn: 'loki' }),
        })
        if (rejectedCount === 0) return response.code(204).send()
        const sentence = `${rejectedCount} not stored; ${reasons}`
        if (isNoneStored) throw new AppError('INVALID_REQUEST', sentence)
        return response.type('text/plain; charset=utf-8').send(`${sentence}\n`)
      })
    },
  })
}

function decodePush(
  body: Buffer,
  isUnpacked: boolean,
  contentType = 'application/x-protobuf',
): Steps<Decoded> {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/json') return lokiJsonSteps(body, { now: now() })
  if (type !== 'application/x-protobuf') {
    throw new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Type ${contentType.slice(0, 100)} is not accepted here; send application/json or application/x-protobuf.`,
    )
  }
  try {
    const bytes = isUnpacked ? body : unpackSnappy(body, MAX_BODY_BYTES)
    return lokiProtobufSteps(bytes, { now: now() })
  } catch (error) {
    if (!(error instanceof SnappyError)) throw error
    throw error.isTooLarge ? tooLarge() : new AppError('INVALID_REQUEST', `${error.message}.`)
  }
}
