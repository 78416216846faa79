import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { ChannelsService } from '../service/alerts/channels-service.ts'
import { Reply, reply } from './reply.ts'
import { AlertChannel, AlertChannelInput, AlertChannels, AlertChannelTest } from './schemas/alerts.ts'

const admin = { access: 'admin' } as const
const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) })
const one = { 200: Reply(Type.Object({ channel: AlertChannel })) }
const { name: _, ...ways } = AlertChannelInput.properties

/** The channels of notices: administrators open channels, owners of rules may name them. */
export function alertChannelRoutes(channels: ChannelsService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/alerts/channels',
      { config: { access: 'read' }, schema: { response: { 200: Reply(AlertChannels) } } },
      async () =>
        reply('Channels fetched successfully', {
          channels: await channels.list(),
          has_key: channels.hasKey,
        }),
    )

    app.post(
      '/api/alerts/channels',
      {
        config: admin,
        schema: { body: AlertChannelInput, response: { 201: Reply(Type.Object({ channel: AlertChannel })) } },
      },
      async ({ body, principal }, response) =>
        response.code(201).send(reply('Channel saved', { channel: await channels.create(body, principal) })),
    )

    app.put(
      '/api/alerts/channels/:id',
      {
        config: admin,
        schema: { params, body: Type.Object(ways, { additionalProperties: false }), response: one },
      },
      async ({ params: { id }, body }) =>
        reply('Channel changed', { channel: await channels.replace(id, body) }),
    )

    app.delete(
      '/api/alerts/channels/:id',
      { config: admin, schema: { params, response: one } },
      async ({ params: { id } }) => reply('Channel deleted', { channel: await channels.delete(id) }),
    )

    app.post(
      '/api/alerts/channels/:id/test',
      { config: admin, schema: { params, response: { 200: Reply(AlertChannelTest) } } },
      async ({ params: { id } }) => {
        const { isSent, reply: said, error } = await channels.test(id)
        const sentence = isSent ? 'The notice was accepted' : 'The notice was not accepted'
        return reply(sentence, { is_sent: isSent, reply: said, error })
      },
    )
  }
}
