import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Steps } from '../../ingest/decoded.ts'
import { type BulkItem, bulkSteps, type DecodedBulk, documentSteps } from '../../ingest/elasticsearch/bulk.ts'
import { AppError, type ErrorCode } from '../../service/app-error.ts'
import type { IngestResult, IngestService } from '../../service/ingest/ingest-service.ts'
import { now } from '../../store/database/timestamp.ts'
import { dropBody, withBody } from '../raw-body.ts'
import { INGEST, jsonReply, protocolRoutes } from './protocol-routes.ts'

const TAKEN_TYPES =
  /^\s*(application\/([\w.+-]*json[\w.+-]*|octet-stream)|text\/(plain|json|x-ndjson))\s*(;|$)/i

/** The version whose `_bulk` this is; shippers refuse what is older than themselves. */
const VERSION = '9.0.0'

/** Elasticsearch's names for our errors. */
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
 * `_bulk`, `_doc` and `_create`, and what shippers ask and set up before they send, for Filebeat, Fluent Bit, Vector,
 * Logstash, rsyslog and the official clients. All of it also below `/elastic`, where the handshake at `/` is not the page's.
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
      addSetUp(app, '/elastic')
      for (const base of ['', '/elastic']) {
        addHandshake(app, base)
        for (const path of ['/_bulk', '/:index/_bulk', '/:index/:type/_bulk']) {
          const handler = (request: FastifyRequest) => bulk(ingest, request)
          app.route({ method: ['POST', 'PUT'], url: `${base}${path}`, config: INGEST, handler })
        }
        const handler = (request: FastifyRequest, response: FastifyReply) =>
          storeDocument(ingest, request, response)
        app.post(`${base}/:index/_doc`, { config: INGEST }, handler)
        for (const path of ['/:index/_doc/:id', '/:index/_create/:id'])
          app.route({ method: ['POST', 'PUT'], url: `${base}${path}`, config: INGEST, handler })
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
    '/_xpack': { build: {}, features: {}, license: { status: 'active', type: 'basic', mode: 'basic' } },
    '/_nodes/http': { cluster_name: 'timelapser-logs', nodes: {} },
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

/**
 * The templates, policies and pipelines that shippers set up before they send. Nothing has to be set up here: each one asked for
 * is answered as existing, each one written as acknowledged.
 */
function addSetUp(app: FastifyInstance, base: string): void {
  const asked: Record<string, (name: string) => object> = {
    '/_ilm/policy/:name': (name) => ({ [name]: { version: 1, policy: { phases: {} }, in_use_by: {} } }),
    '/_index_template/:name': (name) => ({
      index_templates: [{ name, index_template: { index_patterns: [name] } }],
    }),
    '/_component_template/:name': (name) => ({
      component_templates: [{ name, component_template: { template: {} } }],
    }),
    '/_template/:name': (name) => ({
      [name]: { order: 0, index_patterns: [name], settings: {}, mappings: {} },
    }),
    '/_ingest/pipeline/:name': (name) => ({ [name]: { processors: [] } }),
    '/_data_stream/:name': (name) => ({
      data_streams: [{ name, status: 'GREEN', timestamp_field: { name: '@timestamp' } }],
    }),
    '/_alias/:name': (name) => ({ [name]: { aliases: { [name]: { is_write_index: true } } } }),
  }
  for (const [path, answer] of Object.entries(asked)) {
    const url = `${base}${path}`
    app.get(url, { config: INGEST }, async ({ params }) => answer((params as { name: string }).name))
    app.put(url, { config: INGEST }, async (request) => {
      dropBody(request)
      return { acknowledged: true }
    })
  }
}

async function storeDocument(
  ingest: IngestService,
  request: FastifyRequest,
  response: FastifyReply,
): Promise<object> {
  refuseType(request)
  const { index, id } = request.params as { index: string; id?: string }
  const decode = (body: Buffer) => {
    if (body.length === 0) throw new AppError('INVALID_REQUEST', 'request body is required')
    return documentSteps(body, index, id, { now: now() })
  }
  const recordsOf = ({ decoded }: DecodedBulk) => decoded
  return withBody(request, ingest.bodies, { decode, recordsOf }, async ({ decoded, items }) => {
    const result = await ingest.ingest({ ...decoded, rejections: [] }, { way: 'elasticsearch' })
    markRefused(items, result)
    const [item] = items as [BulkItem]
    const { status, ...outcome } = outcomeOf(item, request.id)
    response.code(status)
    return item.failure === undefined
      ? outcome
      : { error: { root_cause: [item.failure], ...item.failure }, status }
  })
}

async function bulk(ingest: IngestService, request: FastifyRequest): Promise<object> {
  const began = performance.now()
  refuseType(request)
  const { index } = request.params as { index?: string }
  const decode = (body: Buffer) => decodeBulk(body, index)
  const recordsOf = ({ decoded }: DecodedBulk) => decoded
  return withBody(request, ingest.bodies, { decode, recordsOf }, async ({ decoded, items }) => {
    // The decoder knows all records that it refused; further rejections come from the database.
    const result = await ingest.ingest({ ...decoded, rejections: [] }, { way: 'elasticsearch' })
    markRefused(items, result)
    return {
      took: Math.round(performance.now() - began),
      errors: items.some(({ failure }) => failure !== undefined),
      items: items.map((item, position) => ({ [item.action]: outcomeOf(item, `${request.id}-${position}`) })),
    }
  })
}

function refuseType({ headers }: FastifyRequest): void {
  const type = headers['content-type']
  if (type === undefined || TAKEN_TYPES.test(type)) return
  throw new AppError(
    'UNSUPPORTED_MEDIA_TYPE',
    `Content-Type header [${type.slice(0, 100)}] is not supported; send application/x-ndjson`,
  )
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

function outcomeOf({ index, id, failure, isMissing }: BulkItem, ownId: string) {
  const about = { _index: index, _id: id ?? ownId }
  if (failure) return { ...about, status: 400, error: failure }
  return {
    ...about,
    _version: 1,
    result: isMissing ? 'not_found' : 'created',
    _shards: { total: 1, successful: 1, failed: 0 },
    _seq_no: 0,
    _primary_term: 1,
    status: isMissing ? 404 : 201,
  }
}
