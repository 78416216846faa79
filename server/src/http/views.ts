import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { SavedViews as SavedViewService } from '../service/search/saved-views.ts'
import { Reply, reply } from './reply.ts'
import { SavedView, SavedViewChange, SavedViewInput, SavedViews } from './schemas/views.ts'

const read = { access: 'read' } as const
const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) })
const one = { 200: Reply(Type.Object({ view: SavedView })) }

/** Saved views: readers of logs keep their own, and see those that others share. */
export function viewRoutes(views: SavedViewService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/views',
      { config: read, schema: { response: { 200: Reply(SavedViews) } } },
      async ({ principal }) => {
        const list = await views.list(principal)
        return reply('Views fetched successfully', { views: list, total_views: list.length })
      },
    )

    app.post(
      '/api/views',
      {
        config: read,
        schema: { body: SavedViewInput, response: { 201: Reply(Type.Object({ view: SavedView })) } },
      },
      async ({ body, principal }, response) =>
        response.code(201).send(reply('View saved', { view: await views.create(body, principal) })),
    )

    app.patch(
      '/api/views/:id',
      { config: read, schema: { params, body: SavedViewChange, response: one } },
      async ({ params: { id }, body, principal }) =>
        reply('View changed', { view: await views.change(id, body, principal) }),
    )

    app.delete('/api/views/:id', { config: read, schema: { params, response: one } }, async (request) =>
      reply('View deleted', { view: await views.delete(request.params.id, request.principal) }),
    )
  }
}
