import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  CONTEXT_SCOPES,
  type ContextScope,
  type DebuggingViews,
} from '../service/insights/debugging-views.ts'
import { SCAN_MS } from '../service/insights/message-scanner.ts'
import { filterParameters } from '../service/logs/log-query.ts'
import type { LogService } from '../service/logs/log-service.ts'
import { closingOf } from './closing.ts'
import { type App, Reply, reply } from './reply.ts'
import {
  ErrorGroups,
  Fields,
  LogContext,
  NewMessages,
  NoisyLoggers,
  RequestTrail,
  Services,
} from './schemas/debugging.ts'

const read = { access: 'read' } as const
const { request_id: _, ...filtersWithoutRequest } = filterParameters
const limit = Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'Groups to list' })
const within_ms = Type.Optional(
  Type.Integer({
    minimum: 50,
    maximum: SCAN_MS,
    description: 'Time limit in milliseconds, after which the result so far is returned; 5,000 by default',
  }),
)
const field = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 300,
    description: 'A single field: its keys joined by dots, such as retry.count',
  }),
)
const lines = (description: string) => Type.Integer({ minimum: 0, maximum: 200, default: 20, description })

/** Logs by message pattern, by request, around a line, by service; new messages and the busiest loggers. */
export function debuggingRoutes(service: LogService): FastifyPluginAsyncTypebox {
  const views = service.provideDebuggingViews
  return async (app) => {
    addMessages(app, views)
    addRequestsAndLoggers(app, views)
    addFieldsAndServices(app, service)
    addContext(app, views)
  }
}

function addMessages(app: App, views: DebuggingViews): void {
  app.get(
    '/api/debug/errors',
    {
      config: read,
      schema: {
        querystring: Type.Object({ ...filterParameters, limit, within_ms }),
        response: { 200: Reply(ErrorGroups) },
      },
    },
    async ({ query: { limit: most, within_ms: withinMs, ...filters }, principal }, response) =>
      reply(
        'Errors grouped successfully',
        await views.errors(filters, { limit: most, withinMs }, principal.visibility, closingOf(response)),
      ),
  )

  app.get(
    '/api/debug/new',
    {
      config: read,
      schema: {
        querystring: Type.Object({
          ...filterParameters,
          limit,
          within_ms,
          compared_days: Type.Integer({
            minimum: 1,
            maximum: 30,
            default: 7,
            description: 'Days before start_date in which it did not occur',
          }),
        }),
        response: { 200: Reply(NewMessages) },
      },
    },
    async ({ query: { limit: most, within_ms: withinMs, compared_days, ...filters }, principal }, response) =>
      reply(
        'New messages found successfully',
        await views.whatIsNew(
          filters,
          { comparedDays: compared_days, limit: most, withinMs },
          principal.visibility,
          closingOf(response),
        ),
      ),
  )
}

function addRequestsAndLoggers(app: App, views: DebuggingViews): void {
  app.get(
    '/api/debug/requests/:request_id',
    {
      config: read,
      schema: {
        params: Type.Object({ request_id: Type.String({ minLength: 1, maxLength: 200 }) }),
        querystring: Type.Object(filtersWithoutRequest),
        response: { 200: Reply(RequestTrail) },
      },
    },
    async ({ params, query, principal }) =>
      reply(
        'Request followed successfully',
        await views.request(params.request_id, query, principal.visibility),
      ),
  )

  app.get(
    '/api/debug/loggers',
    {
      config: read,
      schema: {
        querystring: Type.Object({ ...filterParameters, limit }),
        response: { 200: Reply(NoisyLoggers) },
      },
    },
    async ({ query: { limit: most, ...filters }, principal }, response) =>
      reply(
        'Loggers counted successfully',
        await views.loggers(filters, most, principal.visibility, closingOf(response)),
      ),
  )
}

function addFieldsAndServices(app: App, service: LogService): void {
  app.get(
    '/api/debug/fields',
    {
      config: read,
      schema: {
        querystring: Type.Object({
          ...filterParameters,
          limit: Type.Integer({
            minimum: 1,
            maximum: 500,
            default: 50,
            description: 'Fields to list with five values each; with field, values of it',
          }),
          within_ms,
          field,
        }),
        response: { 200: Reply(Fields) },
      },
    },
    async ({ query: { limit: most, within_ms: withinMs, field: name, ...filters }, principal }, response) =>
      reply(
        'Fields summarised successfully',
        await service.provideDebuggingViews.fields(
          filters,
          { field: name, limit: most, withinMs },
          principal.visibility,
          closingOf(response),
        ),
      ),
  )

  app.get(
    '/api/debug/services',
    {
      config: read,
      schema: {
        querystring: Type.Object({
          service: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
              maxItems: 50,
              description: 'Sources; repeat for several. Unset: those that wrote most',
            }),
          ),
          hours: Type.Integer({ minimum: 1, maximum: 168, default: 24 }),
        }),
        response: { 200: Reply(Services) },
      },
    },
    async ({ query: { service: names, hours }, principal }, response) =>
      reply(
        'Services summarised successfully',
        await service.aggregateLogsFromServices(names, hours, principal.visibility, closingOf(response)),
      ),
  )
}

function addContext(app: App, views: DebuggingViews): void {
  app.get(
    '/api/logs/:id/context',
    {
      config: read,
      schema: {
        params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
        querystring: Type.Object({
          before: lines('Older lines'),
          after: lines('Newer lines'),
          same: Type.Unsafe<ContextScope>({
            type: 'string',
            enum: [...CONTEXT_SCOPES],
            default: 'all',
            description: 'Only lines of the same source, camera or logger; all when the line has none',
          }),
        }),
        response: { 200: Reply(LogContext) },
      },
    },
    async ({ params, query, principal }) =>
      reply('Log context fetched successfully', await views.context(params.id, query, principal.visibility)),
  )
}
