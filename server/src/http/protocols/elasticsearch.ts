import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type BulkItem, bulkSteps, type DecodedBulk } from '../../ingest/elasticsearch/bulk.ts'
import type { Steps } from '../../ingest/steps.ts'
import { AppError, type ErrorCode } from '../../service/app-error.ts'
import type { IngestResult, IngestService } from '../../service/ingest/ingest-service.ts'
import { now } from '../../store/database/timestamp.ts'
import { withBody } from '../raw-body.ts'
import { INGEST, jsonReply, protocolRoutes } from './protocol-routes.ts'

const TAKEN_TYPES =
  /^\s*(application\/([\w.+-]*json[\w.+-]*|octet-stream)|text\/(plain|json|x-ndjson))\s*(;|$)/i

/** The version whose `_bulk` this is; shippers refuse what is older than themselves. */
const VERSION = '9.0.0'

/** What Elasticsearch calls our errors. */
const ERROR_TYPES: { readonly [Code in ErrorCode]?: string } = {
  UNAUTHENTICATED: 'security_exception',
  FORBIDDEN: 'security_exception',
  PAYLOAD_TOO_LARGE: 'content_too_long_exception',
  UNSUPPORTED_MEDIA_TYPE: 'media_type_header_exception',
  RATE_LIMITED: 'es_rejected_execution_exception',
  UNAVAILABLE: 'es_rejected_execution_exception',
  STORAGE_FULL: 'cluster_block_exception',
  INTERNAL: 'exception',
}

/**
 * `_bulk` with index and create, and the questions that shippers ask before they send, for Filebeat, Fluent Bit, Vector,
 * Logstash and the official clients. All of it also below `/elastic`, where the handshake at `/` is not the page's.
 */
export function elasticsearchRoutes(ingest: IngestService) {
  return protocolRoutes({
    bodies: ingest.bodies,
    writeError: ({ code, status, message }) => {
      const cause = { type: ERROR_TYPES[code] ?? 'illegal_argument_exception', reason: message }
      return jsonReply(status, { error: { root_cause: [cause], ...cause }, status })
    },
    addRoutes: (app) => {
      // The official clients talk to nobody who does not say so.
      app.addHook('onRequest', async (request, response) => {
        response.header('x-elastic-product', 'Elasticsearch')
        const wanted = /application\/vnd\.elasticsearch\+json; ?compatible-with=\d/.exec(
          request.headers.accept ?? '',
        )
        response.type(wanted?.[0] ?? 'application/json; charset=utf-8')
      })
      for (const base of ['', '/elastic']) {
        addHandshake(app, base)
        for (const path of ['/_bulk', '/:index/_bulk', '/:index/_doc/_bulk']) {
          for (const method of ['POST', 'PUT'] as const) {
            app.route({
              method,
              url: `${base}${path}`,
              config: INGEST,
              handler: (request) => bulk(ingest, request),
            })
          }
        }
      }
    },
  })
}

function addHandshake(app: FastifyInstance, base: string): void {
  const answers: Record<string, object> = {
    '/_license': {
      license: { status: 'active', uid: 'timelapser-logs', type: 'basic', mode: 'basic' },
    },
    '/_cluster/health': { cluster_name: 'timelapser-logs', status: 'green', timed_out: false },
  }
  const about = {
    name: 'timelapser-logs',
    cluster_name: 'timelapser-logs',
    cluster_uuid: 'timelapser-logs',
    version: { number: VERSION, build_flavor: 'default', build_type: 'tar' },
    tagline: 'Timelapser Logs, which takes the _bulk of Elasticsearch',
  }
  if (base !== '') Object.assign(answers, { '/': about, '': about })
  for (const [path, answer] of Object.entries(answers)) {
    app.get(`${base}${path}`, { config: INGEST }, async () => answer)
  }
}

async function bulk(ingest: IngestService, request: FastifyRequest): Promise<object> {
  const began = performance.now()
  const type = request.headers['content-type']
  if (type !== undefined && !TAKEN_TYPES.test(type)) {
    throw new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Type header [${type.slice(0, 100)}] is not supported; send application/x-ndjson`,
    )
  }
  const { index } = request.params as { index?: string }
  const decode = (body: Buffer) => decodeBulk(body, index)
  const recordsOf = ({ decoded }: DecodedBulk) => decoded
  return withBody(request, ingest.bodies, { decode, recordsOf }, async ({ decoded, items }) => {
    // The decoder knows all it refused; what is named beside comes from the database.
    const result = await ingest.ingest({ ...decoded, rejections: [] })
    markRefused(items, result)
    return {
      took: Math.round(performance.now() - began),
      errors: items.some(({ failure }) => failure !== undefined),
      items: items.map((item, position) => ({ [item.action]: outcomeOf(item, `${request.id}-${position}`) })),
    }
  })
}

function decodeBulk(body: Buffer, index: string | undefined): Steps<DecodedBulk> {
  if (body.length === 0) throw new AppError('INVALID_REQUEST', 'request body is required')
  return bulkSteps(body, index, { now: now() })
}

function markRefused(items: BulkItem[], { rejected }: IngestResult): void {
  for (const { index, reason } of rejected) {
    const item = items[index]
    if (item) item.failure = { type: 'document_parsing_exception', reason }
  }
}

function outcomeOf({ index, id, failure }: BulkItem, ownId: string): object {
  const about = { _index: index, _id: id ?? ownId }
  if (failure) return { ...about, status: 400, error: failure }
  return {
    ...about,
    _version: 1,
    result: 'created',
    _shards: { total: 1, successful: 1, failed: 0 },
    _seq_no: 0,
    _primary_term: 1,
    status: 201,
  }
}
