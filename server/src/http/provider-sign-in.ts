import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Accounts } from '../service/access/accounts.ts'
import { ATTEMPT_S } from '../service/access/external-sign-in.ts'
import { AppError } from '../service/app-error.ts'
import { reply } from './reply.ts'
import { Reply } from './schemas/replies.ts'
import { ProviderPage, ProviderSignInInput, SignInMethods } from './schemas/sign-in.ts'
import { readSessionCookie, setCookies } from './session-cookie.ts'
import { clientOf, endFormerSession } from './sign-in.ts'

const NOT_CONFIGURED = () => new AppError('NOT_FOUND', 'No provider of sign-in is configured here.')

const CALLBACK = '/api/auth/oidc/callback'

/** Coming in by the OpenID provider, and which ways in there are. */
export function providerSignInRoutes(
  accounts: Accounts,
  publicUrl: string | undefined,
): FastifyPluginAsyncTypebox {
  /** Named after the session's, so that two installations on a host keep theirs apart. */
  const cookieName = `${accounts.cookieName}_oidc`
  const isSecure = cookieName.startsWith('__Host-')
  const keep = (request: FastifyRequest, response: FastifyReply, value: string, seconds: number) => {
    const cookie = `${cookieName}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`
    setCookies(request, response, [isSecure ? `${cookie}; Secure` : cookie])
  }
  return async (app) => {
    app.get(
      '/api/auth/methods',
      { config: { access: 'public' }, schema: { response: { 200: Reply(SignInMethods) } } },
      async (_request, response) => {
        response.header('cache-control', 'no-store')
        return reply('Sign-in methods fetched successfully', { provider: accounts.external?.name ?? null })
      },
    )

    app.post(
      '/api/auth/oidc',
      {
        config: { access: 'public' },
        schema: { body: ProviderSignInInput, response: { 200: Reply(ProviderPage) } },
      },
      async (request, response) => {
        if (!accounts.external) throw NOT_CONFIGURED()
        const { url, kept } = await accounts.external.begin(request.body.next ?? '/logs')
        keep(request, response, kept, ATTEMPT_S)
        response.header('cache-control', 'no-store')
        return reply('Go on at the provider', { url })
      },
    )

    app.get(
      CALLBACK,
      // Without a schema: the query is the provider's to compose, and is verified as a whole.
      { config: { access: 'public' } },
      async (request, response) => {
        if (!accounts.external) throw NOT_CONFIGURED()
        const kept = readSessionCookie(request, [cookieName])
        // Used or not, an answer ends the attempt.
        keep(request, response, '', 0)
        response.header('cache-control', 'no-store')
        const query = new URL(request.url, 'http://any.invalid').search
        const outcome = await accounts.external.finish(query, kept, clientOf(request))
        const back = (path: string) => response.redirect(`${publicUrl ?? ''}${path}`, 303)
        if ('failure' in outcome) {
          const { failure, path } = outcome
          return back(`/sign-in?${new URLSearchParams({ failed: failure, next: path })}`)
        }
        await endFormerSession(accounts, request)
        setCookies(request, response, outcome.signedIn.cookies)
        return back(outcome.path)
      },
    )
  }
}
