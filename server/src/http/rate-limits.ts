import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { AppError } from '../service/app-error.ts'
import type { RateClass, RateLimits } from '../service/rate-limits.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Which limit counts the route's requests; unset for what anybody may have as often as they like. */
    rateClass?: RateClass
  }
}

/** Callers remembered; beyond it whoever was seen longest ago starts anew. */
const MAX_CALLERS = 20_000

/**
 * Counts the requests a minute of each caller, class by class, and refuses those over the limit. A caller is a user or a
 * key; where nobody has to be known it is the address. Each server counts for itself.
 */
export async function registerRateLimits(app: FastifyInstance, limits: RateLimits): Promise<void> {
  app.addHook('onRoute', (route) => {
    const rateClass = classOf(route)
    if (rateClass) route.config = { ...route.config, rateClass }
  })
  const limitOf = ({ routeOptions }: FastifyRequest) => limits[routeOptions.config.rateClass ?? 'query']
  await app.register(rateLimit, {
    cache: MAX_CALLERS,
    timeWindow: 60_000,
    max: limitOf,
    // Its hooks are the routes' own and so come after the guard's: who asks is known.
    keyGenerator: ({ routeOptions, principal, ip }) =>
      `${routeOptions.config.rateClass} ${principal ? `${principal.kind} ${principal.id}` : rateLimit.normalizeIP(ip)}`,
    allowList: (request) =>
      request.routeOptions.config.rateClass === undefined || limitOf(request) === Number.POSITIVE_INFINITY,
    errorResponseBuilder: (request, { max, ttl }) =>
      new AppError(
        'RATE_LIMITED',
        `More than ${max} requests a minute (${request.routeOptions.config.rateClass}). Wait as long as Retry-After says.`,
        { retryAfter: Math.ceil(ttl / 1000) },
      ),
  })
}

function classOf({ method, url, config }: RouteOptions): RateClass | undefined {
  if (url.startsWith('/api/auth/')) return 'sign_in'
  if (url.startsWith('/api/logs/export')) return 'export'
  if (config?.access === 'ingest') return 'ingest'
  if (config?.access === 'admin' && ![method].flat().includes('GET')) return 'administration'
  return url.startsWith('/api/') ? 'query' : undefined
}
