import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { DigestService } from '../service/alerts/digest/digest-service.ts'
import { closingOf } from './closing.ts'
import { Reply, reply } from './reply.ts'
import { AlertDigest, AlertDigestInput, AlertDigestSettings } from './schemas/alerts.ts'
import { Nullable } from './schemas/fields.ts'

const read = { access: 'read' } as const
const settings = { 200: Reply(Type.Object({ digest: Nullable(AlertDigestSettings) })) }

/** The daily digest of each reader. */
export function alertDigestRoutes(digests: DigestService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/api/alerts/digest', { config: read, schema: { response: settings } }, async ({ principal }) =>
      reply('Daily digest fetched successfully', { digest: await digests.get(principal) }),
    )

    app.put(
      '/api/alerts/digest',
      { config: read, schema: { body: AlertDigestInput, response: settings } },
      async ({ body, principal }) =>
        reply('Daily digest saved', { digest: await digests.save(body, principal) }),
    )

    app.get(
      '/api/alerts/digest/preview',
      {
        config: read,
        schema: {
          querystring: Type.Object({
            timezone: Type.Optional(
              Type.String({
                maxLength: 60,
                description: 'IANA name; the time zone of the digest when unset',
              }),
            ),
          }),
          response: { 200: Reply(AlertDigest) },
        },
      },
      async ({ query, principal }, response) => {
        const digest = await digests.preview(query, principal, closingOf(response))
        return reply(digest.title, digest)
      },
    )
  }
}
