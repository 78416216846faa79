import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BodyTooLarge } from '../ingest/body-limits.ts'
import { AppError, ERRORS, type ErrorCode } from '../service/app-error.ts'
import { SearchTooLong } from '../store/reading/search-rows.ts'
import { sentenceOfNul } from './impossible-values.ts'
import { validationSentence } from './validation-sentence.ts'

/** A reply that ended before its end, when its status had been sent already. */
export type BrokenStream = {
  error: unknown
  /** Whether it is a passing failure, for example a database that went away, and no defect. */
  isForeseen: boolean
  route: string
  request_id: string
}

export type UnexpectedError = { error: unknown; method: string; url: string; request_id: string }

declare module 'fastify' {
  interface FastifyInstance {
    /** The error to reply with; an unforeseen error is reported, and becomes INTERNAL. */
    toAppError: (error: FastifyError, request: FastifyRequest) => AppError
    /** Reports a failure after the reply began: its caller only sees the end of a stream. */
    streamBroke: (request: FastifyRequest, error: unknown) => void
  }
}

/**
 * Turns every error of a route into the error envelope. An unforeseen error goes to `onUnexpected`, never to the
 * caller.
 */
export function registerErrorReplies(
  app: FastifyInstance,
  onUnexpected: (failure: UnexpectedError) => void,
  onStreamBroken: (failure: BrokenStream) => void,
): void {
  app.decorate('streamBroke', (request, error) => {
    const isForeseen = translate(error as FastifyError, undefined) !== undefined
    onStreamBroken({
      error,
      isForeseen,
      route: request.routeOptions.url ?? 'unknown',
      request_id: request.id,
    })
  })
  app.decorate('toAppError', (error, request) => {
    const known = translate(error, request.routeOptions.schema)
    if (known) return known
    if ((error.code as string) === '22021') return new AppError('INVALID_REQUEST', sentenceOfNul(request))
    onUnexpected({ error, method: request.method, url: routeOf(request), request_id: request.id })
    return new AppError('INTERNAL', 'Something failed on the server; its log line carries this request id.')
  })
  app.setErrorHandler((error: FastifyError, request, response) =>
    send(response, request, app.toAppError(error, request)),
  )
  app.setNotFoundHandler({ preHandler: [] }, (request, response) =>
    send(response, request, notFound(request)),
  )
}

/** The error for a request without a route. */
export function notFound(request: FastifyRequest): AppError {
  return new AppError('NOT_FOUND', `There is no route ${request.method} ${routeOf(request)}`)
}

/** Writes the error envelope. */
function send(response: FastifyReply, request: FastifyRequest, error: AppError): FastifyReply {
  if (error.retryAfter !== undefined) response.header('retry-after', String(error.retryAfter))
  return (
    response
      .code(error.status)
      // Also where a route had already said how long its reply may be kept.
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .serializer((body: unknown) => JSON.stringify(body))
      .send(errorReply(error, request.id))
  )
}

/** The error envelope. */
export function errorReply(error: AppError, request_id: string): object {
  return {
    success: false,
    message: error.message,
    status_code: error.status,
    code: error.code,
    ...(error.position !== undefined && { position: error.position }),
    ...(error.data !== undefined && { data: error.data }),
    request_id,
  }
}

const BY_FASTIFY_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'INVALID_REQUEST',
  FST_ERR_CTP_INVALID_JSON_BODY: 'INVALID_REQUEST',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_REQUEST',
}

/**
 * SQLSTATE classes that mean "not now" rather than "wrong": connection, authorization, resources, operator
 * intervention, a database that is gone or takes no writes.
 */
const IS_UNAVAILABLE = /^(08|28|3D|53|57P|55P03|25006)/

/** The remedy for an error, where waiting does not suffice. */
const UNAVAILABLE_SENTENCES: Readonly<Record<string, string>> = {
  25006:
    'The database is read-only (a standby, or default_transaction_read_only is set): nothing can be stored or changed.',
  28000: 'The database refuses the user of this server. Check its pg_hba.conf and DATABASE_URL.',
  '28P01':
    'The database refuses the password of this server. Restart the server with the correct password in DATABASE_URL.',
  '3D000': 'The database of this server does not exist. Create or restore it, or correct DATABASE_URL.',
  53200: 'The database is out of lock memory. Raise max_locks_per_transaction on its server.',
  53300: 'The database has no free connections. Raise max_connections on its server.',
  '55P03':
    'Another operation, such as a backup, has held a lock on the logs for over a minute. Try again when it has ended.',
}

function translate(error: FastifyError, schema: unknown): AppError | undefined {
  if (error instanceof AppError) return error
  if (error instanceof BodyTooLarge) return new AppError('PAYLOAD_TOO_LARGE', error.message)
  // The reason of an aborted signal.
  if (error.name === 'AbortError')
    return new AppError('CLIENT_CLOSED_REQUEST', 'The client has closed the request.')
  if (error.validation) return new AppError('INVALID_REQUEST', validationSentence(error, schema))
  const code = BY_FASTIFY_CODE[error.code]
  if (code) return new AppError(code, error.message, { cause: error })
  if (error.code === '57014' || error instanceof SearchTooLong) {
    return new AppError('QUERY_TIMEOUT', 'The query exceeded its time limit. Narrow the range or the search.')
  }
  if (error.code === '53100') {
    return new AppError('STORAGE_FULL', 'The disk of the database is full. Nothing was changed.', {
      cause: error,
      retryAfter: 30,
    })
  }
  if (IS_UNAVAILABLE.test(error.code ?? '') || isConnectionLoss(error)) {
    const said = UNAVAILABLE_SENTENCES[error.code] ?? 'The database cannot be reached. Try again shortly.'
    return new AppError('UNAVAILABLE', said, { cause: error, retryAfter: 2 })
  }
  const status = error.statusCode
  if (status !== undefined && status >= 400 && status < 500) return clientError(status, error)
  return undefined
}

function clientError(status: number, error: Error): AppError {
  const codes = Object.keys(ERRORS) as ErrorCode[]
  const code = codes.find((candidate) => ERRORS[candidate].status === status) ?? 'INVALID_REQUEST'
  return new AppError(code, error.message, { cause: error })
}

function isConnectionLoss(error: Error & { code?: string }): boolean {
  if (/^E(CONNREFUSED|CONNRESET|PIPE|NOENT|TIMEDOUT)$/.test(error.code ?? '')) return true
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
    error.message,
  )
}

function routeOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? request.url
}
