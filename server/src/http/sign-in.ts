import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Accounts, SignedIn } from '../service/access/accounts.ts'
import type { Client } from '../service/access/client.ts'
import { reply } from './reply.ts'
import { Reply } from './schemas/replies.ts'
import { RedeemLinkInput, Session, SignInInput } from './schemas/sign-in.ts'
import { readSessionCookie, setCookies } from './session-cookie.ts'

/** Coming in by password or one-time link, leaving, and who is in. */
export function signInRoutes(accounts: Accounts): FastifyPluginAsyncTypebox {
  return async (app) => {
    // Windows of this browser would show the one who comes what the one before them may see.
    const endFormer = async (request: FastifyRequest) => {
      const cookie = readSessionCookie(request, accounts.cookieNames)
      if (cookie !== undefined) await accounts.signOut(cookie)
    }

    app.post(
      '/api/auth/sign-in',
      { config: { access: 'public' }, schema: { body: SignInInput, response: { 200: Reply(Session) } } },
      async (request, response) => {
        const signedIn = await accounts.signIn(request.body, clientOf(request))
        await endFormer(request)
        return welcome(request, response, signedIn)
      },
    )

    app.post(
      '/api/auth/link',
      { config: { access: 'public' }, schema: { body: RedeemLinkInput, response: { 200: Reply(Session) } } },
      async (request, response) => {
        const signedIn = await accounts.redeemLink(request.body, clientOf(request))
        await endFormer(request)
        return welcome(request, response, signedIn)
      },
    )

    app.post(
      '/api/auth/sign-out',
      // Also with a session that has ended: signing out always works.
      { config: { access: 'public' }, schema: { response: { 200: Reply(Type.Null()) } } },
      async (request, response) => {
        const cookie = readSessionCookie(request, accounts.cookieNames)
        if (cookie !== undefined) setCookies(request, response, await accounts.signOut(cookie))
        response.header('cache-control', 'no-store')
        return reply('Signed out', null)
      },
    )

    app.get(
      '/api/session',
      { config: { access: 'any' }, schema: { response: { 200: Reply(Session) } } },
      async ({ principal: { kind, name, role } }) =>
        reply('Session fetched successfully', { kind, name, role }),
    )
  }
}

function welcome(request: FastifyRequest, response: FastifyReply, { principal, cookies }: SignedIn) {
  setCookies(request, response, cookies)
  response.header('cache-control', 'no-store')
  const { kind, name, role } = principal
  return reply('Signed in', { kind, name, role })
}

/** Where a request comes from. */
export function clientOf({ ip, headers }: FastifyRequest): Client {
  return { address: ip, userAgent: headers['user-agent'] ?? '' }
}
