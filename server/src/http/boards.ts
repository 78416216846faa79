import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Boards as BoardsService } from '../service/search/boards.ts'
import { Reply, reply } from './reply.ts'
import { Board, BoardChange, BoardInput, Boards, PinnedChartInput } from './schemas/boards.ts'

const read = { access: 'read' } as const
const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) })
const OneBoard = Reply(Type.Object({ board: Board }))
const one = { 200: OneBoard }
const made = { 201: OneBoard }

/** Boards of charts: readers of logs keep their own, and see those that others share. */
export function boardRoutes(boards: BoardsService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/boards',
      { config: read, schema: { response: { 200: Reply(Boards) } } },
      async ({ principal }) => {
        const list = await boards.list(principal)
        return reply('Boards fetched successfully', { boards: list, total_boards: list.length })
      },
    )

    app.get('/api/boards/:id', { config: read, schema: { params, response: one } }, async (request) =>
      reply('Board fetched successfully', { board: await boards.get(request.params.id, request.principal) }),
    )

    app.post(
      '/api/boards',
      { config: read, schema: { body: BoardInput, response: made } },
      async ({ body, principal }, response) =>
        response.code(201).send(reply('Board created', { board: await boards.create(body, principal) })),
    )

    app.post(
      '/api/boards/:id/charts',
      { config: read, schema: { params, body: PinnedChartInput, response: made } },
      async ({ params: { id }, body, principal }, response) =>
        response.code(201).send(reply('Chart pinned', { board: await boards.pin(id, body, principal) })),
    )

    app.patch(
      '/api/boards/:id',
      { config: read, schema: { params, body: BoardChange, response: one } },
      async ({ params: { id }, body, principal }) =>
        reply('Board changed', { board: await boards.change(id, body, principal) }),
    )

    app.delete('/api/boards/:id', { config: read, schema: { params, response: one } }, async (request) =>
      reply('Board deleted', { board: await boards.delete(request.params.id, request.principal) }),
    )
  }
}
