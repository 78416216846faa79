import { seqEventSteps } from '../../ingest/seq/clef.ts'
import { AppError } from '../../service/app-error.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { now } from '../../store/database/timestamp.ts'
import { INGEST, jsonReply, protocolRoutes, takeBody } from './protocol-routes.ts'

/** The content types of Seq's senders, and the default types of others. */
const TAKEN_TYPES =
  /^\s*(application\/([\w.+-]*json|vnd\.serilog\.clef|octet-stream)|text\/(plain|json))\s*(;|$)/i

/**
 * Seq's way in: `POST /api/events/raw` and `POST /ingest/clef`, CLEF or the older array of events. Good events are stored
 * beside bad ones; a reply with both names the bad ones in `Error`.
 */
export function seqRoutes(ingest: IngestService) {
  return protocolRoutes({
    bodies: ingest.bodies,
    writeError: (error) => jsonReply(error.status, { Error: error.message }),
    addRoutes: (app) => {
      for (const path of ['/api/events/raw', '/ingest/clef']) {
        app.post(path, { config: INGEST }, async (request, response) => {
          const type = request.headers['content-type']
          if (type !== undefined && !TAKEN_TYPES.test(type)) {
            throw new AppError(
              'UNSUPPORTED_MEDIA_TYPE',
              `Content-Type ${type.slice(0, 100)} is not accepted here; send application/vnd.serilog.clef.`,
            )
          }
          const decode = (body: Buffer) => seqEventSteps(body, { now: now() })
          const { isNoneStored, rejectedCount, reasons } = await takeBody(request, ingest, decode, {
            way: 'seq',
            unit: 'event',
          })
          const failure = rejectedCount > 0 && `${rejectedCount} not stored; ${reasons}`
          if (failure && isNoneStored) throw new AppError('INVALID_REQUEST', failure)
          return response.code(201).send({ MinimumLevelAccepted: null, ...(failure && { Error: failure }) })
        })
      }
    },
  })
}
