import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { filterParameters } from '../service/logs/log-query.ts'
import type { Marks as MarksService } from '../service/search/marks.ts'
import { Reply, reply } from './reply.ts'
import { Mark, MarkInput, Marks } from './schemas/marks.ts'

const { start_date, end_date } = filterParameters
const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) })

/** Marks on the time axis: readers see them; keys that send lines, and administrators, add them. */
export function markRoutes(marks: MarksService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/marks',
      {
        config: { access: 'read' },
        schema: {
          querystring: Type.Object({
            start_date,
            end_date,
            limit: Type.Integer({ minimum: 1, maximum: 1000, default: 200, description: 'The newest' }),
          }),
          response: { 200: Reply(Marks) },
        },
      },
      async ({ query: { limit, ...range } }) => {
        const { marks: list, total } = await marks.list(range, limit)
        return reply('Marks fetched successfully', { marks: list, total_marks: total })
      },
    )

    app.post(
      '/api/marks',
      {
        // Each is written into the audit trail: no stream of lines.
        config: { access: 'ingest', rateClass: 'administration' },
        schema: { body: MarkInput, response: { 201: Reply(Type.Object({ mark: Mark })) } },
      },
      async ({ body: { kind = 'note', ...input }, principal }, response) =>
        response
          .code(201)
          .send(reply('Mark added', { mark: await marks.add({ ...input, kind }, principal) })),
    )

    app.delete(
      '/api/marks/:id',
      {
        config: { access: 'admin' },
        schema: { params, response: { 200: Reply(Type.Object({ mark: Mark })) } },
      },
      async ({ params: { id } }) => reply('Mark deleted', { mark: await marks.delete(id) }),
    )
  }
}
