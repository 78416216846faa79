import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Accounts } from '../service/accounts.ts'
import { Reply, UserLink, UserLinkInput } from './api-schemas.ts'
import { reply } from './reply.ts'

/** Where a one-time link leads. The secret is in the fragment, which browsers send to nobody. */
export function signInUrl(origin: string, secret: string): string {
  return `${origin}/sign-in#link=${secret}`
}

/** Users: inviting somebody, or letting them back in. */
export function userRoutes(accounts: Accounts, publicUrl: string | undefined): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/users/link',
      {
        config: { access: 'admin' },
        schema: { body: UserLinkInput, response: { 201: Reply(UserLink) } },
      },
      async ({ body, protocol, host }, response) => {
        const { secret, ...link } = await accounts.createUserLink(body)
        const url = signInUrl(publicUrl ?? `${protocol}://${host}`, secret)
        return response.code(201).send(reply('One-time link created successfully', { ...link, url }))
      },
    )
  }
}
