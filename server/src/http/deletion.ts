import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { RetentionService } from '../service/administration/retention-service.ts'
import { filterParameters } from '../service/logs/log-query.ts'
import { closingOf } from './closing.ts'
import { grouped, Reply, reply } from './reply.ts'
import { DeletionPreview } from './schemas/removal.ts'

const admin = { access: 'admin' } as const
const filters = Type.Object(filterParameters, { additionalProperties: false })
const confirmed = Type.Object(
  {
    ...filterParameters,
    confirm_rows: Type.Integer({
      minimum: 0,
      description: 'The number of rows in the preview; if more rows match meanwhile, nothing is deleted',
    }),
  },
  { additionalProperties: false },
)

/** Deletion by filter, for example of a password that was logged. */
export function deletionRoutes(retention: RetentionService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/logs/delete/preview',
      { config: admin, schema: { body: filters, response: { 200: Reply(DeletionPreview) } } },
      async ({ body, principal }) => {
        const preview = await retention.previewMatching(body, principal.visibility)
        return reply(`Would delete ${grouped(preview.rows)} log entries`, preview)
      },
    )

    app.post(
      '/api/logs/delete',
      {
        config: admin,
        schema: {
          body: confirmed,
          response: { 200: Reply(Type.Object({ deleted_count: Type.Integer() })) },
        },
      },
      async ({ body: { confirm_rows, ...query }, principal }, response) => {
        const deleted_count = await retention.deleteMatching(query, confirm_rows, {
          visibility: principal.visibility,
          by: principal.name,
          signal: closingOf(response),
        })
        return reply(`Deleted ${grouped(deleted_count)} log entries`, { deleted_count })
      },
    )
  }
}
