import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Accounts } from '../service/access/accounts.ts'
import type { ExternalOutcome } from '../service/access/external-admission.ts'
import { ATTEMPT_S } from '../service/access/external-sign-in.ts'
import { AppError } from '../service/app-error.ts'
import { Reply, reply } from './reply.ts'
import { ProviderPage, ProviderSignInInput, SignInMethods } from './schemas/sign-in.ts'
import { readSessionCookie, setCookies } from './session-cookie.ts'
import { clientOf, endFormerSession } from './sign-in.ts'

const NOT_CONFIGURED = () =>
  new AppError('NOT_FOUND', 'This sign-in method is not configured on this server.')

const CALLBACK = '/api/auth/oidc/callback'
const BY_HEADER = '/api/auth/proxy'

/** Coming in by the OpenID provider or a header of the proxy, and which ways in there are. */
export function providerSignInRoutes(
  accounts: Accounts,
  publicUrl: string | undefined,
): FastifyPluginAsyncTypebox {
  const root = publicUrl ?? ''
  /** Named after the session's, so that two installations on a host keep theirs apart. */
  const cookieName = `${accounts.cookieName}_oidc`
  const isSecure = cookieName.startsWith('__Host-')
  const keep = (request: FastifyRequest, response: FastifyReply, value: string, seconds: number) => {
    const cookie = `${cookieName}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`
    setCookies(request, response, [isSecure ? `${cookie}; Secure` : cookie])
  }
  /** Leads to the page of the outcome, with a session or with why there is none. */
  const lead = async (request: FastifyRequest, response: FastifyReply, outcome: ExternalOutcome) => {
    response.header('cache-control', 'no-store')
    const back = (path: string) => response.redirect(`${root}${path}`, 303)
    if ('failure' in outcome) {
      const { failure, path } = outcome
      return back(`/sign-in?${new URLSearchParams({ failed: failure, next: path })}`)
    }
    await endFormerSession(accounts, request)
    setCookies(request, response, outcome.signedIn.cookies)
    return back(outcome.path)
  }
  return async (app) => {
    app.get(
      '/api/auth/methods',
      { config: { access: 'public' }, schema: { response: { 200: Reply(SignInMethods) } } },
      async (_request, response) => {
        response.header('cache-control', 'no-store')
        return reply('Sign-in methods fetched successfully', {
          provider: (accounts.external ?? accounts.byHeader)?.name ?? null,
        })
      },
    )

    app.post(
      '/api/auth/oidc',
      {
        config: { access: 'public' },
        schema: { body: ProviderSignInInput, response: { 200: Reply(ProviderPage) } },
      },
      async (request, response) => {
        const { next = '/logs' } = request.body
        response.header('cache-control', 'no-store')
        if (accounts.byHeader) {
          return reply('Continue through the proxy', {
            url: `${root}${BY_HEADER}?${new URLSearchParams({ next })}`,
          })
        }
        if (!accounts.external) throw NOT_CONFIGURED()
        const { url, kept } = await accounts.external.begin(next)
        keep(request, response, kept, ATTEMPT_S)
        return reply('Continue at the provider', { url })
      },
    )

    app.get(
      BY_HEADER,
      { config: { access: 'public' }, schema: { querystring: ProviderSignInInput } },
      async (request, response) => {
        if (!accounts.byHeader) throw NOT_CONFIGURED()
        const { remoteAddress: address } = request.raw.socket
        const headers = request.raw.headersDistinct
        const path = request.query.next ?? '/logs'
        return lead(
          request,
          response,
          await accounts.byHeader.signIn({ address, headers, path }, clientOf(request)),
        )
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
        const query = new URL(request.url, 'http://any.invalid').search
        return lead(request, response, await accounts.external.finish(query, kept, clientOf(request)))
      },
    )
  }
}
