import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import { ERRORS } from '../service/app-error.ts'
import { type ApiDescription, apiPage } from './api-page.ts'
import { summaryOf } from './route-summaries.ts'

const ErrorReply = {
  type: 'object',
  required: ['success', 'message', 'status_code', 'code', 'request_id'],
  properties: {
    success: { type: 'boolean', enum: [false] },
    message: { type: 'string', description: 'The error, and the remedy' },
    status_code: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    position: { type: 'integer', description: 'For an invalid query: the position of the character' },
    request_id: { type: 'string' },
  },
}

/** Bodies that are read as they come, and replies that are no JSON. */
const RAW_BODIES: Readonly<Record<string, string[]>> = {
  'POST /api/logs': ['application/json', 'application/x-ndjson', 'text/plain'],
}
const RAW_REPLIES: Readonly<Record<string, string[]>> = {
  'GET /api/logs/export': ['application/x-ndjson', 'text/csv'],
  'GET /api/logs/stream': ['text/event-stream'],
  'GET /api/events': ['text/event-stream'],
  'GET /metrics': ['text/plain'],
  'GET /ready': ['text/plain'],
  'GET /health': ['text/plain'],
  'GET /docs': ['text/html'],
}

const ERROR_REPLY = { description: 'An error', content: { 'application/json': { schema: ErrorReply } } }

const SECURITY = [{ bearer: [] }, { apiKey: [] }, { session: [] }]

/** Describes every route that is registered after it. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'Timelapser Logs',
        version,
        description:
          'Replies are { success, message, data }; errors are { success: false, message, status_code, code, request_id }.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          session: { type: 'apiKey', in: 'cookie', name: 'timelapser_session_<id>' },
        },
      },
    },
    transform: ({ schema, url, route }) => ({
      schema: plain(describe(schema, url, route)) as FastifySchema,
      url,
    }),
  })
}

/** `/openapi.json` and the same as a page at `/docs`, which loads nothing from elsewhere. */
export async function openApiRoutes(app: FastifyInstance): Promise<void> {
  const open = { config: { access: 'public' as const }, schema: {} }
  let page: string | undefined
  app.get('/openapi.json', open, () => app.swagger())
  app.get('/docs', open, (_request, response) => {
    page ??= apiPage(app.swagger() as unknown as ApiDescription)
    return response.type('text/html; charset=utf-8').send(page)
  })
}

function describe(schema: FastifySchema | undefined, url: string, route: RouteOptions): FastifySchema {
  // The page's own files say nothing of themselves.
  if (!schema && route.config?.access === 'public') return { hide: true }
  const method = [route.method].flat().find((one) => one !== 'HEAD') ?? 'GET'
  const name = `${method} ${url}`
  const summary = summaryOf(name)
  const { querystring, response, ...rest } = schema ?? {}
  const raw = RAW_REPLIES[name]
  const consumes = RAW_BODIES[name] ?? (schema ? undefined : ['application/json'])
  const hasQuery =
    Object.keys((querystring as { properties?: object } | undefined)?.properties ?? {}).length > 0
  return {
    ...rest,
    ...(hasQuery ? { querystring } : {}),
    ...(summary === undefined ? {} : { summary }),
    tags: [tagOf(url)],
    ...(route.config?.access === 'public' ? { security: [] } : { security: SECURITY }),
    description: ACCESS[route.config?.access ?? 'public'],
    ...(raw ? { produces: raw } : {}),
    ...(consumes && method !== 'GET' ? { consumes, body: rest.body ?? RAW_BODY } : {}),
    response: { ...((response as object | undefined) ?? { 200: RAW_REPLY }), default: ERROR_REPLY },
  }
}

/** Without the keywords OpenAPI 3.0 does not know: our own, and what came to JSON Schema later. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain)
  if (typeof schema !== 'object' || schema === null) return schema
  const known = Object.entries(schema).filter(([key, value]) => {
    // A property may be called so too, and is then an object.
    return !(key === 'propertyNames' || (key === 'unit' && typeof value === 'string'))
  })
  return Object.fromEntries(known.map(([key, value]) => [key, plain(value)]))
}

const RAW_BODY = { description: 'Records; see docs/ingest.md' }
const RAW_REPLY = { description: 'In the format of its content type', type: 'string' }

const ACCESS = {
  public: 'No authentication required.',
  any: 'For every authenticated caller.',
  ingest: 'For keys that write logs, and administrators.',
  read: 'For readers of logs, within their visibility.',
  admin: 'For administrators.',
} as const

function tagOf(url: string): string {
  if (!url.startsWith('/api/'))
    return /^\/(healthz|readyz|health|ready|metrics|openapi\.json|docs)$/.test(url)
      ? 'health'
      : 'other protocols'
  if (url === '/api/events/raw' || url === '/api/v2/logs') return 'other protocols'
  const [, , first = ''] = url.split('/')
  return TAGS[first] ?? first
}

const TAGS: Readonly<Record<string, string>> = {
  auth: 'people',
  session: 'people',
  sessions: 'people',
  users: 'people',
  keys: 'people',
  events: 'logs',
  redaction: 'settings',
}
