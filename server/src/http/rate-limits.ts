import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { RateClass, RateLimits } from '../service/access/rate-limits.ts'
import { AppError } from '../service/app-error.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Which limit counts the route's requests: that of its access unless the route says otherwise; unset for what anybody may
     * have as often as they like.
     */
    rateClass?: RateClass
  }
  interface FastifyInstance {
    /** Counts a request by nobody we know against its address. @throws {AppError} RATE_LIMITED */
    countUnauthenticated: (request: FastifyRequest, response: FastifyReply) => Promise<void>
  }
}

/** Callers remembered; beyond it the caller seen longest ago starts anew. */
const MAX_CALLERS = 20_000
const WINDOW_S = 60

type Counter = ReturnType<FastifyInstance['createRateLimit']>
/** A counted limit: its name, the limit, the rest, and the seconds until it starts anew. */
type Count = { name: string; limit: number; left: number; resetS: number; isOver: boolean }

/**
 * Counts the requests a minute of each caller, class by class, and refuses those over the limit. A caller is a user or a
 * key; where nobody has to be known it is the address. A key with a limit of its own has that besides. Each server counts
 * for itself.
 */
export async function registerRateLimits(app: FastifyInstance, limits: RateLimits): Promise<void> {
  await app.register(rateLimit, { global: false, store: RequestCounts, timeWindow: WINDOW_S * 1000 })
  const ofClass = app.createRateLimit({
    keyGenerator: ({ routeOptions, principal, ip }) =>
      `${routeOptions.config.rateClass} ${principal ? principal.lineage : rateLimit.normalizeIP(ip)}`,
    max: ({ routeOptions }) => limits[routeOptions.config.rateClass ?? 'query'],
  })
  const ofKey = app.createRateLimit({
    keyGenerator: ({ principal }) => principal.lineage,
    max: ({ principal }) => principal.rate_limit ?? 0,
  })
  const ofAddress = app.createRateLimit({
    keyGenerator: ({ ip }) => `address ${rateLimit.normalizeIP(ip)}`,
    max: limits.unauthenticated,
  })

  const check = async (request: FastifyRequest, response: FastifyReply) => {
    const { rateClass } = request.routeOptions.config
    if (rateClass === undefined) return
    const counts: Count[] = []
    if (Number.isFinite(limits[rateClass])) counts.push(await count(ofClass, rateClass, request))
    // On public routes nobody was asked who they are.
    if (request.principal?.rate_limit !== undefined) counts.push(await count(ofKey, 'key', request))
    answer(response, counts)
  }
  app.addHook('onRoute', (route) => {
    const rateClass = classOf(route)
    if (!rateClass) return
    route.config = { ...route.config, rateClass }
    // The route's own hooks come after the guard's: the caller is known.
    route.onRequest = [...[route.onRequest ?? []].flat(), check]
  })
  app.decorate('countUnauthenticated', async (request, response) => {
    if (!Number.isFinite(limits.unauthenticated)) return
    answer(response, [await count(ofAddress, 'unauthenticated', request)])
  })
}

/**
 * The requests of each caller in their minute. The plugin's own store returns the count itself, not a copy: requests
 * that waited for the same event and continue together would each read the sum of all, and all would be refused.
 */
class RequestCounts implements FastifyRateLimitStore {
  readonly #windows = new LRUCache<string, { count: number }>({ max: MAX_CALLERS })

  incr(caller: string, answer: CountAnswer, windowMs = WINDOW_S * 1000): void {
    let window = this.#windows.get(caller)
    if (!window) {
      window = { count: 0 }
      this.#windows.set(caller, window, { ttl: windowMs })
    }
    window.count++
    answer(null, { current: window.count, ttl: this.#windows.getRemainingTTL(caller) })
  }

  child(): RequestCounts {
    return new RequestCounts()
  }
}

type CountAnswer = Parameters<FastifyRateLimitStore['incr']>[1]

async function count(counter: Counter, name: string, request: FastifyRequest): Promise<Count> {
  const counted = await counter(request)
  if (counted.isAllowed) throw new Error(`The limit "${name}" has an allow list.`)
  const { max, remaining, ttlInSeconds, isExceeded } = counted
  return { name, limit: max, left: remaining, resetS: ttlInSeconds, isOver: isExceeded }
}

/**
 * Sets the limits in `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) and the limit that
 * will be reached first in the `X-RateLimit-…` headers that most clients know.
 */
function answer(response: FastifyReply, counts: readonly Count[]): void {
  const [first] = counts.toSorted((a, b) => a.left - b.left)
  if (!first) return
  const list = (write: (count: Count) => string) => counts.map(write).join(', ')
  response.headers({
    'ratelimit-policy': list(({ name, limit }) => `"${name}";q=${limit};w=${WINDOW_S}`),
    ratelimit: list(({ name, left, resetS }) => `"${name}";r=${left};t=${resetS}`),
    'x-ratelimit-limit': first.limit,
    'x-ratelimit-remaining': first.left,
    'x-ratelimit-reset': first.resetS,
  })
  const over = counts.find(({ isOver }) => isOver)
  if (!over) return
  throw new AppError(
    'RATE_LIMITED',
    `More than ${over.limit} requests per minute (${over.name}). Wait for the time in Retry-After.`,
    { retryAfter: over.resetS },
  )
}

function classOf({ method, url, config }: RouteOptions): RateClass | undefined {
  if (url.startsWith('/api/auth/')) return 'sign_in'
  if (url.startsWith('/api/logs/export')) return 'export'
  if (config?.rateClass) return config.rateClass
  if (config?.access === 'ingest') return 'ingest'
  if (config?.access === 'admin' && ![method].flat().includes('GET')) return 'administration'
  return config?.access === 'public' ? undefined : 'query'
}
