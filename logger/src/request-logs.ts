// `@timelapser/logger/fastify`: a plugin for Fastify 4 and 5, written without it.
import { withContext } from './context.ts'
import { describeError } from './describe-error.ts'
import type { Logger } from './logger.ts'
import { MASK } from './redaction/secret-names.ts'

export type RequestLogsOptions = {
  logger: Logger
  /** Default `api`. */
  source?: string
  /** Default `requests`. */
  logger_name?: string
  /** Slower requests are a WARNING. Default 1,000. */
  slowMs?: number
  /** How a query string is logged: its names with masked values, or not at all. Default `masked`. */
  query?: 'masked' | 'none'
  /** Requests without a line, health checks say; those that fail with 500 and above have one nevertheless. */
  ignore?: (request: RequestLike) => boolean
  /** More `extra_data` for the line of a request. */
  extra?: (request: RequestLike) => Record<string, unknown>
}

/** The parts of Fastify's request and reply that are read. */
export type RequestLike = {
  readonly id: unknown
  readonly method: string
  readonly url: string
  readonly routeOptions?: { readonly url?: string | undefined }
}
type ReplyLike = { readonly statusCode: number; readonly elapsedTime?: number }

type Done = () => void
type Hooks = {
  addHook(
    name: 'onRequest' | 'preValidation',
    hook: (request: RequestLike, reply: ReplyLike, done: Done) => void,
  ): void
  addHook(name: 'onResponse', hook: (request: RequestLike, reply: ReplyLike, done: Done) => void): void
  addHook(
    name: 'onError',
    hook: (request: RequestLike, reply: ReplyLike, error: Error, done: Done) => void,
  ): void
  addHook(name: 'onRequestAbort', hook: (request: RequestLike, done: Done) => void): void
}

/** Fastify's application, for any of its versions and types. */
type AppLike = { addHook: (name: never, hook: never) => unknown }

/** A plugin as Fastify takes it. */
export type RequestLogsPlugin = (app: AppLike, options: RequestLogsOptions, done: Done) => void

/**
 * One line a request: method, route, status, duration and request id, WARNING from 400 on and for slow ones, ERROR from
 * 500 on, with the error. All lines logged while it is handled carry its `request_id`.
 *
 * @example
 * const app = Fastify({ logger: false })
 * app.register(requestLogs, { logger })
 */
export const requestLogs: RequestLogsPlugin = Object.assign(registerHooks, {
  // fastify-plugin sets the same symbols: the hooks are for the whole application, not for a part of it.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@timelapser/logger',
})

function registerHooks(app: AppLike, options: RequestLogsOptions, ready: Done): void {
  const { slowMs = 1_000, query = 'masked', ignore = () => false, extra = () => ({}) } = options
  const { source = 'api', logger_name = 'requests' } = options
  const logger = options.logger.bind({ source, logger_name })
  const hooks = app as unknown as Hooks
  const began = new WeakMap<RequestLike, number>()
  const errors = new WeakMap<RequestLike, Error>()

  const enter = (request: RequestLike, _reply: ReplyLike, done: Done) =>
    withContext({ request_id: String(request.id) }, done)
  hooks.addHook('onRequest', (request, reply, done) => {
    began.set(request, performance.now())
    enter(request, reply, done)
  })
  // Reading a body leaves the context; here what follows it comes back.
  hooks.addHook('preValidation', enter)
  hooks.addHook('onError', (request, _reply, error, done) => {
    errors.set(request, error)
    done()
  })
  hooks.addHook('onResponse', (request, { statusCode: status }, done) => {
    if (status >= 500 || !ignore(request)) write(request, status)
    done()
  })
  hooks.addHook('onRequestAbort', (request, done) => {
    if (!ignore(request)) write(request, undefined)
    done()
  })
  ready()

  /** @param status undefined when the client went away before the reply */
  function write(request: RequestLike, status: number | undefined): void {
    const beganMs = began.get(request)
    // Answered after it was aborted: it has its line.
    if (beganMs === undefined) return
    began.delete(request)
    const { method } = request
    const url = query === 'masked' ? maskQuery(request.url) : pathOf(request.url)
    const route = request.routeOptions?.url ?? 'unknown'
    const duration_ms = Math.round((performance.now() - beganMs) * 10) / 10
    const error = status === undefined || status >= 500 ? errors.get(request) : undefined
    logger[levelOf(status, duration_ms > slowMs)](
      {
        ...{ method, route, url, status: status ?? null, duration_ms, request_id: String(request.id) },
        ...(error ? { error: describeError(error) } : {}),
        ...extra(request),
      },
      `${method} ${route} ${status ?? 'aborted'} in ${duration_ms} ms`,
    )
  }
}

function levelOf(status: number | undefined, isSlow: boolean): 'info' | 'warning' | 'error' {
  if (status !== undefined && status >= 500) return 'error'
  return status === undefined || status >= 400 || isSlow ? 'warning' : 'info'
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

/** Which parameters there were says much, what was in them is the user's. */
function maskQuery(url: string): string {
  const path = pathOf(url)
  if (path === url) return url
  const names = url.slice(path.length + 1).split('&')
  return `${path}?${names.map((pair) => (pair.includes('=') ? pair.replace(/=.*$/s, `=${MASK}`) : MASK)).join('&')}`
}
