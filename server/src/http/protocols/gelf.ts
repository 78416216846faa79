import { gelfSteps } from '../../ingest/gelf/gelf-message.ts'
import { AppError } from '../../service/app-error.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { now } from '../../store/database/timestamp.ts'
import { INGEST, jsonReply, protocolRoutes, takeBody } from './protocol-routes.ts'

/** GELF over HTTP, as Graylog takes it: `POST /gelf`, 202 without a body, a message each or several of them. */
export function gelfRoutes(ingest: IngestService) {
  return protocolRoutes({
    bodies: ingest.bodies,
    writeError: ({ status, message }) => jsonReply(status, { type: 'ApiError', message }),
    addRoutes: (app) => {
      app.post('/gelf', { config: INGEST }, async (request, response) => {
        const decode = (body: Buffer) => {
          if (body.length === 0)
            throw new AppError('INVALID_REQUEST', 'The body is empty; send a GELF message.')
          return gelfSteps(body, { now: now() })
        }
        const about = { way: 'gelf', unit: 'message' } as const
        const { isNoneStored, rejectedCount, reasons } = await takeBody(request, ingest, decode, about)
        if (rejectedCount === 0) return response.code(202).send()
        const sentence = `${rejectedCount} not stored; ${reasons}`
        if (isNoneStored) throw new AppError('INVALID_REQUEST', sentence)
        return response.code(202).send({ message: sentence })
      })
    },
  })
}
