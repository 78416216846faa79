import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { LogService } from '../service/log-service.ts'
import { CleanupResult, Reply } from './api-schemas.ts'
import { grouped, reply } from './reply.ts'

export type CleanupHooks = {
  onCleaned: (result: { deleted_count: number; days_kept: number; by: string }) => Promise<void>
}

const daysToKeep = Type.Integer({
  minimum: 0,
  maximum: 365,
  default: 30,
  description: '0 deletes everything',
})

/** Deleting old logs, and asking first what that would delete. */
export function cleanupRoutes(service: LogService, { onCleaned }: CleanupHooks): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/logs/cleanup',
      {
        config: { access: 'admin' },
        schema: {
          querystring: Type.Object({ days_to_keep: daysToKeep }),
          response: { 200: Reply(Type.Object({ would_delete: Type.Integer(), days_kept: Type.Integer() })) },
        },
      },
      async ({ query: { days_to_keep } }) => {
        const would_delete = await service.countCleanup(days_to_keep)
        return reply(`Would clean up ${grouped(would_delete)} old log entries`, {
          would_delete,
          days_kept: days_to_keep,
        })
      },
    )

    app.delete(
      '/api/logs/cleanup',
      {
        config: { access: 'admin' },
        schema: {
          querystring: Type.Object({ days_to_keep: daysToKeep }),
          response: { 200: Reply(CleanupResult) },
        },
      },
      async ({ query: { days_to_keep }, principal }) => {
        const deleted_count = await service.cleanup(days_to_keep)
        await onCleaned({ deleted_count, days_kept: days_to_keep, by: principal.name })
        return reply(`Cleaned up ${grouped(deleted_count)} old log entries`, {
          deleted_count,
          days_kept: days_to_keep,
        })
      },
    )
  }
}
