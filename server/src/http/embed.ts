import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { EmbedLinks } from '../service/access/embed-links.ts'
import { linkOrigin } from './link-origin.ts'
import { Reply, reply } from './reply.ts'
import { TimestampSchema } from './schemas/fields.ts'

const MAX_HOURS = 8760

/** Signed links to the page of one camera's lines, to be shown in a frame of another site. */
export function embedRoutes(links: EmbedLinks, publicUrl: string | undefined): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/cameras/:id/link',
      {
        config: { access: 'admin' },
        schema: {
          params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2147483647 }) }),
          body: Type.Object(
            { expires_in_hours: Type.Integer({ minimum: 1, maximum: MAX_HOURS, default: 24 }) },
            { additionalProperties: false },
          ),
          response: { 201: Reply(Type.Object({ url: Type.String(), expires_at: TimestampSchema })) },
        },
      },
      async (request, response) => {
        const expiresAt = Date.now() + request.body.expires_in_hours * 3_600_000
        const token = links.make(request.params.id, expiresAt)
        // The token is in the fragment, which browsers send to nobody.
        const url = `${linkOrigin(request, publicUrl)}/embed#${token}`
        const expires_at = new Date(expiresAt).toISOString()
        return response.code(201).send(reply('Link created successfully', { url, expires_at }))
      },
    )
  }
}

/** Lets pages of these sites show the document in a frame, which no other view allows. */
export function allowFrames(response: FastifyReply, origins: readonly string[]): void {
  if (origins.length === 0) return
  const policy = String(response.getHeader('content-security-policy'))
  response
    .removeHeader('x-frame-options')
    .header(
      'content-security-policy',
      policy.replace("frame-ancestors 'none'", `frame-ancestors ${origins.join(' ')}`),
    )
}
