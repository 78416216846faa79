import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Accounts } from '../service/access/accounts.ts'
import { AppError } from '../service/app-error.ts'
import { Reply, reply } from './reply.ts'
import { BrowserSessions, PasswordInput } from './schemas/sign-in.ts'
import { readSessionCookie } from './session-cookie.ts'
import { clientOf } from './sign-in.ts'

/** One's own sessions and password; everybody's who signed in. */
export function sessionRoutes(accounts: Accounts): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/sessions',
      { config: { access: 'any' }, schema: { response: { 200: Reply(BrowserSessions) } } },
      async (request) => {
        const sessions = await accounts.own.listSessions(cookieOf(accounts, request))
        return reply('Sessions fetched successfully', { sessions, total_sessions: sessions.length })
      },
    )

    app.delete(
      '/api/sessions/:id',
      {
        config: { access: 'any' },
        schema: {
          params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
          response: { 200: Reply(Type.Null()) },
        },
      },
      async (request) => {
        await accounts.own.endSession(cookieOf(accounts, request), request.params.id)
        return reply('Session ended', null)
      },
    )

    app.delete(
      '/api/sessions',
      {
        config: { access: 'any' },
        schema: {
          querystring: Type.Object({
            include_current: Type.Boolean({ default: false, description: 'Also end this session' }),
          }),
          response: { 200: Reply(Type.Object({ ended_sessions: Type.Integer() })) },
        },
      },
      async (request) => {
        const { include_current } = request.query
        const ended_sessions = await accounts.own.signOutEverywhere(
          cookieOf(accounts, request),
          include_current,
        )
        return reply(include_current ? 'Signed out everywhere' : 'Other sessions ended', { ended_sessions })
      },
    )

    app.post(
      '/api/auth/password',
      { config: { access: 'any' }, schema: { body: PasswordInput, response: { 200: Reply(Type.Null()) } } },
      async (request) => {
        await accounts.own.changePassword(cookieOf(accounts, request), request.body, clientOf(request))
        return reply('Password changed; other sessions ended', null)
      },
    )
  }
}

/** The cookie of the caller's session. @throws {AppError} FORBIDDEN for a key */
export function cookieOf(accounts: Accounts, request: FastifyRequest): string {
  const cookie = readSessionCookie(request, accounts.cookieNames)
  if (request.principal.kind === 'user' && cookie !== undefined) return cookie
  throw new AppError('FORBIDDEN', 'An API key has neither sessions nor a password. Sign in as a user.')
}
