import { datadogSteps } from '../../ingest/datadog/datadog-logs.ts'
import { AppError } from '../../service/app-error.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { now } from '../../store/database/timestamp.ts'
import { INGEST, jsonReply, protocolRoutes, takeBody } from './protocol-routes.ts'

/** Datadog's log intake: `POST /api/v2/logs`, with its key as `DD-API-KEY`; 202 and an empty object. */
export function datadogRoutes(ingest: IngestService) {
  return protocolRoutes({
    bodies: ingest.bodies,
    writeError: ({ status, message }) =>
      jsonReply(status, {
        errors: [{ status: String(status), title: message.split('.', 1)[0], detail: message }],
      }),
    addRoutes: (app) => {
      app.post('/api/v2/logs', { config: INGEST }, async (request, response) => {
        const decode = (body: Buffer) => {
          if (body.length === 0)
            throw new AppError('INVALID_REQUEST', 'The body is empty; send an array of logs.')
          return datadogSteps(body, { now: now() })
        }
        const about = { way: 'datadog', unit: 'log' } as const
        const { isNoneStored, rejectedCount, reasons } = await takeBody(request, ingest, decode, about)
        const sentence = `${rejectedCount} not stored; ${reasons}`
        if (isNoneStored) throw new AppError('INVALID_REQUEST', sentence)
        const errors = [{ status: '400', title: 'Some logs were not stored', detail: sentence }]
        return response.code(202).send(rejectedCount > 0 ? { errors } : {})
      })
    },
  })
}
