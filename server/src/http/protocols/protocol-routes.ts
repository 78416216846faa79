import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Decoded, Steps } from '../../ingest/decoded.ts'
import type { AppError } from '../../service/app-error.ts'
import type { BodyIntake, IngestService, Way } from '../../service/ingest/ingest-service.ts'
import { takeRawBodies, withBody } from '../raw-body.ts'

/** A reply in a protocol's own form. */
export type ForeignReply = { status: number; type: string; body: string | Uint8Array }

/** How one protocol is spoken over HTTP. */
export type Protocol = {
  /** Room for what it takes in; unset where it only answers. */
  bodies?: BodyIntake
  /** Writes an error in the form that the protocol's senders understand. */
  writeError: (error: AppError, request: FastifyRequest) => ForeignReply
  addRoutes: (app: FastifyInstance) => void
}

/** The declaration of every ingest route. */
export const INGEST = { access: 'ingest', takesForeignKeys: true } as const

/** The routes of one protocol: bodies come as bytes, and errors, also of the guard and the limits, go in its form. */
export function protocolRoutes({ bodies, writeError, addRoutes }: Protocol): FastifyPluginAsync {
  return async (app) => {
    if (bodies) takeRawBodies(app, bodies)
    app.setErrorHandler((error: FastifyError, request, response) => {
      const known = app.toAppError(error, request)
      if (known.retryAfter !== undefined) response.header('retry-after', String(known.retryAfter))
      const { status, type, body } = writeError(known, request)
      return response.code(status).type(type).send(body)
    })
    addRoutes(app)
  }
}

type TakenBody = {
  way: Way
  /** The protocol's word for a line. */
  unit: string
  onDecoded?: (decoded: Decoded) => Promise<void>
  onStored?: (decoded: Decoded) => Promise<void>
}

/**
 * Stores the lines of a body.
 *
 * @returns how many were stored, and of the first ten that were not, why
 */
export async function takeBody(
  request: FastifyRequest,
  ingest: IngestService,
  decode: (body: Buffer) => Steps<Decoded>,
  { way, unit, onDecoded, onStored }: TakenBody,
): Promise<{ isNoneStored: boolean; rejectedCount: number; reasons: string }> {
  const { accepted, filtered, rejected, rejected_count } = await withBody(
    request,
    ingest.bodies,
    { decode, recordsOf: (all) => all },
    async (decoded) => {
      await onDecoded?.(decoded)
      const stored = await ingest.ingest(decoded, { way })
      await onStored?.(decoded)
      return stored
    },
  )
  const reasons = rejected.slice(0, 10).map(({ index, reason }) => `${unit} ${index}: ${reason}`)
  return {
    isNoneStored: rejected_count > 0 && accepted + filtered === 0,
    rejectedCount: rejected_count,
    reasons: reasons.join('; '),
  }
}

/** A JSON reply. */
export function jsonReply(status: number, body: unknown): ForeignReply {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(body) }
}
