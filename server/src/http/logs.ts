import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { MEASURES, type Measure } from '../service/insights/chart/chart-request.ts'
import { PATIENT_SCAN_MS } from '../service/insights/message-scanner.ts'
import { filterParameters, pagingParameters } from '../service/logs/log-query.ts'
import type { LogService } from '../service/logs/log-service.ts'
import { closingOf } from './closing.ts'
import { errorReply } from './error-replies.ts'
import { progressLines } from './progress-lines.ts'
import { type App, Reply, reply } from './reply.ts'
import { Chart } from './schemas/chart.ts'
import { Facets, Histogram, LogSources, LogStats } from './schemas/counts.ts'
import { CameraLogs, LogPage, LogRow, LogSearchPage } from './schemas/logs.ts'

const read = { access: 'read' } as const
const { search: _, ...filtersWithoutSearch } = filterParameters
const { camera_id: __, exclude_camera_id: ___, ...filtersWithoutCamera } = filterParameters
const timezone = Type.Optional(
  Type.String({
    maxLength: 100,
    description: 'IANA name; bars are aligned to its clock. Default: the setting',
  }),
)
const bucket_seconds = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 86_400, description: 'Seconds per bar; overrides buckets' }),
)
const FieldName = Type.String({ minLength: 1, maxLength: 300 })

/** How often a chart that is being read is sent. */
const CHART_PROGRESS_MS = 500

/** The parameters of a chart, beside filters. */
const chartParameters = {
  measure: Type.Unsafe<Measure>({
    type: 'string',
    enum: [...MEASURES],
    default: 'count',
    description: 'The measure; rate is lines per second, p50 to p99 are accurate to 1 %',
  }),
  field: Type.Optional(
    Type.String({
      ...FieldName,
      description:
        'Keys of extra_data joined by dots, such as duration_ms; count and distinct also take level, source, logger_name and camera_id. Required by all measures except count and rate',
    }),
  ),
  by: Type.Optional(
    Type.Array(FieldName, {
      maxItems: 2,
      description: 'One series per value of this field; repeat for two',
    }),
  ),
  limit: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 20,
    description: 'Number of groups with a separate series, those with the most lines; the rest is in other',
  }),
  totals: Type.Boolean({
    default: false,
    description: 'One value per group for the whole range, without steps',
  }),
  buckets: Type.Integer({
    minimum: 1,
    maximum: 2000,
    default: 100,
    description: 'Maximum number of steps',
  }),
  bucket_seconds,
  timezone,
  within_ms: Type.Optional(
    Type.Integer({
      minimum: 50,
      maximum: PATIENT_SCAN_MS,
      description: 'Time limit in milliseconds, after which the result so far is returned; 5,000 by default',
    }),
  ),
  progress: Type.Boolean({
    default: false,
    description:
      'Reply as NDJSON: lines {"progress": …} with the chart so far, about twice a second, and the reply as the last line',
  }),
}

/** Reading logs: list, search, one, of a camera, and what is known of many. */
export function logRoutes(service: LogService): FastifyPluginAsyncTypebox {
  return async (app) => {
    addPages(app, service)
    addCounts(app, service)
    addHistogram(app, service)
    addChart(app, service.charts)
    addCamera(app, service)
    addOne(app, service)
  }
}

function addPages(app: App, service: LogService): void {
  app.get(
    '/api/logs',
    {
      config: { ...read, isEmbedded: true },
      schema: {
        querystring: Type.Object({ ...filterParameters, ...pagingParameters }),
        response: { 200: Reply(LogPage) },
      },
    },
    async ({ query: { page, limit, cursor, ...filters }, principal }, response) =>
      reply(
        'Logs fetched successfully',
        await service.getLogs(filters, { page, limit, cursor }, principal.visibility, closingOf(response)),
      ),
  )

  app.get(
    '/api/logs/search',
    {
      config: read,
      schema: {
        querystring: Type.Object({
          query: Type.String({ minLength: 1, maxLength: 1000, description: 'What to search for' }),
          ...filtersWithoutSearch,
          ...pagingParameters,
        }),
        response: { 200: Reply(LogSearchPage) },
      },
    },
    async ({ query: { query, page, limit, cursor, ...filters }, principal }, response) => {
      const found = await service.getLogs(
        { ...filters, search: query },
        { page, limit, cursor },
        principal.visibility,
        closingOf(response),
      )
      const { search: ____, ...filters_applied } = found.filters_applied
      return reply('Log search completed successfully', { ...found, search_query: query, filters_applied })
    },
  )
}

