import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { AppError } from '../../service/app-error.ts'
import type { LokiFields } from '../../service/loki/loki-fields.ts'
import type { LokiLabels } from '../../service/loki/loki-labels.ts'
import type { LinesAsked, LokiQueries } from '../../service/loki/loki-queries.ts'
import { type LokiRange, readStep, readTime } from '../../service/loki/loki-time.ts'
import type { LokiVolumes } from '../../service/loki/loki-volumes.ts'

const HOUR = 3_600_000_000_000n
/** Bytes of a query sent as a form. */
const FORM_BYTES = 256 * 1024

/** The version that clients are told which look for newer features. */
export const LOKI_VERSION = '3.5.0'

export type LokiServices = {
  queries: LokiQueries
  labels: LokiLabels
  volumes: LokiVolumes
  fields: LokiFields
}

/** The configuration of every route of Loki's queries. */
export const READ = { access: 'read', takesForeignKeys: true } as const

export type Parameters = { [name: string]: string | undefined }

/** A route that is asked by GET. */
export function addQuestion(app: FastifyInstance, url: string, handler: RouteHandlerMethod): void {
  app.route({ method: 'GET', url, config: READ, handler })
}

/** A route that long questions are sent to by POST besides, as a form. */
export function addLongQuestion(app: FastifyInstance, url: string, handler: RouteHandlerMethod): void {
  app.route({ method: ['GET', 'POST'], url, config: READ, handler })
}

/** Lets forms in, which only hold questions here. */
export function takeForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FORM_BYTES },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  )
}

/** All values of a parameter, from the query and the form. */
export function valuesOf({ query, body }: FastifyRequest, name: string): string[] {
  const given = (query as { [name: string]: string | string[] | undefined })[name]
  const ofForm = body instanceof URLSearchParams ? body.getAll(name) : []
  return [...(given === undefined ? [] : [given].flat()), ...ofForm]
}

/** If a parameter is given twice the last value counts. */
export function parametersOf({ query, body }: FastifyRequest): Parameters {
  const given = Object.entries(query as { [name: string]: string | string[] })
  const ofQuery = given.map(([name, value]) => [name, [value].flat().at(-1) || undefined] as const)
  const ofForm = body instanceof URLSearchParams ? [...body] : []
  return Object.fromEntries([...ofQuery, ...ofForm])
}

export function queryOf({ query }: Parameters): string {
  if (query === undefined)
    throw new AppError('INVALID_REQUEST', 'parse error : syntax error: unexpected $end')
  return query
}

/** By default the last hour. */
export function rangeOf({ start, end, since }: Parameters): LokiRange {
  const to = end === undefined ? nanosNow() : readTime('end', end)
  const from =
    start !== undefined
      ? readTime('start', start)
      : to - (since === undefined ? HOUR : BigInt(readStep(since)) * 1_000_000n)
  if (from > to)
    throw new AppError('INVALID_REQUEST', 'end timestamp must not be before or equal to start time')
  return { start: from, end: to }
}

/** As given, else so that there are 250 steps; in milliseconds. */
export function stepOf({ step }: Parameters, { start, end }: LokiRange): number {
  if (step !== undefined) return readStep(step)
  return Math.max(1, Math.floor(Number((end - start) / 1_000_000_000n) / 250)) * 1000
}

export function linesOf(parameters: Parameters, request: FastifyRequest): LinesAsked {
  const { direction = 'backward', interval } = parameters
  if (!/^(forward|backward)$/i.test(direction))
    throw new AppError('INVALID_REQUEST', `invalid direction '${direction.slice(0, 40)}'`)
  return {
    limit: limitOf(parameters.limit, 100),
    isForward: direction.toLowerCase() === 'forward',
    intervalMs: interval === undefined || Number(interval) === 0 ? 0 : readStep(interval),
    // A client that asks for it gets the other fields of a row beside its line.
    isCategorized: /\bcategorize-labels\b/.test(
      String(request.headers['x-loki-response-encoding-flags'] ?? ''),
    ),
  }
}

export function limitOf(text: string | undefined, otherwise: number, name = 'limit'): number {
  if (text === undefined) return otherwise
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new AppError('INVALID_REQUEST', `${name} must be a positive value`)
  return Number(text)
}

export function nanosNow(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}
