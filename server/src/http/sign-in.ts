import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from '../caller.ts'
import type { Principal, SignedIn } from '../service/access/access.ts'
import type { Accounts } from '../service/access/accounts.ts'
import { Reply, reply } from './reply.ts'
import { Nullable } from './schemas/fields.ts'
import { ProviderPage, RedeemLinkInput, Session, SignInInput } from './schemas/sign-in.ts'
import { readSessionCookie, setCookies } from './session-cookie.ts'

/** Coming in by password or one-time link, leaving, and who is in. */
export function signInRoutes(accounts: Accounts): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/auth/sign-in',
      { config: { access: 'public' }, schema: { body: SignInInput, response: { 200: Reply(Session) } } },
      async (request, response) => {
        const signedIn = await accounts.signIn(request.body, clientOf(request))
        await endFormerSession(accounts, request)
        return welcome(request, response, signedIn)
      },
    )

    app.post(
      '/api/auth/link',
      { config: { access: 'public' }, schema: { body: RedeemLinkInput, response: { 200: Reply(Session) } } },
      async (request, response) => {
        const signedIn = await accounts.redeemLink(request.body, clientOf(request))
        await endFormerSession(accounts, request)
        return welcome(request, response, signedIn)
      },
    )

    app.post(
      '/api/auth/sign-out',
      // Also with a session that has ended: signing out always works.
      { config: { access: 'public' }, schema: { response: { 200: Reply(Nullable(ProviderPage)) } } },
      async (request, response) => {
        const cookie = readSessionCookie(request, accounts.cookieNames)
        const session = cookie === undefined ? undefined : await accounts.identify(cookie)
        if (cookie !== undefined) setCookies(request, response, await accounts.signOut(cookie))
        response.header('cache-control', 'no-store')
        // The provider would let the next person at this browser in as the one who leaves.
        const isExternal = session?.principal.isExternal === true
        const url = isExternal ? await accounts.external?.signOutUrl() : undefined
        return reply('Signed out', url === undefined ? null : { url })
      },
    )

    app.get(
      '/api/session',
      { config: { access: 'any' }, schema: { response: { 200: Reply(Session) } } },
      async ({ principal }) => reply('Session fetched successfully', sessionOf(principal)),
    )
  }
}

/** Ends the session before: windows of this browser would show the one who comes what the one before them may see. */
export async function endFormerSession(accounts: Accounts, request: FastifyRequest): Promise<void> {
  const cookie = readSessionCookie(request, accounts.cookieNames)
  if (cookie !== undefined) await accounts.signOut(cookie)
}

function welcome(request: FastifyRequest, response: FastifyReply, { principal, cookies }: SignedIn) {
  setCookies(request, response, cookies)
  response.header('cache-control', 'no-store')
  return reply('Signed in', sessionOf(principal))
}

function sessionOf({ kind, name, role, isExternal = false }: Principal): Session {
  return { kind, name, role, is_external: isExternal }
}

/** Where a request comes from. */
export function clientOf({ ip, headers }: FastifyRequest): Client {
  return { address: ip, userAgent: headers['user-agent'] ?? '' }
}
