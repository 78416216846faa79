import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../service/app-error.ts'
import type { LiveFeed } from '../../service/live/live-feed.ts'
import type { LokiAnswer, LokiQueries, LokiRange, LokiSeries } from '../../service/loki/loki-queries.ts'
import { readStep, readTime, toNanos } from '../../service/loki/loki-time.ts'
import { LABELS } from '../../service/loki/selection-search.ts'
import { addTail } from './loki-tail.ts'
import { protocolRoutes } from './protocol-routes.ts'

const READ = { access: 'read', takesForeignKeys: true } as const
const HOUR = 3_600_000_000_000n
/** What clients that look for newer features are told. */
const VERSION = '2.9.0'

type Parameters = { [name: string]: string | undefined }

/** What Grafana's Loki data source and logcli ask; what is not answered is refused in Loki's form, plain text. */
export function lokiQueryRoutes(queries: LokiQueries, liveFeed: LiveFeed) {
  return protocolRoutes({
    writeError: ({ status, message }) => ({
      status,
      type: 'text/plain; charset=utf-8',
      body: `${message}\n`,
    }),
    addRoutes: (app) => {
      addQueries(app, queries)
      addLabels(app, queries)
      addTail(app, queries, liveFeed)
      app.get('/loki/api/v1/status/buildinfo', { config: READ }, async () => ({ version: VERSION }))
      app.register(
        async (beneath) => {
          beneath.setNotFoundHandler(async ({ url }, response) =>
            response
              .code(404)
              .type('text/plain; charset=utf-8')
              .send(`${url.split('?', 1)[0]} is not answered here.\n`),
          )
        },
        { prefix: '/loki' },
      )
    },
  })
}

function addQueries(app: FastifyInstance, queries: LokiQueries): void {
  app.get('/loki/api/v1/query_range', { config: READ }, async (request) => {
    const parameters = parametersOf(request)
    const range = rangeOf(parameters)
    const seconds = Number((range.end - range.start) / 1_000_000_000n)
    const step = parameters.step ?? parameters.interval ?? String(Math.max(1, Math.floor(seconds / 250)))
    const answer = await queries.queryRange(
      queryOf(parameters),
      { ...range, ...linesOf(parameters), stepMs: readStep(step) },
      request.principal.visibility,
      request.signal,
    )
    return success(answer, request)
  })

  app.get('/loki/api/v1/query', { config: READ }, async (request) => {
    const parameters = parametersOf(request)
    const at = parameters.time === undefined ? nanosNow() : readTime('time', parameters.time)
    const { visibility } = request.principal
    const answer = await queries.queryInstant(
      queryOf(parameters),
      at,
      linesOf(parameters),
      visibility,
      request.signal,
    )
    return success(answer, request)
  })

  app.get('/loki/api/v1/series', { config: READ }, async (request) => {
    // logcli writes `match`, Grafana `match[]`, as Prometheus does.
    const { match = [], 'match[]': matches = [] } = request.query as { [name: string]: string | string[] }
    const selectors = [...new Set([match, matches].flat())]
    if (selectors.length === 0)
      throw new AppError('INVALID_REQUEST', '0 matcher groups specified, at least one is needed')
    const data = await queries.series(selectors, rangeOf(parametersOf(request)), request.principal.visibility)
    return { status: 'success', data }
  })
}

function addLabels(app: FastifyInstance, queries: LokiQueries): void {
  for (const path of ['/loki/api/v1/labels', '/loki/api/v1/label']) {
    app.get(path, { config: READ }, async () => ({ status: 'success', data: LABELS }))
  }
  app.get('/loki/api/v1/label/:name/values', { config: READ }, async (request) => {
    const { name } = request.params as { name: string }
    const parameters = parametersOf(request)
    const { visibility } = request.principal
    return {
      status: 'success',
      data: await queries.labelValues(name, rangeOf(parameters), parameters.query, visibility),
    }
  })
}

/** Of a parameter that is given twice the last one counts. */
function parametersOf({ query }: FastifyRequest): Parameters {
  const given = Object.entries(query as { [name: string]: string | string[] })
  return Object.fromEntries(given.map(([name, value]) => [name, [value].flat().at(-1) || undefined]))
}

function queryOf({ query }: Parameters): string {
  if (query === undefined)
    throw new AppError('INVALID_REQUEST', 'parse error : syntax error: unexpected $end')
  return query
}

/** The last hour unless told otherwise. */
function rangeOf({ start, end, since }: Parameters): LokiRange {
  const to = end === undefined ? nanosNow() : readTime('end', end)
  if (start !== undefined) {
    const from = readTime('start', start)
    if (from > to)
      throw new AppError('INVALID_REQUEST', 'end timestamp must not be before or equal to start time')
    return { start: from, end: to }
  }
  return { start: since === undefined ? to - HOUR : to - BigInt(readStep(since)) * 1_000_000n, end: to }
}

function linesOf({ limit = '100', direction = 'backward' }: Parameters): {
  limit: number
  isForward: boolean
} {
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw new AppError('INVALID_REQUEST', 'limit must be a positive value')
  if (!/^(forward|backward)$/i.test(direction))
    throw new AppError('INVALID_REQUEST', `invalid direction '${direction.slice(0, 40)}'`)
  return { limit: Number(limit), isForward: direction.toLowerCase() === 'forward' }
}

function nanosNow(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}

function success(answer: LokiAnswer, request: FastifyRequest): object {
  const { resultType } = answer
  if (resultType !== 'streams')
    return { status: 'success', data: { resultType, result: pointsOf(answer), stats: {} } }
  // Who asks for it gets the other fields of a row beside its line.
  const isCategorized = /\bcategorize-labels\b/.test(
    String(request.headers['x-loki-response-encoding-flags'] ?? ''),
  )
  const result = answer.result.map(({ stream, rows }) => ({
    stream,
    values: rows.map(({ timestamp, message, extra_data }) => [
      toNanos(timestamp),
      message,
      ...(isCategorized ? [{ structuredMetadata: metadataOf(extra_data) }] : []),
    ]),
  }))
  return {
    status: 'success',
    ...(answer.warning !== undefined && { warnings: [answer.warning] }),
    data: { resultType, ...(isCategorized && { encodingFlags: ['categorize-labels'] }), result, stats: {} },
  }
}

function pointsOf(answer: { resultType: 'matrix' | 'vector'; result: LokiSeries[] }): object[] {
  const point = ({ at, value }: LokiSeries['values'][number]) => [at / 1000, String(value)]
  return answer.result.map(({ metric, values }) =>
    answer.resultType === 'matrix'
      ? { metric, values: values.map(point) }
      : { metric, value: point(values[0] as LokiSeries['values'][number]) },
  )
}

/** Loki's metadata are texts. */
function metadataOf(extra: Record<string, unknown> | null): { [name: string]: string } {
  const entries = Object.entries(extra ?? {})
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}
