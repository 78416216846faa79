import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { AppError } from '../service/app-error.ts'
import type { Health, Readiness } from '../service/health.ts'
import type { Metrics } from '../service/metrics.ts'

const outcome = Type.Unsafe<'ok' | 'failed'>({ type: 'string', enum: ['ok', 'failed'] })

const Ready = Type.Object({
  status: Type.Unsafe<Readiness['status']>({ type: 'string', enum: ['ready', 'degraded', 'unavailable'] }),
  checks: Type.Object({
    database: outcome,
    migrations: outcome,
    feed: outcome,
    disk: outcome,
    writable: outcome,
    jobs: outcome,
  }),
})

/** `/healthz`: the process answers. `/readyz`: it can store and find, and what it cannot. `/metrics`: in numbers. */
export function healthRoutes(health: Health, metrics: Metrics): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/healthz',
      {
        config: { access: 'public' },
        schema: { response: { 200: Type.Object({ status: Type.String() }) } },
      },
      async () => ({ status: 'ok' }),
    )

    app.get(
      '/readyz',
      { config: { access: 'public' }, schema: { response: { 200: Ready, 503: Ready } } },
      async (_request, response) => {
        const readiness = await health.readiness()
        if (readiness.status === 'unavailable') response.code(503).header('retry-after', '2')
        return readiness
      },
    )

    // As Loki answers; its senders and Grafana look there.
    for (const path of ['/ready', '/health']) {
      app.get(
        path,
        {
          config: { access: 'public' },
          schema: { response: { 200: Type.String(), 503: Type.String() } },
        },
        async (_request, response) => {
          const { status } = await health.readiness()
          response.type('text/plain; charset=utf-8').serializer(String)
          if (status !== 'unavailable') return 'ready\n'
          response.code(503).header('retry-after', '2')
          return 'not ready: the database cannot be reached\n'
        },
      )
    }

    app.get(
      '/metrics',
      {
        config: { access: 'read' },
        schema: { response: { 200: Type.String({ description: 'The text format of Prometheus' }) } },
      },
      async ({ principal }, response) => {
        // They count all lines.
        if (principal.visibility.cameras !== null || principal.visibility.min_level) {
          throw new AppError('FORBIDDEN', 'Metrics require access to all cameras and levels.')
        }
        response.type(metrics.registry.contentType).serializer((text: unknown) => String(text))
        return metrics.scrape()
      },
    )
  }
}

/** Times every request by its route. */
export function registerRequestTimes(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', async (request, response) => {
    const route = request.routeOptions.url ?? 'unknown'
    if (request.routeOptions.config.isStream) return
    const { method } = request
    metrics.request({ method, route, status: response.statusCode, seconds: response.elapsedTime / 1000 })
  })
}
