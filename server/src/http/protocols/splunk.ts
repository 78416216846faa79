import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Decoded, Steps } from '../../ingest/decoded.ts'
import { hecRawSteps, hecSteps } from '../../ingest/splunk/hec-events.ts'
import { AppError, type ErrorCode } from '../../service/app-error.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { formHolder } from '../../service/ingest/remembered-forms.ts'
import { now } from '../../store/database/timestamp.ts'
import { INGEST, jsonReply, protocolRoutes, takeBody } from './protocol-routes.ts'

/** The collector's codes of our errors; 6 is an event that cannot be read. */
const CODES: { readonly [Code in ErrorCode]?: number } = {
  UNAUTHENTICATED: 4,
  FORBIDDEN: 1,
  INVALID_REQUEST: 6,
  PAYLOAD_TOO_LARGE: 27,
  RATE_LIMITED: 9,
  UNAVAILABLE: 9,
  STORAGE_FULL: 9,
}
const INTERNAL = 8

/** Splunk's HTTP Event Collector, with its key as `Authorization: Splunk <key>`; without its acknowledgements by channel. */
export function splunkRoutes(ingest: IngestService) {
  return protocolRoutes({
    bodies: ingest.bodies,
    writeError: ({ code, status, message }) => {
      // It has no status of its own for a full disk; its senders send again what was answered with 503.
      const told = code === 'STORAGE_FULL' ? 503 : status
      return jsonReply(told, {
        text: message,
        code: CODES[code] ?? INTERNAL,
      })
    },
    addRoutes: (app) => {
      const event = (request: FastifyRequest, response: FastifyReply) =>
        store(ingest, request, response, (body) => hecSteps(body, { now: now() }))
      const raw = async (request: FastifyRequest, response: FastifyReply) => {
        const about = Object.fromEntries(
          Object.entries(request.query as object).filter(([name]) =>
            /^(host|source|sourcetype|index|time)$/.test(name),
          ),
        )
        const { source, sourcetype, host } = about
        const place = {
          holder: formHolder(request.principal.lineage),
          wayIn: 'splunk',
          source: [source, sourcetype, host].map((one) => String(one ?? '').slice(0, 300)).join(' '),
        }
        const known = await ingest.forms.find(place, undefined)
        const steps = (body: Buffer) => hecRawSteps(body, about, { now: now() }, known.form)
        return store(ingest, request, response, steps, ({ form }) => ingest.forms.learn(place, known, form))
      }
      for (const path of ['', '/event', '/event/1.0'])
        app.post(`/services/collector${path}`, { config: INGEST }, event)
      for (const path of ['/raw', '/raw/1.0']) app.post(`/services/collector${path}`, { config: INGEST }, raw)
      for (const path of ['/health', '/health/1.0'])
        app.get(`/services/collector${path}`, { config: INGEST }, async () => ({
          text: 'HEC is healthy',
          code: 17,
        }))
    },
  })
}

async function store(
  ingest: IngestService,
  request: FastifyRequest,
  response: FastifyReply,
  steps: (body: Buffer) => Steps<Decoded>,
  onStored: (decoded: Decoded) => Promise<void> = async () => undefined,
) {
  const decode = (body: Buffer) => {
    if (body.length === 0) throw new AppError('INVALID_REQUEST', 'No data')
    return steps(body)
  }
  const about = { way: 'splunk', unit: 'event', onStored } as const
  const { isNoneStored, rejectedCount, reasons } = await takeBody(request, ingest, decode, about)
  if (rejectedCount === 0) return response.send({ text: 'Success', code: 0 })
  const text = `${rejectedCount} not stored; ${reasons}`
  if (isNoneStored) throw new AppError('INVALID_REQUEST', text)
  // Splunk refuses all behind the first that is bad; here the others are stored, so that 200 keeps them from coming again.
  return response.send({ text, code: 0 })
}
