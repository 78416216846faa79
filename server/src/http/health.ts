import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AppError } from '../service/app-error.ts'

/** `/healthz`: the process answers. `/readyz`: it can store and find. Neither tells more than that. */
export function healthRoutes(isReady: () => Promise<boolean>): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/healthz', { config: { access: 'public' } }, async () => ({ status: 'ok' }))

    app.get('/readyz', { config: { access: 'public' } }, async () => {
      if (await isReady()) return { status: 'ready' }
      throw new AppError('UNAVAILABLE', 'Not ready.', { retryAfter: 2 })
    })
  }
}
