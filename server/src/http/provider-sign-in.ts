import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Accounts } from '../service/access/accounts.ts'
import type { ExternalOutcome } from '../service/access/external-admission.ts'
import { ATTEMPT_S } from '../service/access/external-sign-in.ts'
import { AppError } from '../service/app-error.ts'
import { type App, Reply, reply } from './reply.ts'
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
  const options = { accounts, root: publicUrl ?? '' }
  return async (app) => {
    addBeginning(app, options)
    addReturn(app, options)
  }
}

type SignInOptions = {
  accounts: Accounts
  /** Prefix of the server's own addresses; empty when browsers complete them. */
  root: string
}

/** The ways to sign in, and the start of an attempt at the provider. */
function addBeginning(app: App, { accounts, root }: SignInOptions): void {
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
      setCookies(request, response, [attemptCookie(accounts, kept, ATTEMPT_S)])
      return reply('Continue at the provider', { url })
    },
  )
}

/** The addresses to which the proxy and the provider send the browser back. */
function addReturn(app: App, options: SignInOptions): void {
  const { accounts } = options
  app.get(
    BY_HEADER,
    { config: { access: 'public' }, schema: { querystring: ProviderSignInInput } },
    async (request, response) => {
      if (!accounts.byHeader) throw NOT_CONFIGURED()
      const { remoteAddress: address } = request.raw.socket
      const headers = request.raw.headersDistinct
      const path = request.query.next ?? '/logs'
      const outcome = await accounts.byHeader.signIn({ address, headers, path }, clientOf(request))
      return lead(options, outcome, request, response)
    },
  )

  app.get(
    CALLBACK,
    // Without a schema: the query is the provider's to compose, and is verified as a whole.
    { config: { access: 'public' } },
    async (request, response) => {
      if (!accounts.external) throw NOT_CONFIGURED()
      const kept = readSessionCookie(request, [attemptName(accounts)])
      // Used or not, an answer ends the attempt.
      setCookies(request, response, [attemptCookie(accounts, '', 0)])
      const query = new URL(request.url, 'http://any.invalid').search
      const outcome = await accounts.external.finish(query, kept, clientOf(request))
      return lead(options, outcome, request, response)
    },
  )
}

/** Named after the session's, so that two installations on a host keep theirs apart. */
function attemptName({ cookieName }: Accounts): string {
  return `${cookieName}_oidc`
}

/** The cookie that holds an attempt to sign in at the provider. */
function attemptCookie(accounts: Accounts, value: string, seconds: number): string {
  const name = attemptName(accounts)
  const cookie = `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`
  return name.startsWith('__Host-') ? `${cookie}; Secure` : cookie
}

/** Leads to the page of the outcome, with a session or with why there is none. */
async function lead(
  { accounts, root }: SignInOptions,
  outcome: ExternalOutcome,
  request: FastifyRequest,
  response: FastifyReply,
): Promise<FastifyReply> {
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
