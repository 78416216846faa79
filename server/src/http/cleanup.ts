import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { RetentionService } from '../service/administration/retention-service.ts'
import { type App, grouped, Reply, reply } from './reply.ts'
import { CleanupResult, RetentionPlan } from './schemas/removal.ts'

const daysToKeep = Type.Integer({
  minimum: 0,
  maximum: 365,
  description: '0 deletes everything; that can be undone for ten minutes',
})

const admin = { access: 'admin' } as const

function planReply(removals: Awaited<ReturnType<RetentionService['plan']>>) {
  const would_delete = removals.reduce((sum, { rows }) => sum + rows, 0)
  return reply(`Retention would remove ${grouped(would_delete)} log entries`, {
    would_delete,
    would_free_bytes: removals.reduce((sum, { bytes }) => sum + bytes, 0),
    partitions: removals.map(({ partition: { lower, upper }, action, reason, rows, bytes }) => {
      return { start: lower, end: upper, action, reason, rows, bytes }
    }),
  })
}

/** Deleting old logs, asking first what that would delete, and having everything back that was cleared. */
export function cleanupRoutes(retention: RetentionService): FastifyPluginAsyncTypebox {
  return async (app) => {
    addCleanup(app, retention)
    addUndoAndRetention(app, retention)
  }
}

function addCleanup(app: App, retention: RetentionService): void {
  app.get(
    '/api/logs/cleanup',
    {
      config: admin,
      schema: {
        querystring: Type.Object({ days_to_keep: daysToKeep }),
        response: {
          200: Reply(
            Type.Object({
              would_delete: Type.Integer(),
              would_free_bytes: Type.Integer(),
              days_kept: Type.Integer(),
            }),
          ),
        },
      },
    },
    async ({ query: { days_to_keep } }) => {
      const preview = await retention.previewCleanup(days_to_keep)
      return reply(`Would clean up ${grouped(preview.would_delete)} old log entries`, {
        ...preview,
        days_kept: days_to_keep,
      })
    },
  )

  app.delete(
    '/api/logs/cleanup',
    {
      config: admin,
      schema: {
        querystring: Type.Object({ days_to_keep: daysToKeep }),
        response: { 200: Reply(CleanupResult) },
      },
    },
    async ({ query: { days_to_keep }, principal }) => {
      const result = await retention.cleanup(days_to_keep, principal.name)
      return reply(`Cleaned up ${grouped(result.deleted_count)} old log entries`, {
        ...result,
        days_kept: days_to_keep,
      })
    },
  )
}

function addUndoAndRetention(app: App, retention: RetentionService): void {
  app.post(
    '/api/logs/cleanup/undo',
    {
      config: admin,
      schema: { response: { 200: Reply(Type.Object({ restored_count: Type.Integer() })) } },
    },
    async ({ principal }) => {
      const restored_count = await retention.undo(principal.name)
      return reply(`Restored ${grouped(restored_count)} log entries`, { restored_count })
    },
  )

  app.get(
    '/api/logs/retention',
    { config: admin, schema: { response: { 200: Reply(RetentionPlan) } } },
    async () => planReply(await retention.plan()),
  )

  app.post(
    '/api/logs/retention/preview',
    {
      config: admin,
      schema: {
        body: Type.Record(Type.String({ maxLength: 100 }), Type.Unknown(), {
          description: 'Retention rules that are not in force yet, named as the settings',
        }),
        response: { 200: Reply(RetentionPlan) },
      },
    },
    async ({ body }) => planReply(await retention.plan(body)),
  )

  app.post(
    '/api/logs/retention',
    {
      config: admin,
      schema: { response: { 200: Reply(Type.Object({ deleted_count: Type.Integer() })) } },
    },
    async ({ principal }) => {
      const deleted_count = await retention.applyNow(principal.name)
      return reply(`Retention removed ${grouped(deleted_count)} log entries`, { deleted_count })
    },
  )
}
