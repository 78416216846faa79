import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { ApiKeys as ApiKeyService } from '../service/access/api-keys.ts'
import { Reply, reply } from './reply.ts'
import {
  ApiKey,
  ApiKeyInput,
  ApiKeys,
  CreatedApiKey,
  KeyRotation,
  RotatedApiKey,
} from './schemas/api-keys.ts'

const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) })

/** API keys: list, create, rotate, revoke. */
export function apiKeyRoutes(apiKeys: ApiKeyService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/keys',
      { config: { access: 'admin' }, schema: { response: { 200: Reply(ApiKeys) } } },
      async () => {
        const keys = await apiKeys.list()
        return reply('API keys fetched successfully', { keys, total_keys: keys.length })
      },
    )

    app.post(
      '/api/keys',
      {
        config: { access: 'admin' },
        schema: { body: ApiKeyInput, response: { 201: Reply(CreatedApiKey) } },
      },
      async ({ body }, response) =>
        response.code(201).send(reply('API key created successfully', await apiKeys.create(body))),
    )

    app.post(
      '/api/keys/:id/rotate',
      {
        config: { access: 'admin' },
        schema: {
          params,
          body: Type.Union([KeyRotation, Type.Null()]),
          response: { 201: Reply(RotatedApiKey) },
        },
      },
      async ({ params, body }, response) => {
        const rotated = await apiKeys.rotate(params.id, body ?? {})
        return response.code(201).send(reply('API key rotated', rotated))
      },
    )

    app.delete(
      '/api/keys/:id',
      {
        config: { access: 'admin' },
        schema: {
          params,
          response: { 200: Reply(Type.Object({ key: ApiKey })) },
        },
      },
      async ({ params }) => reply('API key revoked', { key: await apiKeys.revoke(params.id) }),
    )
  }
}
