import type { FastifyInstance } from 'fastify'
import type { Role } from '../roles.ts'
import { AppError } from '../service/app-error.ts'
import type { Routes } from './app.ts'

/** A load balancer that sent the request here may send the next one elsewhere. */
const RETRY_AFTER_SECONDS = 5

/**
 * The routes of a role that this server does not have. They refuse every request with 503: senders keep their lines and
 * send them again, a load balancer asks the next server.
 */
export function notServed(role: Role, routes: Routes): Routes {
  return async (app: FastifyInstance) => {
    app.addHook('onRequest', async ({ method, routeOptions }) => {
      throw new AppError(
        'NOT_SERVED',
        `This server does not have the role ${role} (SERVE), which ${method} ${routeOptions.url} needs. Send the request to a server that has it.`,
        { retryAfter: RETRY_AFTER_SECONDS },
      )
    })
    await app.register(routes)
  }
}
