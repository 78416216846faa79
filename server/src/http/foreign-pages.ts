// Pages of other sites send lines by keys that name those sites. The question that a browser asks before, and its
// answer, is CORS.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiKeys } from '../service/access/api-keys.ts'
import { AppError } from '../service/app-error.ts'

/** Headers that senders in browsers set. */
const TAKEN_HEADERS = [
  ...['Authorization', 'Content-Type', 'Content-Encoding', 'X-API-Key', 'X-Sender', 'X-Batch'],
  ...['X-Seq-ApiKey', 'X-Scope-OrgID', 'DD-API-KEY', 'traceparent', 'tracestate'],
].join(', ')

/** A browser asks again after two hours; Chromium takes no longer time. */
const MAX_AGE_S = 7200

/**
 * Answers browsers about the ingest routes. The key of the coming request is unknown at the preflight request, so the
 * answer is yes for a site of any key; the request itself is then checked with its own key. Cookies are never allowed.
 */
export function allowForeignPages(app: FastifyInstance, apiKeys: ApiKeys): void {
  const answered = new Set<string>()
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.access !== 'ingest' || ![method].flat().includes('POST') || answered.has(url)) return
    answered.add(url)
    app.route({
      method: 'OPTIONS',
      url,
      config: { access: 'public', isPreflight: true },
      schema: { hide: true },
      handler: async ({ headers: { origin } }, response) => {
        if (!response.hasHeader('access-control-allow-origin')) throw noSuchSite(origin)
        return response
          .headers({
            'access-control-allow-methods': 'POST',
            'access-control-allow-headers': TAKEN_HEADERS,
            'access-control-max-age': MAX_AGE_S,
          })
          .code(204)
          .send()
      },
    })
  })
  app.addHook('onRequest', async (request, response) => {
    if (request.is404) return
    const { access, isPreflight } = request.routeOptions.config
    if (access === 'ingest' || isPreflight) await allow(request, response)
  })

  const allow = async ({ headers: { origin } }: FastifyRequest, response: FastifyReply) => {
    if (origin === undefined) return
    response.header('vary', 'Origin')
    if (!(await apiKeys.isKnownOrigin(origin))) return
    response.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'Retry-After, X-Request-Id',
      'cross-origin-resource-policy': 'cross-origin',
    })
  }
}

function noSuchSite(origin: string | undefined): AppError {
  const sentence =
    origin === undefined
      ? 'Only browsers send this request, with the site of the page in the header Origin.'
      : `No key accepts lines from pages of ${origin.slice(0, 300)}. Create one: timelapser-logs keys create NAME --scope ingest --origin ${origin.slice(0, 300)}`
  return new AppError('FORBIDDEN', sentence)
}