function addCounts(app: App, service: LogService): void {
  app.get(
    '/api/logs/stats',
    {
      config: read,
      schema: {
        querystring: Type.Object({
          hours: Type.Integer({ minimum: 1, maximum: 168, default: 24 }),
          ...filterParameters,
        }),
        response: { 200: Reply(LogStats) },
      },
    },
    async ({ query: { hours, ...filters }, principal }, response) =>
      reply(
        'Log statistics fetched successfully',
        await service.getStats(filters, hours, principal.visibility, closingOf(response)),
      ),
  )

  app.get(
    '/api/logs/sources',
    { config: read, schema: { response: { 200: Reply(LogSources) } } },
    async ({ principal }) => {
      const { sources, total } = await service.getSources(principal.visibility)
      return reply('Log sources fetched successfully', { sources, total_sources: total })
    },
  )

  app.get(
    '/api/logs/facets',
    {
      config: read,
      schema: { querystring: Type.Object(filterParameters), response: { 200: Reply(Facets) } },
    },
    async ({ query, principal }, response) =>
      reply(
        'Log facets fetched successfully',
        await service.getFacets(query, principal.visibility, closingOf(response)),
      ),
  )
}

function addHistogram(app: App, service: LogService): void {
  app.get(
    '/api/logs/histogram',
    {
      config: read,
      schema: {
        querystring: Type.Object({
          ...filterParameters,
          buckets: Type.Integer({
            minimum: 1,
            maximum: 2000,
            default: 100,
            description: 'Maximum number of bars',
          }),
          bucket_seconds,
          timezone,
        }),
        response: { 200: Reply(Histogram) },
      },
    },
    async ({ query: { buckets, bucket_seconds, timezone, ...filters }, principal }, response) =>
      reply(
        'Log histogram fetched successfully',
        await service.getHistogram(
          filters,
          { buckets, ...(bucket_seconds && { bucket_seconds }), ...(timezone && { timezone }) },
          principal.visibility,
          closingOf(response),
        ),
      ),
  )
}

function addChart(app: App, charts: LogService['charts']): void {
  app.get(
    '/api/logs/chart',
    {
      config: read,
      schema: {
        querystring: Type.Object({ ...filterParameters, ...chartParameters }),
        response: { 200: Reply(Chart) },
      },
    },
    async (request, response) => {
      const { query, principal } = request
      const { measure, field, by, limit, totals, buckets, within_ms, progress, ...rest } = query
      const { bucket_seconds: seconds, timezone: zone, ...filters } = rest
      const shape = { totals, buckets, bucket_seconds: seconds, timezone: zone, withinMs: within_ms }
      const asked = { measure, field, by, limit }
      const { visibility } = principal
      const work = async (tell?: (chart: object) => void) =>
        reply(
          'Log chart fetched successfully',
          await charts.draw(asked, filters, shape, visibility, closingOf(response), tell),
        )
      if (!progress) return work()
      const toReply = (error: unknown) =>
        errorReply(app.toAppError(error as FastifyError, request), request.id)
      // The schema describes another form of reply.
      const lines: FastifyReply = response
      lines.header('x-accel-buffering', 'no').type('application/x-ndjson; charset=utf-8')
      return lines.send(Readable.from(progressLines(work, toReply, CHART_PROGRESS_MS, true)))
    },
  )
}

function addCamera(app: App, service: LogService): void {
  app.get(
    '/api/logs/cameras/:camera_id',
    {
      config: read,
      schema: {
        params: Type.Object({ camera_id: Type.Integer({ minimum: 1, maximum: 2147483647 }) }),
        querystring: Type.Object({ ...filtersWithoutCamera, ...pagingParameters }),
        response: { 200: Reply(CameraLogs) },
      },
    },
    async ({ params, query: { page, limit, cursor, ...filters }, principal }, response) =>
      reply(
        'Camera logs fetched successfully',
        await service.getCameraLogs(
          params.camera_id,
          filters,
          { page, limit, cursor },
          principal.visibility,
          closingOf(response),
        ),
      ),
  )
}

function addOne(app: App, service: LogService): void {
  app.get(
    '/api/logs/:id',
    {
      config: read,
      schema: {
        params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
        response: { 200: Reply(Type.Object({ log: LogRow })) },
      },
    },
    async ({ params, principal }) =>
      reply('Log fetched successfully', { log: await service.getLog(params.id, principal.visibility) }),
  )
}
