import type { FastifyInstance } from 'fastify'
import { AppError } from '../../service/app-error.ts'
import type { LiveFeed } from '../../service/live/live-feed.ts'
import type { LokiLabels } from '../../service/loki/loki-labels.ts'
import type { LokiQueries } from '../../service/loki/loki-queries.ts'
import { readTime } from '../../service/loki/loki-time.ts'
import { closingOf } from '../closing.ts'
import { writeAnswer } from './loki-answers.ts'
import { addExploration } from './loki-explore.ts'
import {
  addLongQuestion,
  addQuestion,
  LOKI_VERSION,
  type LokiServices,
  linesOf,
  nanosNow,
  parametersOf,
  queryOf,
  READ,
  rangeOf,
  stepOf,
  takeForms,
  valuesOf,
} from './loki-parameters.ts'
import { addTail } from './loki-tail.ts'
import { protocolRoutes } from './protocol-routes.ts'

/** The routes that Grafana's Loki data source, Logs Drilldown and logcli ask; others are refused in Loki's form, plain text. */
export function lokiQueryRoutes(services: LokiServices, liveFeed: LiveFeed) {
  return protocolRoutes({
    writeError: ({ status, message }) => ({
      status,
      type: 'text/plain; charset=utf-8',
      body: `${message}\n`,
    }),
    addRoutes: (app) => {
      takeForms(app)
      addQueries(app, services.queries)
      addLabels(app, services.labels)
      addExploration(app, services)
      addTail(app, services.queries, liveFeed)
      app.get('/loki/api/v1/status/buildinfo', { config: READ }, async () => ({
        ...{ version: LOKI_VERSION, revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' },
      }))
      app.register(
        async (beneath) => {
          beneath.setNotFoundHandler(async ({ url }, response) =>
            response
              .code(404)
              .type('text/plain; charset=utf-8')
              .send(`${url.split('?', 1)[0]} is not supported here.\n`),
          )
        },
        { prefix: '/loki' },
      )
    },
  })
}

function addQueries(app: FastifyInstance, queries: LokiQueries): void {
  addLongQuestion(app, '/loki/api/v1/query_range', async (request, response) => {
    const parameters = parametersOf(request)
    const range = rangeOf(parameters)
    const lines = linesOf(parameters, request)
    const answer = await queries.queryRange(
      queryOf(parameters),
      { ...range, ...lines, stepMs: stepOf(parameters, range) },
      request.principal.visibility,
      closingOf(response),
    )
    return writeAnswer(answer, lines.isCategorized)
  })

  addLongQuestion(app, '/loki/api/v1/query', async (request, response) => {
    const parameters = parametersOf(request)
    const at = parameters.time === undefined ? nanosNow() : readTime('time', parameters.time)
    const { visibility } = request.principal
    const answer = await queries.queryInstant(queryOf(parameters), at, visibility, closingOf(response))
    return writeAnswer(answer, false)
  })

  addQuestion(app, '/loki/api/v1/format_query', async (request) => ({
    status: 'success',
    data: queries.format(queryOf(parametersOf(request))),
  }))
}

function addLabels(app: FastifyInstance, labels: LokiLabels): void {
  for (const path of ['/loki/api/v1/labels', '/loki/api/v1/label']) {
    addQuestion(app, path, async (request) => {
      const parameters = parametersOf(request)
      const { visibility } = request.principal
      const data = await labels.names(rangeOf(parameters), parameters.query, visibility)
      return { status: 'success', data }
    })
  }

  addQuestion(app, '/loki/api/v1/label/:name/values', async (request) => {
    const { name } = request.params as { name: string }
    const parameters = parametersOf(request)
    const { visibility } = request.principal
    const data = await labels.values(name, rangeOf(parameters), parameters.query, visibility)
    return { status: 'success', data }
  })

  addLongQuestion(app, '/loki/api/v1/series', async (request, response) => {
    // logcli writes `match`, Grafana `match[]`, as Prometheus does.
    const selectors = new Set([...valuesOf(request, 'match'), ...valuesOf(request, 'match[]')])
    if (selectors.size === 0)
      throw new AppError('INVALID_REQUEST', '0 matcher groups specified, at least one is needed')
    const range = rangeOf(parametersOf(request))
    const data = await labels.series([...selectors], range, request.principal.visibility, closingOf(response))
    return { status: 'success', data }
  })

  addQuestion(app, '/loki/api/v1/detected_labels', async (request) => {
    const parameters = parametersOf(request)
    const { visibility } = request.principal
    const detectedLabels = await labels.detected(rangeOf(parameters), parameters.query, visibility)
    return { detectedLabels }
  })
}
