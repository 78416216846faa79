import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../service/app-error.ts'
import type { VolumeAsked } from '../../service/loki/loki-volumes.ts'
import { closingOf } from '../closing.ts'
import { writeSeries } from './loki-answers.ts'
import {
  addQuestion,
  LOKI_VERSION,
  type LokiServices,
  limitOf,
  parametersOf,
  queryOf,
  READ,
  rangeOf,
  stepOf,
} from './loki-parameters.ts'

/** Lines examined for fields by default; and fields or values of an answer. */
const FIELD_LINES = 100
const FIELD_LIMIT = 1000
/** Lines that are looked at for fields at most. */
const MAX_FIELD_LINES = 5000
const VOLUME_LIMIT = 100

/** Routes that tell what there is to ask about: volumes, fields, patterns. */
export function addExploration(app: FastifyInstance, services: LokiServices): void {
  addVolumes(app, services)
  addFields(app, services)
  addLimits(app)
}

function addVolumes(app: FastifyInstance, { volumes }: LokiServices): void {
  addQuestion(app, '/loki/api/v1/index/stats', async (request, response) => {
    const parameters = parametersOf(request)
    const { visibility } = request.principal
    return volumes.stats(queryOf(parameters), rangeOf(parameters), visibility, closingOf(response))
  })

  addQuestion(app, '/loki/api/v1/index/volume', async (request, response) => {
    const asked = volumeAsked(request, undefined)
    const result = await volumes.volumes(asked, request.principal.visibility, closingOf(response))
    return writeSeries({ resultType: 'vector', result })
  })

  addQuestion(app, '/loki/api/v1/index/volume_range', async (request, response) => {
    const parameters = parametersOf(request)
    const asked = volumeAsked(request, stepOf(parameters, rangeOf(parameters)))
    const result = await volumes.volumes(asked, request.principal.visibility, closingOf(response))
    return writeSeries({ resultType: 'matrix', result })
  })
}

function addFields(app: FastifyInstance, { fields }: LokiServices): void {
  addQuestion(app, '/loki/api/v1/detected_fields', async (request, response) => {
    const parameters = parametersOf(request)
    const { visibility } = request.principal
    const limits = fieldLimits(request)
    const found = await fields.fields(
      queryOf(parameters),
      rangeOf(parameters),
      limits,
      visibility,
      closingOf(response),
    )
    return { fields: found, limit: limits.limit }
  })

  addQuestion(app, '/loki/api/v1/detected_field/:name/values', async (request, response) => {
    const { name } = request.params as { name: string }
    const parameters = parametersOf(request)
    const { visibility } = request.principal
    const limits = fieldLimits(request)
    const values = await fields.values(
      name,
      queryOf(parameters),
      rangeOf(parameters),
      limits,
      visibility,
      closingOf(response),
    )
    return { values, limit: limits.limit }
  })

  addQuestion(app, '/loki/api/v1/patterns', async (request, response) => {
    const parameters = parametersOf(request)
    const range = rangeOf(parameters)
    const { visibility } = request.principal
    const data = await fields.patterns(
      queryOf(parameters),
      range,
      stepOf(parameters, range),
      visibility,
      closingOf(response),
    )
    return { status: 'success', data }
  })
}

function addLimits(app: FastifyInstance): void {
  app.get('/loki/api/v1/drilldown-limits', { config: READ }, async () => ({
    limits: LIMITS,
    pattern_ingester_enabled: true,
    version: LOKI_VERSION,
  }))

  app.get('/loki/api/v1/status/config', { config: READ }, async (_request, response) =>
    response.type('text/plain; charset=utf-8').send(
      `limits_config:\n${Object.entries(LIMITS)
        .map(([name, value]) => `  ${name}: ${value}\n`)
        .join('')}`,
    ),
  )
}

/** Limits that Logs Drilldown looks at before it asks; named as in Loki's configuration. */
const LIMITS = {
  discover_log_levels: true,
  max_entries_limit_per_query: 5000,
  max_line_size_truncate: false,
  max_query_bytes_read: '0B',
  max_query_length: '0s',
  max_query_lookback: '0s',
  max_query_range: '0s',
  max_query_series: 500,
  metric_aggregation_enabled: false,
  otlp_config: null,
  pattern_persistence_enabled: true,
  query_timeout: '1m',
  retention_period: '0s',
  volume_enabled: true,
  volume_max_series: 10_000,
}

function volumeAsked(request: FastifyRequest, stepMs: number | undefined): VolumeAsked {
  const parameters = parametersOf(request)
  const { aggregateBy = 'series', targetLabels = '', limit } = parameters
  if (aggregateBy !== 'series' && aggregateBy !== 'labels')
    throw new AppError('INVALID_REQUEST', 'invalid aggregation option')
  return {
    ...rangeOf(parameters),
    selector: queryOf(parameters),
    labels: targetLabels.split(',').filter((name) => name !== ''),
    isByLabel: aggregateBy === 'labels',
    limit: limit === '0' ? VOLUME_LIMIT : limitOf(limit, VOLUME_LIMIT),
    stepMs,
  }
}

function fieldLimits(request: FastifyRequest): { lines: number; limit: number } {
  const { line_limit, limit, field_limit } = parametersOf(request)
  return {
    lines: Math.min(limitOf(line_limit, FIELD_LINES, 'line_limit'), MAX_FIELD_LINES),
    limit: limitOf(limit ?? field_limit, FIELD_LIMIT),
  }
}
