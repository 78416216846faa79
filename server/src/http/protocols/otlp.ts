import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Decoded, Steps } from '../../ingest/decoded.ts'
import { otlpJsonSteps, otlpProtobufSteps } from '../../ingest/otlp/otlp-logs.ts'
import { AppError, type ErrorCode } from '../../service/app-error.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { now } from '../../store/database/timestamp.ts'
import { bytesField, textField, varintField } from './protobuf-fields.ts'
import { type ForeignReply, INGEST, jsonReply, protocolRoutes, takeBody } from './protocol-routes.ts'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

/** Numbers of gRPC's status codes, for the bodies of errors. */
const GRPC_CODES: { readonly [Code in ErrorCode]?: number } = {
  INVALID_REQUEST: 3,
  PAYLOAD_TOO_LARGE: 3,
  UNSUPPORTED_MEDIA_TYPE: 3,
  FORBIDDEN: 7,
  RATE_LIMITED: 8,
  STORAGE_FULL: 8,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
}
const UNKNOWN = 2

/** OpenTelemetry's OTLP/HTTP for logs: `POST /v1/logs` and `POST /otlp/v1/logs`, protocol buffers and JSON, answered in what was sent. */
export function otlpRoutes(ingest: IngestService) {
  return protocolRoutes({
    bodies: ingest.bodies,
    writeError: ({ code, message, status }, request) => {
      const number = GRPC_CODES[code] ?? UNKNOWN
      // Exporters send again what was refused for the moment alone: 429, 502, 503, 504.
      const told = code === 'STORAGE_FULL' ? 503 : status
      if (typeOf(request) === JSON_TYPE) return jsonReply(told, { code: number, message })
      return {
        status: told,
        type: PROTOBUF,
        body: Buffer.concat([varintField(1, number), textField(2, message)]),
      }
    },
    addRoutes: (app) => {
      const store = async (request: FastifyRequest, response: FastifyReply) => {
        const decode = decoderOf(request)
        const { isNoneStored, rejectedCount, reasons } = await takeBody(request, ingest, decode, {
          way: 'otlp',
          unit: 'record',
        })
        if (isNoneStored) throw new AppError('INVALID_REQUEST', reasons)
        const { type, body } = partialSuccess(typeOf(request), rejectedCount, reasons)
        return response.type(type).send(body)
      }
      // Loki and others serve it below /otlp, and senders configured for them add the path to that.
      for (const path of ['/v1/logs', '/otlp/v1/logs']) app.post(path, { config: INGEST }, store)
    },
  })
}

function typeOf({ headers }: FastifyRequest): string {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? PROTOBUF
}

function decoderOf(request: FastifyRequest): (body: Buffer) => Steps<Decoded> {
  const type = typeOf(request)
  if (type === PROTOBUF) return (body) => otlpProtobufSteps(body, { now: now() })
  if (type === JSON_TYPE) return (body) => otlpJsonSteps(body, { now: now() })
  throw new AppError(
    'UNSUPPORTED_MEDIA_TYPE',
    `Content-Type ${type.slice(0, 100)} is not accepted here; send ${PROTOBUF} or ${JSON_TYPE}.`,
  )
}

function partialSuccess(type: string, rejected: number, message: string): Omit<ForeignReply, 'status'> {
  if (type === JSON_TYPE) {
    const partial = { partialSuccess: { rejectedLogRecords: String(rejected), errorMessage: message } }
    return { type, body: JSON.stringify(rejected > 0 ? partial : {}) }
  }
  const inner = Buffer.concat([varintField(1, rejected), textField(2, message)])
  return { type: PROTOBUF, body: rejected > 0 ? bytesField(1, inner) : Buffer.alloc(0) }
}
